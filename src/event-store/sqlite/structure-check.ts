import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { KeepingFault } from '../checked-page.js';
import { CorruptLogError } from '../event-store.js';
import { inStoreTerms, logFile, openForReading } from './log-file.js';

/** Broken places of the file that are told one by one. */
const TOLD = 100;

/** Of every page and index entry of a log's file, and of damage that keeps SQLite from checking further, too. */
export function structureFaults(folder: string): KeepingFault[] {
  const file = logFile(folder);
  try {
    const database = openForReading(folder);
    try {
      // Index entries are looked up in the order of the rows: what is read of the index is to stay.
      database.pragma('cache_size = -65536');
      const told = inStoreTerms(
        file,
        () => database.pragma(`integrity_check(${TOLD})`) as { integrity_check: string }[],
      );
      return told
        .map((line) => line.integrity_check)
        .filter((line) => line !== 'ok')
        .map((line) => damaged(`${file}: ${line}`));
    } finally {
      database.close();
    }
  } catch (error) {
    if (!(error instanceof CorruptLogError)) throw error;
    return [damaged(error.message)];
  }
}

export function damaged(detail: string): KeepingFault {
  return { code: 'damaged', detail };
}

/** The same in a thread of its own, which needs compiled code, while others read the log. */
export class StructureThread {
  private readonly worker: Worker;
  private readonly answer: Promise<unknown[]>;

  constructor(folder: string) {
    this.worker = new Worker(new URL('./structure-check.worker.js', import.meta.url), {
      workerData: { folder },
    });
    this.answer = once(this.worker, 'message');
    // Whoever stops it does not ask.
    this.answer.catch(() => undefined);
  }

  /** @throws Error with what kept the thread from checking it */
  async faults(): Promise<KeepingFault[]> {
    const [faults] = await this.answer;
    return faults as KeepingFault[];
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }
}
