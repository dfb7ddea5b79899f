import { say } from '../sales/domain/refusal.js';
import { type Problem, problems } from './problem.js';
import { REFUSAL_STATUSES } from './refusal-statuses.js';
import { UNREADABLE } from './unreadable.js';

/** One of each that no rule makes: a new one does not compile without. */
const PROBLEMS: { readonly [P in keyof typeof problems]: readonly Problem[] } = {
  malformed: [problems.malformed([])],
  unreadable: Object.keys(UNREADABLE).map((status) => problems.unreadable(Number(status))),
  unknown: [problems.unknown(say('', ''))],
  unauthenticated: [problems.unauthenticated()],
  notAllowed: [problems.notAllowed()],
  tooManyRequests: [problems.tooManyRequests(1)],
  tooManyRefused: [problems.tooManyRefused(1)],
  tooManyLines: [problems.tooManyLines(1)],
  tooManySigned: [problems.tooManySigned(1)],
  storeAway: [problems.storeAway(false), problems.storeAway(true)],
  viewBehind: [problems.viewBehind()],
  viewStopped: [problems.viewStopped('')],
  viewDamaged: [problems.viewDamaged('')],
  rebuildRunning: [problems.rebuildRunning({ events: 0, total: 0 })],
  notStoppedThere: [problems.notStoppedThere(undefined)],
  fault: [problems.fault()],
};

const START = '<!-- codes -->\n';
const END = '\n<!-- end of codes -->';

/** docs/api.md with its table of codes as the code has them now. */
export function withCodes(text: string): string {
  const from = text.indexOf(START) + START.length;
  return `${text.slice(0, from)}\n${table()}\n${text.slice(text.indexOf(END, from))}`;
}

function table(): string {
  const refusals = Object.entries(REFUSAL_STATUSES).map(([code, [status, title]]) => ({
    code,
    status,
    title,
  }));
  const rows = [...refusals, ...Object.values(PROBLEMS).flat()]
    .map(({ code, status, title }) => `| \`${code}\` | ${status} | ${title} |`)
    .sort();
  return [
    '<!-- prettier-ignore -->',
    '| code | status | says |',
    '| --- | --- | --- |',
    ...rows,
  ].join('\n');
}
