import type Database from 'better-sqlite3';
import { scratchDatabase } from './verify/scratch.js';

/** How far each stream of a log has come that is being read, in a temporary file: there may be millions. */
export class DueRevisions {
  private readonly database = scratchDatabase();
  private readonly find: Database.Statement<[string], number>;
  private readonly move: Database.Statement<[string, number]>;

  constructor() {
    this.database.exec(
      'CREATE TABLE streams (stream TEXT PRIMARY KEY, due INTEGER NOT NULL) WITHOUT ROWID',
    );
    this.find = this.database
      .prepare<[string], number>('SELECT due FROM streams WHERE stream = ?')
      .pluck();
    this.move = this.database.prepare('INSERT OR REPLACE INTO streams VALUES (?, ?)');
  }

  /** The revision that the stream's next event must have. */
  of(stream: string): number {
    return this.find.get(stream) ?? 0;
  }

  /** An event with the revision that was due has come. */
  come(stream: string, revision: number): void {
    this.move.run(stream, revision + 1);
  }

  close(): void {
    this.database.close();
  }
}
