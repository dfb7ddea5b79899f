import { InvalidArgumentError, Option } from 'commander';

/** `--public-key`. A key in another form is wrong usage: heads would seem to be signed by somebody else. */
export function trustedKeyOption(description: string): Option {
  return new Option('--public-key <base64>', description).argParser((text) => {
    const bytes = Buffer.from(text, 'base64');
    if (bytes.length === 32 && bytes.toString('base64') === text) return text;
    throw new InvalidArgumentError('Not the 32 bytes of an Ed25519 public key in base64.');
  });
}
