import type Database from 'better-sqlite3';
import { parseRequestName, terminalName } from '../ledger/domain/request-name.js';

/**
 * Sales of batches that no longer settle them: put back by the reversal of what had voided or refunded them, or taken
 * by a node that had not heard of the close. The next close of their terminal settles them, and `settledIn` names it then.
 * `isCounted`: whether the totals of its own batch have it.
 */
export const CARRIED = `
  CREATE TABLE carried (
    terminal TEXT NOT NULL, saleId TEXT NOT NULL, settledIn TEXT, isCounted INTEGER NOT NULL,
    PRIMARY KEY (terminal, saleId)
  ) STRICT, WITHOUT ROWID;
`;

/** Keeps the table. */
export class CarriedSales {
  private readonly insert: Database.Statement;
  private readonly assign: Database.Statement;
  private readonly remove: Database.Statement;
  private readonly removeUncounted: Database.Statement;

  constructor(database: Database.Database) {
    this.insert = database.prepare(
      'INSERT INTO carried VALUES (?, ?, NULL, ?) ON CONFLICT DO NOTHING',
    );
    this.assign = database.prepare(
      'UPDATE carried SET settledIn = ? WHERE terminal = ? AND saleId = ?',
    );
    this.remove = database.prepare('DELETE FROM carried WHERE terminal = ? AND saleId = ?');
    this.removeUncounted = database.prepare(
      'DELETE FROM carried WHERE terminal = ? AND saleId = ? AND isCounted = 0',
    );
  }

  /** One that its batch counts, and that has something left again. */
  putBack(saleId: string): void {
    this.insert.run(terminalOf(saleId), saleId, 1);
  }

  /** One that its batch does not count: it slipped in behind the close. */
  slippedIn(saleId: string): void {
    this.insert.run(terminalOf(saleId), saleId, 0);
  }

  /** It settles with this batch. */
  settled(saleId: string, batch: string): void {
    this.assign.run(batch, terminalOf(saleId), saleId);
  }

  /** Forgets it: it has settled with its own batch after all, or alone. */
  drop(saleId: string): void {
    this.remove.run(terminalOf(saleId), saleId);
  }

  /** Forgets one that no batch counts. Gives whether it was one. */
  dropUncounted(saleId: string): boolean {
    return this.removeUncounted.run(terminalOf(saleId), saleId).changes > 0;
  }
}

function terminalOf(saleId: string): string {
  return terminalName(parseRequestName(saleId));
}
