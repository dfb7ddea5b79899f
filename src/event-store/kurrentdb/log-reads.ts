import {
  BACKWARDS,
  END,
  FORWARDS,
  START as BEGINNING,
  STREAM_NAME,
} from '@kurrent/kurrentdb-client';
import {
  NoSuchPositionError,
  type Position,
  type ReadAllOptions,
  START,
  type StoredEvent,
  StoreUnavailableError,
  upTo,
} from '../event-store.js';
import type { RenewableClient } from './connection.js';
import { inTime, isAway, isDenied, isPassing, NoAnswerError, pause, wordsOf } from './faults.js';
import { logPosition, type ReadEvent, stored } from './stored-form.js';

/** How long one part of an answer may take. */
const PART_MS = 5_000;

/** A read is tried again after so long each, as long as it fails at once: where the server hangs, each try takes seconds. */
const PAUSES_MS = [50, 200, 600];
const TRY_AGAIN_WITHIN_MS = 2_000;

const EVERYTHING = BigInt(Number.MAX_SAFE_INTEGER);

type Direction = typeof FORWARDS | typeof BACKWARDS;

/** What is read of the log at once, from a position or an end of it. */
interface Span {
  readonly from?: Position | undefined;
  readonly count: number;
  readonly direction: Direction;
  readonly prefixes?: readonly string[] | undefined;
}

type Pages = AsyncIterable<{ event?: ReadEvent }[]>;

/** Reads what is the ledger's of the server's log; the server leaves out the rest. Every read asks the leader. */
export class LogReads {
  /** `prefixes`: what the ledger's streams begin with. */
  constructor(
    private readonly reader: RenewableClient,
    private readonly prefixes: readonly string[],
  ) {}

  stream(name: string, from?: number, most?: number): Promise<StoredEvent[]> {
    const revision = from === undefined ? BEGINNING : BigInt(from);
    const maxCount = most === undefined ? EVERYTHING : BigInt(most);
    return this.ofStream(name, revision, FORWARDS, maxCount);
  }

  /** The last events of a stream, in order. */
  async tail(name: string, count: number): Promise<StoredEvent[]> {
    return (await this.ofStream(name, END, BACKWARDS, BigInt(count))).reverse();
  }

  private ofStream(
    name: string,
    fromRevision: bigint | typeof BEGINNING | typeof END,
    direction: Direction,
    maxCount: bigint,
  ): Promise<StoredEvent[]> {
    return this.patiently(() =>
      gather(
        this.reader.client.rustClient.readStream(name, {
          direction,
          fromRevision,
          maxCount,
          requiresLeader: true,
          resolvesLink: false,
        }),
      ).catch((error: unknown) => {
        if ((error as Error).name === 'StreamNotFoundError') return [];
        throw error;
      }),
    );
  }

  /** @throws NoSuchPositionError when no event was ever at `after` */
  async page(options: ReadAllOptions): Promise<StoredEvent[]> {
    const { after, limit, backwards = false, prefixes } = options;
    if (backwards) return this.read({ from: after, count: limit, direction: BACKWARDS, prefixes });
    // The server begins with the event at the position itself.
    const events = await this.read({
      from: after,
      count: limit + 1,
      direction: FORWARDS,
      prefixes,
    });
    return events[0]?.position === after ? events.slice(1) : events.slice(0, limit);
  }

  async at(position: Position): Promise<StoredEvent | undefined> {
    try {
      const [event] = await this.read({ from: position, count: 1, direction: FORWARDS });
      return event?.position === position ? event : undefined;
    } catch (error) {
      if (error instanceof NoSuchPositionError) return undefined;
      throw error;
    }
  }

  async head(): Promise<Position> {
    const [last] = await this.read({ count: 1, direction: BACKWARDS });
    return last?.position ?? START;
  }

  /**
   * Everything behind a position in pages of so many events. The first is asked for by itself, as is the next where a reading
   * of all the rest has broken: that shows what is wrong, if it still is.
   * @throws as page
   */
  async *pages(after: Position, size: number): AsyncGenerator<StoredEvent[]> {
    const head = await this.head();
    for (let from = after; ;) {
      const first = await this.page({ after: from, limit: size });
      const there = upTo(head, first);
      if (there.length > 0) yield there;
      from = first.at(-1)?.position ?? from;
      if (first.length < size || from >= head) return;
      try {
        for await (const page of inPages(this.behind(from), size)) {
          yield upTo(head, page);
          from = page.at(-1)?.position ?? from;
          if (from >= head) return;
        }
        return;
      } catch {
        // The next page is asked for by itself.
      }
    }
  }

  /** Everything behind a position, as it comes from the server: one request for all of it. */
  private async *behind(after: Position): AsyncIterable<StoredEvent[]> {
    const all = this.all({ from: after, count: Infinity, direction: FORWARDS });
    for await (const events of inTimeEach(all)) {
      yield events[0]?.position === after ? events.slice(1) : events;
    }
  }

  private async read(span: Span): Promise<StoredEvent[]> {
    try {
      return await this.patiently(() => gather(this.all(span)));
    } catch (error) {
      if (span.from === undefined || !(error instanceof StoreUnavailableError)) throw error;
      // Silence says nothing of the place.
      if (error.cause instanceof NoAnswerError) throw error;
      return this.readAgain(span, span.from);
    }
  }

  /**
   * To a place between two events the server says that it is not available, as it does when it is not. So the place is
   * at fault only where the server answers another question before and after it has said so: an answer that is cut off, or
   * a leader that is lost, says nothing of it.
   */
  private async readAgain(span: Span, from: Position): Promise<StoredEvent[]> {
    await this.head();
    try {
      return await gather(this.all(span));
    } catch (error) {
      if (!isAway(error)) throw unavailable(error);
    }
    await this.head();
    throw new NoSuchPositionError(from);
  }

  private all({ from, count, direction, prefixes = this.prefixes }: Span): Pages {
    const end = direction === FORWARDS ? BEGINNING : END;
    return this.reader.client.rustClient.readAll({
      direction,
      fromPosition: from === undefined ? end : logPosition(from),
      filter: { filterOn: STREAM_NAME, prefixes: [...prefixes] },
      maxCount: count === Infinity ? EVERYTHING : BigInt(count),
      requiresLeader: true,
      resolvesLink: false,
    });
  }

  /** @throws StoreUnavailableError when it fails again and again */
  private async patiently<T>(read: () => Promise<T>): Promise<T> {
    const limit = performance.now() + TRY_AGAIN_WITHIN_MS;
    for (const wait of [...PAUSES_MS, undefined]) {
      try {
        return await read();
      } catch (error) {
        const mayPass = isPassing(error);
        if (mayPass && wait !== undefined && performance.now() < limit) await pause(wait);
        else if (mayPass || error instanceof NoAnswerError) {
          this.reader.renew();
          throw unavailable(error);
        } else if (isDenied(error)) throw unavailable(error);
        else throw error;
      }
    }
    throw new Error('not reached');
  }
}

function unavailable(error: unknown): StoreUnavailableError {
  const message = `can't read the log: ${wordsOf(error)}`;
  return new StoreUnavailableError(message, 'not-done', { cause: error });
}

async function* inPages(
  parts: AsyncIterable<StoredEvent[]>,
  size: number,
): AsyncGenerator<StoredEvent[]> {
  const read: StoredEvent[] = [];
  for await (const part of parts) {
    read.push(...part);
    while (read.length >= size) yield read.splice(0, size);
  }
  if (read.length > 0) yield read;
}

async function gather(pages: Pages): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const part of inTimeEach(pages)) events.push(...part);
  return events;
}

/** The parts of an answer as they come. @throws NoAnswerError when one takes too long */
async function* inTimeEach(pages: Pages): AsyncGenerator<StoredEvent[]> {
  const parts = pages[Symbol.asyncIterator]();
  for (;;) {
    const part = await inTime(parts.next(), PART_MS);
    if (part.done) return;
    yield part.value.flatMap(({ event }) => (event ? [stored(event)] : []));
  }
}
