import { type EventData, NO_STREAM, WrongExpectedVersionError } from '@kurrent/kurrentdb-client';
import {
  type Appended,
  ConflictError,
  type NewEvent,
  type Position,
  START,
  StoreUnavailableError,
  TooLargeError,
  SETTLED_WITHIN_MS,
} from '../event-store.js';
import type { RenewableClient } from './connection.js';
import { fateOf, inTime, isTooLarge, NoAnswerError, pause, wordsOf } from './faults.js';
import type { LogReads } from './log-reads.js';
import { ownPosition, proposed } from './stored-form.js';

/** While nothing can have happened, a new leader is waited for so long. */
const PATIENCE_MS = 1_000;

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/** Readers see an append some milliseconds after it counts. */
const SHOWN_PAUSE_MS = 5;

type Placed = Pick<Appended, 'position' | 'revision'>;

/** Appends at an exact revision, here or from another thread. */
export type Appending = Pick<Appender, 'append' | 'reached' | 'close'>;

/** Each append is tried until its outcome is known, or for as long as is sensible. */
export class Appender {
  private readonly underWay = new Map<string, Promise<Placed>>();
  /** The last one of each stream that is under way. */
  private readonly lastOf = new Map<string, Promise<Placed>>();
  /** The furthest place that this process has heard of. */
  private seen: Position = START;

  constructor(
    private readonly connection: RenewableClient,
    private readonly reads: LogReads,
  ) {}

  /** The log has come to here. */
  reached(position: Position): void {
    if (position > this.seen) this.seen = position;
  }

  /**
   * `repeated` is exact for appends that this process has had an answer to, or an event of; where another one wrote
   * the same events just now, both may be told that it was they.
   * @throws ConflictError, StoreUnavailableError, TooLargeError; TypeError for what can't be stored
   */
  async append(
    stream: string,
    expected: number | 'no-stream',
    events: readonly NewEvent[],
  ): Promise<Appended> {
    const name = `${stream} ${expected} ${events.map(({ id }) => id).join()}`;
    const same = this.underWay.get(name);
    if (same) return { ...(await same), repeated: true };
    const before = this.seen;
    const placing = this.place(stream, expected, events.map(proposed), this.lastOf.get(stream));
    this.underWay.set(name, placing);
    this.lastOf.set(stream, placing);
    try {
      const placed = await placing;
      this.reached(placed.position);
      return { ...placed, repeated: placed.position <= before };
    } finally {
      this.underWay.delete(name);
      if (this.lastOf.get(stream) === placing) this.lastOf.delete(stream);
    }
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  /** `earlier`: the append to the stream that was sent before this one, where that is under way. */
  private async place(
    stream: string,
    expected: number | 'no-stream',
    events: EventData[],
    earlier: Promise<Placed> | undefined,
  ): Promise<Placed> {
    let ahead = earlier;
    const begun = performance.now();
    let { deadlineMs } = this.connection;
    let outcome: 'not-done' | 'unknown' = 'not-done';
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      try {
        return await this.send(stream, expected, events, deadlineMs);
      } catch (error) {
        if (error instanceof WrongExpectedVersionError) {
          const refused = conflict(stream, expected, error);
          if (!ahead || !isTooEarly(refused)) throw await this.shown(refused);
          // When the connection is made anew, one that is sent again may be overtaken by the next.
          await ahead.catch(() => undefined);
          ahead = undefined;
          continue;
        }
        if (isTooLarge(error)) throw new TooLargeError(`an append to ${stream} is too large`);
        const fate = fateOf(error);
        if (fate === 'unknown') outcome = 'unknown';
        const limit = begun + (outcome === 'unknown' ? SETTLED_WITHIN_MS : PATIENCE_MS);
        if (fate === 'refused' || performance.now() + wait > limit) {
          throw new StoreUnavailableError(`can't append: ${wordsOf(error)}`, outcome, {
            cause: error,
          });
        }
        // From one lost connection the client makes the next by itself.
        if (wait > FIRST_PAUSE_MS || error instanceof NoAnswerError) this.connection.renew();
      }
      await pause(wait);
      // What is sent again is waited for no longer than it is asked for at all.
      deadlineMs = Math.min(deadlineMs, Math.ceil(begun + SETTLED_WITHIN_MS - performance.now()));
    }
  }

  /**
   * A conflict, once its stream can be read as far as it says: the server refuses an append for the sake of one that its
   * readers do not see yet.
   * @throws StoreUnavailableError when they do not come to see it; nothing was written then
   */
  private async shown(conflict: ConflictError): Promise<ConflictError> {
    const { stream, actual } = conflict;
    if (actual === undefined) return conflict;
    const limit = performance.now() + SETTLED_WITHIN_MS;
    for (;;) {
      const [last] = await this.reads.tail(stream, 1);
      if (last && last.revision >= actual) return conflict;
      if (performance.now() > limit) {
        const message = `revision ${actual} of stream ${stream} can't be read yet`;
        throw new StoreUnavailableError(message, 'not-done', { cause: conflict });
      }
      await pause(SHOWN_PAUSE_MS);
    }
  }

  private async send(
    stream: string,
    expected: number | 'no-stream',
    events: EventData[],
    deadlineMs: number,
  ): Promise<Placed> {
    const { client } = this.connection;
    const streamState = expected === 'no-stream' ? NO_STREAM : BigInt(expected);
    const request = client.appendToStream(stream, events, { streamState, deadline: deadlineMs });
    const { position, nextExpectedRevision } = await inTime(request, deadlineMs);
    return {
      position: ownPosition(stream, position),
      revision: Number(nextExpectedRevision),
    };
  }
}

/** Whether the stream has not yet come as far as the append expects. */
function isTooEarly({ expected, actual = -1 }: ConflictError): boolean {
  return typeof expected === 'number' && actual < expected;
}

function conflict(
  stream: string,
  expected: number | 'no-stream',
  { actualState }: WrongExpectedVersionError,
): ConflictError {
  const actual = typeof actualState === 'bigint' ? Number(actualState) : undefined;
  return new ConflictError(stream, expected, actual);
}
