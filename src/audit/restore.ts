import {
  ConflictError,
  type EventStore,
  type Position,
  START,
} from '../event-store/event-store.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import { decode, hasOwnId } from '../ledger/event-codec.js';
import { type LogLine, LogLineError, parseLogLine } from './domain/log-line.js';

/** Said behind what went wrong: who has it can't be told from a whole log by looking at it. */
const PART = '; the store has only part of the log now: empty it before the next try';

/** Events that are on their way to the store at the same time. */
const BATCH = 1_000;

/** The exported log can't be restored: why, and at which line. */
class RestoreError extends Error {
  override readonly name = 'RestoreError';
}

/**
 * Writes an exported log into an empty store: the same streams, revisions, ids and bytes, in the same order, at the
 * positions that the store itself gives.
 * @param done is told how many events are written
 * @returns how many events were restored
 * @throws RestoreError for a used store and for what is no exported log; StoreUnavailableError; the signal's reason
 */
export async function restore(
  store: EventStore,
  lines: AsyncIterable<string>,
  done: (events: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<number> {
  if ((await store.head()) !== START) {
    throw new RestoreError(
      'the store has events already; a log is restored into an empty one only',
    );
  }
  try {
    return await writeAll(store, lines, done, signal);
  } catch (error) {
    if ((await store.head()) !== START) (error as Error).message += PART;
    throw error;
  }
}

async function writeAll(
  store: EventStore,
  lines: AsyncIterable<string>,
  done: (events: number) => void,
  signal: AbortSignal | undefined,
): Promise<number> {
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
    signal?.throwIfAborted();
    batch = [];
    done(line);
  }
  await write(store, batch, line - batch.length);
  done(line);
  return line;
}

function read(text: string, line: number): LogLine {
  try {
    const event = parseLogLine(text);
    if (isAltered(event)) throw new LogLineError('its id is not of what it says');
    return event;
  } catch (error) {
    if (error instanceof LogLineError) throw at(line, error.message);
    throw error;
  }
}

/** What can't be read as an event is restored as it is: there `ledger verify` says what it is. */
function isAltered(line: LogLine): boolean {
  const stored = { ...line, position: line.position as Position };
  let recorded: RecordedEvent;
  try {
    recorded = decode(stored);
  } catch {
    return false;
  }
  return !hasOwnId(stored, recorded);
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
  throw at(before + failed + 1, reason.message);
}

function at(line: number, why: string): RestoreError {
  return new RestoreError(`line ${line}: ${why}`);
}
