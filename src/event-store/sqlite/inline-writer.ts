import type { AppendRequest } from '../append-group.js';
import type { Writer } from './commit-queue.js';
import { openForWriting } from './log-file.js';
import { type AppendResult, type GroupFailure, LogWriter } from './log-writer.js';

/** The writing connection in the caller's thread, which waits for the disk: for tests and one-off commands. */
export class InlineWriter implements Writer {
  readonly eagerAppends = Infinity;
  private readonly writer: LogWriter;

  constructor(folder: string) {
    this.writer = new LogWriter(openForWriting(folder));
  }

  commit(
    group: readonly AppendRequest[],
    answered: (results: AppendResult[] | GroupFailure) => void,
  ): void {
    const results = this.writer.commit(group);
    setImmediate(() => {
      answered(results);
    });
    this.writer.tidy();
  }

  stop(): Promise<void> {
    this.writer.close();
    return Promise.resolve();
  }
}
