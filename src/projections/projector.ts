import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { EventStore, Position, StoredEvent } from '../event-store/event-store.js';
import { CorruptLogError, START } from '../event-store/event-store.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import { decode } from '../ledger/event-codec.js';
import type { Projection } from './projection.js';

/** Where a view stands. A stopped one stands before the event that it can't digest. */
export interface ProjectionState {
  readonly name: string;
  readonly version: number;
  readonly position: Position;
  readonly stoppedBy?: string;
}

interface Checkpoint {
  readonly name: string;
  readonly version: number;
  readonly position: Position;
  readonly eventId: string;
  /** Names of its tables, as a JSON list, so that a view of another version can be cleared away. */
  readonly tables: string;
}

interface View {
  readonly projection: Projection;
  readonly fold: (events: readonly RecordedEvent[]) => void;
  position: Position;
  stoppedBy: string | undefined;
}

export function viewsFile(viewsDir: string): string {
  return join(viewsDir, 'views.db');
}

/** Feeds every view the log, a page at a time; what a page changes and how far it goes are one commit. */
export class Projector {
  private readonly views: View[];
  private readonly saveCheckpoint: Database.Statement;

  private constructor(
    private readonly database: Database.Database,
    projections: readonly Projection[],
  ) {
    this.saveCheckpoint = database.prepare(
      'INSERT OR REPLACE INTO checkpoints (name, version, position, eventId, tables) VALUES (?, ?, ?, ?, ?)',
    );
    this.views = projections.map((projection) => this.openView(projection));
  }

  /**
   * Opens the views' file, or begins it. A view whose version has changed starts anew.
   * @throws CorruptLogError when the log lacks what a view has already seen
   */
  static async open(
    viewsDir: string,
    store: EventStore,
    projections: readonly Projection[],
  ): Promise<Projector> {
    mkdirSync(viewsDir, { recursive: true });
    const database = new Database(viewsFile(viewsDir));
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    database.pragma('cache_size = -131072');
    database.pragma('mmap_size = 1073741824');
    database.exec(
      'CREATE TABLE IF NOT EXISTS checkpoints (name TEXT PRIMARY KEY, version INTEGER, position TEXT, eventId TEXT, tables TEXT) STRICT',
    );
    await checkAgainstLog(database, viewsFile(viewsDir), store);
    return new Projector(database, projections);
  }

  private openView(projection: Projection): View {
    const { name, version, tables } = projection;
    const kept = this.database
      .prepare<[string], Checkpoint>('SELECT * FROM checkpoints WHERE name = ?')
      .get(name);
    if (kept?.version !== version) {
      this.database.transaction(() => {
        const old = kept ? (JSON.parse(kept.tables) as string[]) : [];
        for (const table of old) this.database.exec(`DROP TABLE IF EXISTS "${table}"`);
        for (const create of Object.values(tables)) this.database.exec(create);
        this.saveCheckpoint.run(name, version, START, '', JSON.stringify(Object.keys(tables)));
      })();
    }
    const position = kept?.version === version ? kept.position : START;
    return { projection, fold: projection.open(this.database), position, stoppedBy: undefined };
  }

  /** Where the view that is furthest behind stands, of those that go on. */
  position(): Position {
    const going = this.views.filter(({ stoppedBy }) => stoppedBy === undefined);
    return going.reduce<Position | undefined>(
      (least, { position }) => (least === undefined || position < least ? position : least),
      undefined,
    ) as Position;
  }

  states(): ProjectionState[] {
    return this.views.map(({ projection: { name, version }, position, stoppedBy }) => ({
      name,
      version,
      position,
      ...(stoppedBy !== undefined && { stoppedBy }),
    }));
  }

  /** Takes the next page of the log. A view that can't digest an event stops before it, the others go on. */
  apply(page: readonly StoredEvent[]): void {
    const { events, unreadable } = decodeAll(page);
    this.database.transaction(() => {
      for (const view of this.views) this.advance(view, events);
      if (unreadable === undefined) return;
      for (const view of this.views) view.stoppedBy ??= unreadable;
    })();
  }

  private advance(view: View, events: readonly RecordedEvent[]): void {
    if (view.stoppedBy !== undefined || events.length === 0) return;
    const unseen = events.filter(({ position }) => position > view.position);
    if (unseen.length === 0) return;
    let digested = this.tryFold(view, unseen) ? unseen.length : 0;
    while (digested < unseen.length && this.tryFold(view, unseen.slice(digested, digested + 1))) {
      digested += 1;
      view.stoppedBy = undefined;
    }
    const last = unseen[digested - 1];
    if (!last) return;
    view.position = last.position as Position;
    const { name, version, tables } = view.projection;
    const tableNames = JSON.stringify(Object.keys(tables));
    this.saveCheckpoint.run(name, version, last.position, last.id, tableNames);
  }

  /** All of these events or none. */
  private tryFold(view: View, events: readonly RecordedEvent[]): boolean {
    try {
      this.database.transaction(view.fold)(events);
      return true;
    } catch (error) {
      const at = events[0]?.position ?? '';
      view.stoppedBy = `position ${at}: ${(error as Error).message}`;
      return false;
    }
  }

  close(): void {
    this.database.close();
  }
}

/** The events up to the first that can't be read. */
function decodeAll(page: readonly StoredEvent[]): {
  events: RecordedEvent[];
  unreadable: string | undefined;
} {
  const events: RecordedEvent[] = [];
  for (const stored of page) {
    try {
      events.push(decode(stored));
    } catch (error) {
      return { events, unreadable: (error as Error).message };
    }
  }
  return { events, unreadable: undefined };
}

async function checkAgainstLog(
  database: Database.Database,
  file: string,
  store: EventStore,
): Promise<void> {
  const checkpoints = database.prepare<[], Checkpoint>('SELECT * FROM checkpoints').all();
  for (const { name, position, eventId } of checkpoints) {
    if (position === START) continue;
    const event = await store.at(position);
    if (event?.id === eventId) continue;
    const head = await store.head();
    const what = event
      ? `the log has another event at position ${position} than view ${name} has seen there`
      : `the log ends at position ${head}, but view ${name} has seen it up to ${position}`;
    throw new CorruptLogError(
      `${what}. If the log is right, delete ${file}: it will be built anew`,
    );
  }
}
