import { on } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { BytesOptions, BytesOutcome, BytesPage } from './bytes-check.js';
import type { LogSource } from './log-source.js';

/** Which log is to be read, and by what its bytes are checked. */
export interface BytesOrder {
  readonly source: LogSource;
  readonly options: BytesOptions;
}

/** `done`: how far the log has been read, as its source counts. */
export type FromBytes =
  { readonly page: BytesPage; readonly done: number } | { readonly outcome: BytesOutcome };

/**
 * Reads a log in a thread of its own, which checks its bytes on the way: page by page in the log's order, and what they
 * came to last. Only a few pages are ever read ahead. @throws whatever aborted the signal; Error with what kept the thread from
 * reading on
 */
export async function* bytesInThread(
  order: BytesOrder,
  signal: AbortSignal,
): AsyncGenerator<FromBytes> {
  const worker = new Worker(new URL('./bytes.worker.js', import.meta.url), { workerData: order });
  try {
    const until = { close: ['exit'], signal };
    const messages = on(worker, 'message', until) as AsyncIterable<[FromBytes]>;
    for await (const [message] of messages) {
      yield message;
      if ('outcome' in message) return;
      worker.postMessage('taken');
    }
    throw new Error('the thread that reads the log has ended');
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await worker.terminate();
  }
}
