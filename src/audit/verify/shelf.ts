import type Database from 'better-sqlite3';
import { NameFilter } from './name-filter.js';

/** Values that are kept in memory at the most, twice: those used lately, and those used before. */
const NEAR = 20_000;

/** How a value is kept as text. */
export interface Packing<V> {
  pack(value: V): string;
  unpack(text: string): V;
}

/** Values by name: those used lately in memory, the rest in a table. Its memory does not grow with their number. */
export class Shelf<V extends object> {
  private readonly stored = new NameFilter();
  private lately = new Map<string, V>();
  private before = new Map<string, V>();
  private readonly take: Database.Statement<[string], string>;
  private readonly store: Database.Statement<[string, string]>;

  constructor(
    database: Database.Database,
    table: string,
    private readonly packing: Packing<V>,
  ) {
    database.exec(
      `CREATE TABLE ${table} (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID`,
    );
    this.take = database
      .prepare<[string], string>(`SELECT value FROM ${table} WHERE name = ?`)
      .pluck();
    this.store = database.prepare(`INSERT OR REPLACE INTO ${table} VALUES (?, ?)`);
  }

  /** What is changed in it is kept. */
  get(name: string): V | undefined {
    const near = this.lately.get(name);
    if (near) return near;
    const found = this.before.get(name) ?? this.unpacked(name);
    if (found) this.set(name, found);
    return found;
  }

  set(name: string, value: V): void {
    this.lately.set(name, value);
    if (this.lately.size < NEAR) return;
    // In the order of the names: those that stand together are then written together.
    const older = [...this.before.keys()].filter((one) => !this.lately.has(one)).sort();
    for (const one of older) {
      this.stored.add(one);
      this.store.run(one, this.packing.pack(this.before.get(one) as V));
    }
    this.before = this.lately;
    this.lately = new Map();
  }

  private unpacked(name: string): V | undefined {
    const text = this.stored.mayHave(name) ? this.take.get(name) : undefined;
    return text === undefined ? undefined : this.packing.unpack(text);
  }
}
