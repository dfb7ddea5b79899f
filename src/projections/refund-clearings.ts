import type Database from 'better-sqlite3';

/**
 * What the refunds of a batch come to for the books, and their reversals with the sign turned, in the order of the log.
 * Its close clears those that it counted, up to a number. One behind that is late: another node had let it in before it
 * heard of the close. The next close that its terminal asks for clears it, `clearedBy` then.
 */
export const CLEARINGS = `
  CREATE TABLE clearings (
    batch TEXT NOT NULL, number INTEGER NOT NULL, terminal TEXT NOT NULL, request TEXT NOT NULL,
    currency TEXT NOT NULL, amount INTEGER NOT NULL, late INTEGER NOT NULL, clearedBy TEXT,
    PRIMARY KEY (batch, number)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX late_clearings ON clearings (terminal, clearedBy) WHERE late = 1;
`;

export interface Clearing {
  readonly batch: string;
  /** `merchantId.terminalId`. */
  readonly terminal: string;
  /** Name of the refund. */
  readonly request: string;
  readonly currency: string;
  /** Below zero for a reversal. */
  readonly amount: number;
}

/** Keeps the table: a function of the log's order alone, so that each node has the same. */
export class RefundClearings {
  private readonly insert: Database.Statement;
  private readonly markLate: Database.Statement;
  private readonly assign: Database.Statement;

  constructor(database: Database.Database) {
    this.insert = database.prepare(
      `INSERT INTO clearings
       SELECT @batch, coalesce(max(number), 0) + 1, @terminal, @request, @currency, @amount, @late, NULL
       FROM clearings WHERE batch = @batch`,
    );
    this.markLate = database.prepare(
      'UPDATE clearings SET late = 1 WHERE batch = ? AND number > ?',
    );
    this.assign = database.prepare(
      'UPDATE clearings SET clearedBy = ? WHERE terminal = ? AND late = 1 AND clearedBy IS NULL',
    );
  }

  add(clearing: Clearing, isBatchClosed: boolean): void {
    this.insert.run({ ...clearing, late: isBatchClosed ? 1 : 0 });
  }

  /** A close begins: it takes along what came too late for earlier ones of its terminal. */
  closeRequested(terminal: string, batch: string): void {
    this.assign.run(batch, terminal);
  }

  /** Logs of earlier versions do not say how many were counted: nothing was late in them. */
  closed(batch: string, counted = Number.MAX_SAFE_INTEGER): void {
    this.markLate.run(batch, counted);
  }
}
