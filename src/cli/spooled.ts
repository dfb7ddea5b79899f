import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Does what may read the file more than once: of a pipe, which can be read but once, a copy that goes when it is done. */
export async function spooled<T>(
  file: string,
  signal: AbortSignal,
  work: (file: string) => Promise<T>,
): Promise<T> {
  if (statSync(file).isFile()) return work(file);
  const folder = await mkdtemp(join(tmpdir(), 'ledger-spool-'));
  try {
    const copy = join(folder, 'log.ndjson');
    await pipeline(createReadStream(file), createWriteStream(copy), { signal });
    return await work(copy);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
