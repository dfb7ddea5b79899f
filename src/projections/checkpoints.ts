import type Database from 'better-sqlite3';
import type { EventStore, Position } from '../event-store/event-store.js';
import { CorruptLogError, START } from '../event-store/event-store.js';
import type { Projection } from './projection.js';
import { remedy } from './views-file.js';

/** How far a view's tables go: the position and the id of the last event in them. */
export interface Checkpoint {
  readonly position: Position;
  readonly eventId: string;
}

interface Row extends Checkpoint {
  readonly name: string;
  readonly version: number;
  /** Names of its tables, as a JSON list, so that a view of another version can be cleared away. */
  readonly tables: string;
}

const BEGINNING: Checkpoint = { position: START, eventId: '' };

/** What the views' file says of itself: which views it holds and how far each goes. */
export class Checkpoints {
  private readonly update: Database.Statement;

  constructor(private readonly database: Database.Database) {
    database.exec(
      `CREATE TABLE IF NOT EXISTS checkpoints (
         name TEXT PRIMARY KEY, version INTEGER NOT NULL, position TEXT NOT NULL, eventId TEXT NOT NULL,
         tables TEXT NOT NULL
       ) STRICT`,
    );
    this.update = database.prepare(
      'UPDATE checkpoints SET position = ?, eventId = ? WHERE name = ? AND position = ?',
    );
  }

  /**
   * Clears away what is no view of these in its present version, and begins what is not there.
   * Gives where each stands, in their order.
   */
  prepare(projections: readonly Projection[]): Checkpoint[] {
    return this.database
      .transaction(() => {
        const usable = this.rows().filter((row) =>
          projections.some((projection) => this.isUsable(row, projection)),
        );
        const isKept = ({ name }: Row) => usable.some((row) => row.name === name);
        for (const row of this.rows()) if (!isKept(row)) this.clear(row);
        return projections.map(
          (projection) =>
            usable.find(({ name }) => name === projection.name) ?? this.begin(projection),
        );
      })
      .immediate();
  }

  /**
   * Moves a view's checkpoint on.
   * @throws Error when it is not where this process left it
   */
  move(name: string, from: Position, to: Checkpoint): void {
    if (this.update.run(to.position, to.eventId, name, from).changes === 1) return;
    throw new Error(
      `another process writes to ${this.database.name}: each needs a folder of its own`,
    );
  }

  /** @throws CorruptLogError naming the view and the position when the log lacks what a view has seen */
  async checkAgainst(store: EventStore): Promise<void> {
    for (const { name, position, eventId } of this.rows()) {
      if (position === START) continue;
      const event = await store.at(position);
      if (event?.id === eventId) continue;
      const what = event
        ? `the log has event ${event.id} at position ${position}, where view ${name} has seen ${eventId}`
        : `the log ends at position ${await store.head()}, but view ${name} has seen it up to ${position}`;
      throw new CorruptLogError(`${what}. If the log is right, ${remedy(this.database.name)}`);
    }
  }

  private rows(): Row[] {
    return this.database.prepare<[], Row>('SELECT * FROM checkpoints').all();
  }

  private isUsable(row: Row, { name, version, tables }: Projection): boolean {
    if (row.name !== name || row.version !== version) return false;
    const there = this.database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .pluck()
      .all();
    return Object.keys(tables).every((table) => there.includes(table));
  }

  private clear({ name, tables }: Row): void {
    for (const table of JSON.parse(tables) as string[]) this.drop(table);
    this.database.prepare('DELETE FROM checkpoints WHERE name = ?').run(name);
  }

  private begin({ name, version, tables }: Projection): Checkpoint {
    for (const [table, statements] of Object.entries(tables)) {
      this.drop(table);
      this.database.exec(statements);
    }
    const names = JSON.stringify(Object.keys(tables));
    this.database
      .prepare('INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?)')
      .run(name, version, BEGINNING.position, BEGINNING.eventId, names);
    return BEGINNING;
  }

  private drop(table: string): void {
    this.database.exec(`DROP TABLE IF EXISTS "${table}"`);
  }
}
