import type Database from 'better-sqlite3';

/** Requests that wait for their outcome. */
export class RequestsView {
  private readonly oldest: Database.Statement<[number], { name: string }>;

  constructor(database: Database.Database) {
    this.oldest = database.prepare(
      'SELECT name FROM undecided WHERE takenAt <= ? ORDER BY takenAt',
    );
  }

  /** Names of those taken by then (epoch milliseconds of real time), the oldest first. */
  undecided(takenBy: number): string[] {
    return this.oldest.all(takenBy).map(({ name }) => name);
  }
}
