import { Worker } from 'node:worker_threads';
import type { AppendRequest, AppendResult, GroupFailure } from './log-writer.js';

/** One group as it travels to the thread: per append stream, expected revision, count, then four texts an event. */
export type PackedGroup = (string | number)[];

/** Three numbers an append: position, revision and repeated; or -1, the actual revision and 0 for a conflict. */
export type PackedResults = number[] | GroupFailure;

export type ThreadAnswer = { readonly ready: true } | { readonly results: PackedResults };

/** The writing connection in a thread of its own: the caller's thread never waits for the disk. */
export class WriterThread {
  private hasEnded = false;

  private constructor(private readonly worker: Worker) {
    worker.once('exit', () => {
      this.hasEnded = true;
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

  /** One group at a time. Of a group that the thread took and never answered, the outcome is unknown. */
  commit(
    group: readonly AppendRequest[],
    answered: (results: AppendResult[] | GroupFailure) => void,
  ): void {
    if (this.hasEnded) {
      answered({ message: 'the writer thread has ended', outcome: 'not-done' });
      return;
    }
    const ended = (): void => {
      this.worker.off('message', done);
      answered({ message: 'the writer thread ended', outcome: 'unknown' });
    };
    const done = ({ results }: { results: PackedResults }): void => {
      this.worker.off('exit', ended);
      answered(Array.isArray(results) ? unpackResults(results) : results);
    };
    this.worker.once('message', done);
    this.worker.once('exit', ended);
    this.worker.postMessage(packGroup(group));
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return;
    this.worker.postMessage('stop');
    await new Promise((resolve) => this.worker.once('exit', resolve));
  }
}

function packGroup(group: readonly AppendRequest[]): PackedGroup {
  const packed: PackedGroup = [];
  for (const { stream, expected, events } of group) {
    packed.push(stream, expected, events.length);
    for (const { id, type, data, metadata } of events) packed.push(id, type, data, metadata);
  }
  return packed;
}

export function unpackGroup(packed: PackedGroup): AppendRequest[] {
  const group: AppendRequest[] = [];
  let at = 0;
  const next = (): string | number => packed[at++] as string | number;
  const text = (): string => next() as string;
  while (at < packed.length) {
    const stream = text();
    const expected = next() as AppendRequest['expected'];
    const count = next() as number;
    const events = [];
    for (let index = 0; index < count; index += 1) {
      events.push({ id: text(), type: text(), data: text(), metadata: text() });
    }
    group.push({ stream, expected, events });
  }
  return group;
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
