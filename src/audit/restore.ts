import { ConflictError, type EventStore, START } from '../event-store/event-store.js';
import { type LogLine, LogLineError, parseLogLine } from './domain/log-line.js';

/** Events that are on their way to the store at the same time. */
const BATCH = 1_000;

/** The exported log can't be restored: why, and at which line. */
export class RestoreError extends Error {
  override readonly name = 'RestoreError';
}

/**
 * Writes an exported log into an empty store: the same streams, revisions, ids and bytes, in the same order, at the
 * positions that the store itself gives.
 * @param done is told how many events are written
 * @returns how many events were restored
 * @throws RestoreError for a used store and for what is no exported log; StoreUnavailableError
 */
export async function restore(
  store: EventStore,
  lines: AsyncIterable<string>,
  done: (events: number) => void = () => undefined,
): Promise<number> {
  if ((await store.head()) !== START) {
    throw new RestoreError(
      'the store has events already; a log is restored into an empty one only',
    );
  }
  let batch: LogLine[] = [];
  let line = 0;
  let last: string = START;
  for await (const text of lines) {
    line += 1;
    const event = read(text, line);
    if (event.position <= last) throw at(line, `position ${event.position} is not behind ${last}`);
    last = event.position;
    batch.push(event);
    if (batch.length < BATCH) continue;
    await write(store, batch, line - batch.length);
    batch = [];
    done(line);
  }
  await write(store, batch, line - batch.length);
  done(line);
  return line;
}

function read(text: string, line: number): LogLine {
  try {
    return parseLogLine(text);
  } catch (error) {
    if (error instanceof LogLineError) throw at(line, error.message);
    throw error;
  }
}

/** Appends of one turn enter the log in their order. */
async function write(store: EventStore, batch: readonly LogLine[], before: number): Promise<void> {
  const appends = batch.map(({ stream, revision, ...event }) =>
    store.append(stream, revision === 0 ? 'no-stream' : revision - 1, [event]),
  );
  const outcomes = await Promise.allSettled(appends);
  const failed = outcomes.findIndex(({ status }) => status === 'rejected');
  if (failed === -1) return;
  const reason: unknown = (outcomes[failed] as PromiseRejectedResult).reason;
  if (!(reason instanceof ConflictError)) throw reason;
  throw at(before + failed + 1, `${reason.message}; the store has only part of the log now`);
}

function at(line: number, why: string): RestoreError {
  return new RestoreError(`line ${line}: ${why}`);
}
