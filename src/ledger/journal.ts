import type {
  Appended,
  EventStore,
  ExpectedRevision,
  Position,
} from '../event-store/event-store.js';
import { timeText } from './clock.js';
import type { Actor, LedgerEvent, RecordedEvent } from './domain/ledger-event.js';
import { decode, encode } from './event-codec.js';

/** Who asked for what is written, under which name. */
export interface Origin {
  /** The request (or batch, merchant, card) that the facts come from. */
  readonly request: string;
  readonly by: Actor;
  readonly causationId?: string | undefined;
}

/** The event store in the ledger's own terms: facts in, facts out. */
export class Journal {
  /** `appended` is told how long each append took, and what it failed by. */
  constructor(
    private readonly store: EventStore,
    private readonly appended?: (seconds: number, fault: unknown) => void,
  ) {}

  /** Whether other processes may write to the log, too. */
  get isShared(): boolean {
    return this.store.isShared;
  }

  /**
   * Writes facts at the end of a stream. The append is under way when this returns, in the order of the calls.
   * @throws ConflictError, StoreUnavailableError
   */
  append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly LedgerEvent[],
    { request, by, causationId }: Origin,
  ): Promise<Appended> {
    // Named one by one: a spread with a field behind it is slow to make.
    const from = { request, by, recordedAt: timeText(Date.now()), causationId };
    const encoded = events.map((event) => encode(event, from));
    const append = this.store.append(stream, expected, encoded);
    if (this.appended) this.time(append, this.appended);
    return append;
  }

  private time(append: Promise<Appended>, appended: NonNullable<typeof this.appended>): void {
    const began = performance.now();
    const told = (fault?: unknown): void => {
      appended((performance.now() - began) / 1_000, fault);
    };
    append.then(() => {
      told();
    }, told);
  }

  /** The facts of a stream in order, from this revision on; none when there is no such stream. */
  async read(stream: string, from?: number, most?: number): Promise<RecordedEvent[]> {
    return (await this.store.readStream(stream, from, most)).map(decode);
  }

  /** The fact at a position of the log, if there is one. */
  async at(position: Position): Promise<RecordedEvent | undefined> {
    const stored = await this.store.at(position);
    return stored && decode(stored);
  }

  head(): Promise<Position> {
    return this.store.head();
  }
}
