import type Database from 'better-sqlite3';
import { CorruptLogError, type EventStore, START } from '../event-store/event-store.js';
import type { Position } from '../event-store/event-store.js';
import type { Arrival } from './arrival.js';
import { isFileFault, isInTheWay, writing } from './file-faults.js';
import type { Projection } from './projection.js';
import type { Checkpoint, ViewFile } from './view-file.js';

/** Takes events into a view's tables. */
export type Taking = (arrivals: readonly Arrival[]) => void;

/** Why a view stands still. */
export interface Stop {
  readonly reason: string;
  /** The event that it can't digest; absent when its file is what is wrong. */
  readonly at?: { readonly position: Position; readonly eventId: string; readonly type: string };
}

/** A view that events are fed to. A stopped one stands before the event that it can't digest. */
export class View {
  private checkpoint: Checkpoint;
  private stop: Stop | undefined;
  private readonly take: Taking;

  /** `skipped`: ids of events that an operator has decided to leave out. */
  constructor(
    readonly projection: Projection,
    readonly file: ViewFile,
    private skipped: ReadonlySet<string>,
  ) {
    this.checkpoint = file.checkpoint();
    this.take = taking(projection, file.database);
  }

  get position(): Position {
    return this.checkpoint.position;
  }

  /** How many events it has seen. */
  get events(): number {
    return this.checkpoint.events;
  }

  get stopped(): Stop | undefined {
    return this.stop;
  }

  /**
   * Takes what it has not seen of these, in one commit with how far it then is. Stops before an event that it can't
   * digest, or when its file is damaged.
   * @throws SqliteError naming the file when it can't be written now; nothing has changed then
   */
  apply(arrivals: readonly Arrival[]): void {
    if (this.stop) return;
    const unseen = this.unseen(arrivals);
    if (unseen.length === 0) return;
    const { database } = this.file;
    try {
      const advance = database.transaction(() => this.advance(unseen));
      const { checkpoint, stop } = writing(database.name, () => advance.immediate());
      this.checkpoint = checkpoint;
      this.stop = stop;
    } catch (error) {
      if (isInTheWay(error)) throw error;
      this.stop = { reason: (error as Error).message };
    }
  }

  /** Goes on, from where it stands, if what it has stopped at is to be skipped by now. */
  resume(skipped: ReadonlySet<string>): void {
    this.skipped = skipped;
    if (this.stop?.at && skipped.has(this.stop.at.eventId)) this.stop = undefined;
  }

  /** @throws CorruptLogError when the log lacks what the view has seen */
  async checkAgainst(store: EventStore): Promise<void> {
    const { position, eventId } = this.checkpoint;
    if (position === START) return;
    const event = await store.at(position);
    if (event?.id === eventId) return;
    const { name } = this.projection;
    const what = event
      ? `the log has event ${event.id} at position ${position}, where view ${name} has seen ${eventId}`
      : `the log ends at position ${await store.head()}, but view ${name} has seen it up to ${position}`;
    throw new CorruptLogError(
      `${what}. If the log is right, delete ${this.file.database.name}: it is built anew then`,
    );
  }

  close(): void {
    this.file.close();
  }

  private unseen(arrivals: readonly Arrival[]): readonly Arrival[] {
    const { position } = this;
    const first = arrivals.findIndex(({ stored }) => stored.position > position);
    if (first === 0) return arrivals;
    return first === -1 ? [] : arrivals.slice(first);
  }

  private advance(unseen: readonly Arrival[]): { checkpoint: Checkpoint; stop: Stop | undefined } {
    if (this.fold(unseen) === undefined) return { checkpoint: this.move(unseen), stop: undefined };
    for (const [index, arrival] of unseen.entries()) {
      const reason = this.fold([arrival]);
      if (reason === undefined) continue;
      const { position, id, type } = arrival.stored;
      const at = { position, eventId: id, type };
      const stop = { reason: `position ${position}: ${reason}`, at };
      return { checkpoint: this.move(unseen.slice(0, index)), stop };
    }
    return { checkpoint: this.move(unseen), stop: undefined };
  }

  /** All of these events or none: then why not. */
  private fold(arrivals: readonly Arrival[]): string | undefined {
    const { database } = this.file;
    const wanted =
      this.skipped.size === 0
        ? arrivals
        : arrivals.filter(({ stored }) => !this.skipped.has(stored.id));
    try {
      database.transaction(this.take)(wanted);
      return undefined;
    } catch (error) {
      if (!database.inTransaction || isFileFault(error)) throw error;
      return (error as Error).message;
    }
  }

  private move(seen: readonly Arrival[]): Checkpoint {
    const last = seen.at(-1)?.stored;
    if (!last) return this.checkpoint;
    const events = this.events + seen.length;
    const checkpoint = { position: last.position, eventId: last.id, events };
    this.file.move(this.position, checkpoint);
    return checkpoint;
  }
}

/** What a fold takes of what comes: facts, or what the store has. */
export function taking(projection: Projection, database: Database.Database): Taking {
  if ('openOnBytes' in projection) {
    const fold = projection.openOnBytes(database);
    return (arrivals) => {
      fold(arrivals.map(({ stored }) => stored));
    };
  }
  return projection.open(database);
}
