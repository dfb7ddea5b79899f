import type Database from 'better-sqlite3';

/**
 * Lets the reads of one turn of the event loop see a file as it was at the first of them: together they tell of one
 * moment, and beginning anew costs more than what most of them read.
 */
export class TurnSnapshot {
  private readonly begin: Database.Statement;
  private readonly end: Database.Statement;

  constructor(private readonly database: Database.Database) {
    this.begin = database.prepare('BEGIN');
    // A COMMIT fails where a damaged page was met.
    this.end = database.prepare('ROLLBACK');
  }

  /** To be called before each of the reads. */
  hold(): void {
    if (this.database.inTransaction) return;
    this.begin.run();
    setImmediate(() => {
      this.letGo();
    });
  }

  /** The next read sees all that has been committed by then. */
  letGo(): void {
    if (this.database.inTransaction) this.end.run();
  }
}
