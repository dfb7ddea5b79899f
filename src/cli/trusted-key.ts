import { InvalidArgumentError, Option } from 'commander';
import { bytesOf } from '../audit/domain/signed-head.js';

/** `--public-key`. A key in another form is wrong usage: heads would seem to be signed by somebody else. */
export function trustedKeyOption(description: string): Option {
  return new Option('--public-key <base64>', description).argParser((text) => {
    if (bytesOf(text)?.length === 32) return text;
    throw new InvalidArgumentError('Not the 32 bytes of an Ed25519 public key in base64.');
  });
}
