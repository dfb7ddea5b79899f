import { Worker } from 'node:worker_threads';
import { type AppendRequest, packGroup } from '../append-group.js';
import type { Writer } from './commit-queue.js';
import type { AppendResult, GroupFailure } from './log-writer.js';

/** Three numbers an append: position, revision and repeated; or -1, the actual revision and 0 for a conflict. */
export type PackedResults = number[] | GroupFailure;

/** The results of one commit: of each of its groups, in their order. */
export type ThreadAnswer =
  { readonly ready: true } | { readonly results: readonly PackedResults[] };

type Answered = (results: AppendResult[] | GroupFailure) => void;

/**
 * The writing connection in a thread of its own: the caller's thread never waits for the disk. A thread that ended is
 * not started again: what ended it is no passing fault, and a new process checks the log before it goes on.
 */
export class WriterThread implements Writer {
  /**
   * A turn may take in a request of each connection. Without this the disk would wait for all of them to be read, then
   * they for the disk.
   */
  readonly eagerAppends = 16;
  readonly lost: Promise<Error>;
  /** Those who wait for a group's results, in the order of the groups. */
  private readonly waiting: Answered[] = [];
  private readonly ended: Promise<void>;
  private hasEnded = false;
  private isStopping = false;
  private cause = 'it was stopped';

  private constructor(private readonly worker: Worker) {
    worker.on('message', ({ results }: { results: readonly PackedResults[] }) => {
      for (const each of results) {
        this.waiting.shift()?.(Array.isArray(each) ? unpackResults(each) : each);
      }
    });
    worker.on('error', (error: Error) => {
      this.cause = error.message;
    });
    this.ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.hasEnded = true;
        for (const answered of this.waiting.splice(0)) answered(this.failure('unknown'));
        resolve();
      });
    });
    this.lost = new Promise((resolve) => {
      worker.once('exit', () => {
        if (!this.isStopping) resolve(new Error(this.failure('not-done').message));
      });
    });
  }

  /** @throws whatever kept the thread from opening the log */
  static async start(folder: string): Promise<WriterThread> {
    const worker = new Worker(new URL('./writer-thread.worker.js', import.meta.url), {
      workerData: { folder },
    });
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => {
        worker.off('error', reject);
        resolve();
      });
      worker.once('error', reject);
    });
    return new WriterThread(worker);
  }

  /** Of a group that was sent to the thread and never answered, the outcome is unknown. */
  commit(group: readonly AppendRequest[], answered: Answered): void {
    if (this.hasEnded) {
      setImmediate(() => {
        answered(this.failure('not-done'));
      });
      return;
    }
    this.waiting.push(answered);
    this.worker.postMessage(packGroup(group));
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    if (!this.hasEnded) this.worker.postMessage('stop');
    await this.ended;
  }

  private failure(outcome: GroupFailure['outcome']): GroupFailure {
    return { message: `the thread that writes the log has ended: ${this.cause}`, outcome };
  }
}

export function packResults(results: AppendResult[] | GroupFailure): PackedResults {
  if (!Array.isArray(results)) return results;
  return results.flatMap((result) =>
    'actual' in result
      ? [-1, result.actual, 0]
      : [result.position, result.revision, Number(result.repeated)],
  );
}

function unpackResults(packed: number[]): AppendResult[] {
  const results: AppendResult[] = [];
  for (let at = 0; at < packed.length; at += 3) {
    const [position, revision, repeated] = packed.slice(at, at + 3) as [number, number, number];
    results.push(
      position < 0 ? { actual: revision } : { position, revision, repeated: repeated === 1 },
    );
  }
  return results;
}
