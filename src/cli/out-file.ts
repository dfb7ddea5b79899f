import { randomUUID } from 'node:crypto';
import { constants, openSync } from 'node:fs';
import { chmod, lstat, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { UsageError } from './tool.js';

const READER_EVERY_MS = 50;

/** Of a new file: what is written may hold hashes of passwords. */
const FOR_OWNER = 0o600;

/**
 * Writes to what is there under the name: a file is replaced once all is written, and may be read by whom it might before; of a
 * link the one it points to; a pipe or a device is written to as it is. @throws UsageError, the signal's reason
 */
export async function writeOut(text: Readable, name: string, signal: AbortSignal): Promise<void> {
  if (name === '') throw new UsageError('the name of the file to write is empty');
  const found = await stat(name).catch(() => undefined);
  if (found === undefined || found.isFile()) {
    await replace(text, await target(name), found?.mode ?? FOR_OWNER, signal);
  } else if (found.isFIFO()) await writeThrough(text, await pipe(name, signal), signal);
  else await writeThrough(text, await opened(name, name), signal);
}

/** Whoever reads it may have had enough before its end. `end`: whether the output ends with the text. */
export async function writeThrough(
  text: Readable,
  output: Writable,
  signal: AbortSignal,
  end = true,
): Promise<void> {
  try {
    await pipeline(text, output, { end, signal });
  } catch (error) {
    signal.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}

async function replace(
  text: Readable,
  file: string,
  mode: number,
  signal: AbortSignal,
): Promise<void> {
  // Two that write the same file at once are not to write into one another.
  const part = join(dirname(file), `.${randomUUID()}.part`);
  const output = await opened(part, file);
  try {
    await pipeline(text, output, { signal });
    await chmod(part, mode);
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    signal.throwIfAborted();
    // What makes the text may fail, too, in words of its own.
    throw 'syscall' in (error as Error) ? new Error(unwritable(file, error)) : error;
  }
}

function unwritable(name: string, error: unknown): string {
  return `${name} can't be written: ${(error as Error).message}`;
}

/** @throws UsageError where it can't be written what `name` asks for */
async function opened(file: string, name: string): Promise<Writable> {
  try {
    return (await open(file, 'w', FOR_OWNER)).createWriteStream();
  } catch (error) {
    throw new UsageError(unwritable(name, error));
  }
}

/** The file that is meant, which need not be there yet. @throws Error for links in a circle */
async function target(name: string): Promise<string> {
  const isLink = (await lstat(name).catch(() => undefined))?.isSymbolicLink() ?? false;
  if (!isLink) return name;
  try {
    return await realpath(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return target(resolve(dirname(name), await readlink(name)));
  }
}

/** Opened once somebody reads it: a thread that waited for that could not be interrupted, nor one that writes to a full one. */
async function pipe(name: string, signal: AbortSignal): Promise<Writable> {
  for (;;) {
    try {
      const fd = openSync(name, constants.O_WRONLY | constants.O_NONBLOCK);
      return new Socket({ fd, readable: false, writable: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
    }
    await pause(READER_EVERY_MS);
    signal.throwIfAborted();
  }
}
