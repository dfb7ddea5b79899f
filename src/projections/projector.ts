import type Database from 'better-sqlite3';
import type { EventStore, Position, StoredEvent } from '../event-store/event-store.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import { decode } from '../ledger/event-codec.js';
import { type Checkpoint, Checkpoints } from './checkpoints.js';
import type { Fold, Projection } from './projection.js';
import { isFileFault, namingDamage, openViewsToWrite } from './views-file.js';

/** A view and where it stands. A stopped one stands before the event that it can't digest. */
interface View {
  readonly projection: Projection;
  readonly fold: Fold;
  readonly position: Position;
  readonly stoppedBy?: string;
}

/** Where a view stands. */
export type Standing = Pick<View, 'position' | 'stoppedBy'> & Pick<Projection, 'name' | 'version'>;

/** Feeds the log to every view; what some events change and how far each view then is are one commit. */
export class Projector {
  private constructor(
    private readonly database: Database.Database,
    private readonly checkpoints: Checkpoints,
    private views: readonly View[],
  ) {}

  /**
   * Opens the views' file, or begins it. A view whose version has changed or whose tables are gone starts anew.
   * @throws CorruptLogError when the file is damaged or the log lacks what a view has seen; StoreUnavailableError
   */
  static async open(
    viewsDir: string,
    store: EventStore,
    projections: readonly Projection[],
  ): Promise<Projector> {
    const database = openViewsToWrite(viewsDir);
    try {
      const checkpoints = namingDamage(database.name, () => new Checkpoints(database));
      await checkpoints.checkAgainst(store);
      const views = namingDamage(database.name, () =>
        checkpoints.prepare(projections).map(({ position }, index) => {
          const projection = projections[index] as Projection;
          return { projection, fold: projection.open(database), position };
        }),
      );
      return new Projector(database, checkpoints, views);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Where the one that is furthest behind stands, of the views that go on; undefined when none does. */
  position(): Position | undefined {
    const going = this.views.filter(({ stoppedBy }) => stoppedBy === undefined);
    return going.map(({ position }) => position).sort()[0];
  }

  standings(): Standing[] {
    return this.views.map(({ projection: { name, version }, position, stoppedBy }) => ({
      name,
      version,
      position,
      ...(stoppedBy !== undefined && { stoppedBy }),
    }));
  }

  /**
   * Takes the next events of the log, all of them or (when it throws) none. A view that can't digest one of them
   * stops before it, the others go on. Events that a view has seen already are nothing to it.
   * @throws CorruptLogError naming the views' file when it is damaged; whatever keeps it from being written
   */
  apply(page: readonly StoredEvent[]): void {
    const from = this.position();
    if (from === undefined) return;
    const { events, unreadable } = decodeAll(page.filter(({ position }) => position > from));
    const advance = this.database.transaction(() =>
      this.views.map((view) => stoppedAt(unreadable, this.advance(view, events))),
    );
    this.views = namingDamage(this.database.name, () => advance.immediate());
    // Views that had seen the unreadable event already go on behind it.
    if (unreadable) this.apply(page);
  }

  private advance(view: View, events: readonly RecordedEvent[]): View {
    if (view.stoppedBy !== undefined) return view;
    const unseen = events.filter(({ position }) => position > view.position);
    if (unseen.length === 0) return view;
    if (this.fold(view, unseen) === undefined) return this.moved(view, unseen.at(-1));
    let last: RecordedEvent | undefined;
    for (const event of unseen) {
      const fault = this.fold(view, [event]);
      if (fault !== undefined) {
        return { ...this.moved(view, last), stoppedBy: `position ${event.position}: ${fault}` };
      }
      last = event;
    }
    return this.moved(view, last);
  }

  /** All of these events or none: then why not. */
  private fold({ fold }: View, events: readonly RecordedEvent[]): string | undefined {
    try {
      this.database.transaction(fold)(events);
      return undefined;
    } catch (error) {
      if (!this.database.inTransaction || isFileFault(error)) throw error;
      return (error as Error).message;
    }
  }

  private moved(view: View, last: RecordedEvent | undefined): View {
    if (!last) return view;
    const to: Checkpoint = { position: last.position as Position, eventId: last.id };
    this.checkpoints.move(view.projection.name, view.position, to);
    return { ...view, position: to.position };
  }

  close(): void {
    this.database.close();
  }
}

interface Unreadable {
  readonly position: Position;
  readonly reason: string;
}

/** The events up to the first that can't be read. */
function decodeAll(page: readonly StoredEvent[]): {
  readonly events: readonly RecordedEvent[];
  readonly unreadable?: Unreadable;
} {
  const events: RecordedEvent[] = [];
  for (const stored of page) {
    try {
      events.push(decode(stored));
    } catch (error) {
      const reason = (error as Error).message;
      return { events, unreadable: { position: stored.position, reason } };
    }
  }
  return { events };
}

function stoppedAt(unreadable: Unreadable | undefined, view: View): View {
  if (!unreadable || view.stoppedBy !== undefined || view.position >= unreadable.position) {
    return view;
  }
  return { ...view, stoppedBy: unreadable.reason };
}
