import { setImmediate } from 'node:timers/promises';
import type { BytesOptions } from './bytes-check.js';
import { bytesInThread } from './bytes-thread.js';
import type { Fault } from './fault.js';
import type { LogSource } from './log-source.js';
import { Verification, type Verified } from './verification.js';

/** Who is told of it while a log is checked. */
export interface Listener {
  readonly fault: (fault: Fault) => void;
  /** How far the log has been read: events of a store, bytes of a file. */
  readonly done: (count: number) => void;
}

/**
 * Checks a whole log in two threads: one reads it and checks its bytes, this one judges what its events mean. Faults are
 * told in the log's order. @throws whatever aborted the signal; Error where the log can't be read
 */
export async function verifyLog(
  source: LogSource,
  options: BytesOptions,
  listener: Listener,
  signal: AbortSignal,
): Promise<Verified> {
  const verification = new Verification();
  try {
    for await (const message of bytesInThread({ source, options }, signal)) {
      if ('outcome' in message) {
        verification.end(message.outcome).forEach(listener.fault);
        return verification.verified(message.outcome);
      }
      verification.take(message.page).forEach(listener.fault);
      listener.done(message.done);
      await setImmediate();
      signal.throwIfAborted();
    }
    throw new Error('the log was not read to its end');
  } finally {
    verification.close();
  }
}
