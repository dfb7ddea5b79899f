import { OneAtATime } from '../../ledger/one-at-a-time.js';
import { type Appended, ConflictError, type NewEvent } from '../event-store.js';
import type { Appending } from './appender.js';
import type { LogReads } from './log-reads.js';

/** Where a stream will end once everything under way to it is written. */
interface End {
  readonly ids: Set<string>;
  revision: number | undefined;
  underWay: number;
}

/**
 * Appends at whatever revision a stream has. The server only does its best to know a repeat at any revision; so each
 * gets an exact one: behind the stream's last event, or behind what this process has just sent.
 */
export class AnyRevision {
  private readonly turns = new OneAtATime();
  private readonly ends = new Map<string, End>();

  constructor(
    private readonly reads: LogReads,
    private readonly appender: Appending,
  ) {}

  /** @throws ConflictError when some of the events stand there and others do not; StoreUnavailableError */
  async append(stream: string, events: readonly NewEvent[]): Promise<Appended> {
    for (;;) {
      const place = await this.turns.run(stream, () => this.reserve(stream, events));
      if ('position' in place) return place;
      const { end, expected } = place;
      try {
        return await this.appender.append(stream, expected ?? 'no-stream', events);
      } catch (error) {
        this.forget(stream, end);
        if (!(error instanceof ConflictError)) throw error;
      } finally {
        end.underWay -= 1;
        if (end.underWay === 0) this.forget(stream, end);
      }
    }
  }

  private async reserve(
    stream: string,
    events: readonly NewEvent[],
  ): Promise<Appended | { readonly end: End; readonly expected: number | undefined }> {
    const known = this.ends.get(stream);
    if (known && !events.some(({ id }) => known.ids.has(id))) return taken(known, events);
    const tail = await this.reads.tail(stream, events.length);
    const last = tail.at(-1);
    const isThere = events.map((event) => tail.some(({ id }) => id === event.id));
    if (last && tail.length === events.length && tail.every(({ id }, i) => id === events[i]?.id)) {
      return { position: last.position, revision: last.revision, repeated: true };
    }
    if (last && isThere.includes(true)) throw new ConflictError(stream, 'any', last.revision);
    const end = { ids: new Set<string>(), revision: last?.revision, underWay: 0 };
    this.ends.set(stream, end);
    return taken(end, events);
  }

  private forget(stream: string, end: End): void {
    if (this.ends.get(stream) === end) this.ends.delete(stream);
  }
}

function taken(end: End, events: readonly NewEvent[]) {
  const expected = end.revision;
  for (const { id } of events) end.ids.add(id);
  end.revision = (expected ?? -1) + events.length;
  end.underWay += 1;
  return { end, expected };
}
