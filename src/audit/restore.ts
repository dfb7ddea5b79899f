import { type EventStore, type Position, START } from '../event-store/event-store.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import { allOf } from '../ledger/all-of.js';
import { decode, hasOwnId } from '../ledger/event-codec.js';
import { type LogLine, LogLineError, parseLogLine } from './domain/log-line.js';
import { DueRevisions } from './due-revisions.js';

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
  let events = 0;
  for await (const event of read(lines)) {
    events += 1;
    batch.push(event);
    if (batch.length < BATCH) continue;
    await write(store, batch);
    signal?.throwIfAborted();
    batch = [];
    done(events);
  }
  if (events === 0) throw new RestoreError('the file is empty: it has no event to restore');
  await write(store, batch);
  done(events);
  return events;
}

/** Whatever can be told from the file alone is told before anything of a batch is written. @throws RestoreError */
async function* read(lines: AsyncIterable<string>): AsyncGenerator<LogLine> {
  const due = new DueRevisions();
  let line = 0;
  let last: string = START;
  try {
    for await (const text of lines) {
      line += 1;
      const event = parseLogLine(text);
      refuseUnfit(event, last, due.of(event.stream));
      last = event.position;
      due.come(event.stream, event.revision);
      yield event;
    }
  } catch (error) {
    if (error instanceof LogLineError) throw new RestoreError(`line ${line}: ${error.message}`);
    throw error;
  } finally {
    due.close();
  }
}

/** `last`: position of the line before. `due`: the revision that its stream has come to. @throws LogLineError */
function refuseUnfit(event: LogLine, last: string, due: number): void {
  const { position, stream, revision } = event;
  if (isAltered(event)) throw new LogLineError('its id is not of what it says');
  if (position <= last) throw new LogLineError(`position ${position} is not behind ${last}`);
  if (revision === due) return;
  throw new LogLineError(`it has revision ${revision} of ${stream}, where ${due} is due`);
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
async function write(store: EventStore, batch: readonly LogLine[]): Promise<void> {
  const appends = batch.map(({ stream, revision, ...event }) =>
    store.append(stream, revision === 0 ? 'no-stream' : revision - 1, [event]),
  );
  await allOf(appends);
}
