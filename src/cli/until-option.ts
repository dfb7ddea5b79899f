import { InvalidArgumentError, Option } from 'commander';
import { parseUntil, type Until } from '../audit/until.js';

/** `--until`: a position, or a time. */
export function untilOption(description: string): Option {
  return new Option('--until <time or position>', description).argParser((text): Until => {
    const until = parseUntil(text);
    if (until) return until;
    throw new InvalidArgumentError('a position, or a time in RFC 3339 with its zone');
  });
}
