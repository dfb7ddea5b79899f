import { createWriteStream, fstatSync, writeFileSync } from 'node:fs';
import type { Writable } from 'node:stream';

/**
 * Into a file, process.stdout takes for done what a full disk has taken a part of. What can't be printed is an error of
 * process.stdout, as it is of a pipe.
 */
export function print(text: string): void {
  const lines = `${text}\n`;
  if (!isIntoFile()) {
    process.stdout.write(lines);
    return;
  }
  try {
    writeFileSync(process.stdout.fd, lines);
  } catch (error) {
    process.stdout.emit('error', error);
  }
}

/** Of a long text that must come whole. */
export function standardOutput(): Writable {
  const { fd } = process.stdout;
  return isIntoFile() ? createWriteStream('', { fd, autoClose: false }) : process.stdout;
}

function isIntoFile(): boolean {
  return fstatSync(process.stdout.fd).isFile();
}
