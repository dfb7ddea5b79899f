import type Database from 'better-sqlite3';
import { keptIn } from '../ledger/domain/kept-in.js';
import type { EventData } from '../ledger/domain/ledger-event.js';
import { isBar } from '../sales/domain/barred.js';
import type { Arrived } from './arrival.js';
import { folding, type Projection } from './projection.js';
import { handling } from './views-by-event.js';

/** Requests by how they ended: an awaited approval counts when it is decided. `failed`: on the terminal's own side. */
const ATTEMPTS = `
  CREATE TABLE attempts (
    merchantId TEXT NOT NULL, date TEXT NOT NULL, storeId TEXT NOT NULL, terminalId TEXT NOT NULL, kind TEXT NOT NULL,
    done INTEGER NOT NULL, refused INTEGER NOT NULL, failed INTEGER NOT NULL,
    PRIMARY KEY (merchantId, date, storeId, terminalId, kind)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX attempts_by_date ON attempts (date);
`;

/** Why the others did not: `source` is the ledger that refused, or the terminal that failed. */
const REASONS = `
  CREATE TABLE reasons (
    merchantId TEXT NOT NULL, date TEXT NOT NULL, storeId TEXT NOT NULL, terminalId TEXT NOT NULL,
    source TEXT NOT NULL, code TEXT NOT NULL, cause TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (merchantId, date, storeId, terminalId, source, code, cause)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX reasons_by_date ON reasons (date);
`;

/** Where each terminal stands now, for events that do not say. */
const TERMINALS = `
  CREATE TABLE terminals (
    merchantId TEXT NOT NULL, terminalId TEXT NOT NULL, storeId TEXT NOT NULL, PRIMARY KEY (merchantId, terminalId)
  ) STRICT, WITHOUT ROWID;
`;

/** Reversals that wait for an approval: the end of one that comes to nothing says only what it would have become. */
const REVERSALS = `
  CREATE TABLE reversals (request TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
`;

/** How requests ended, by merchant, day, store and terminal [S0, S1]. */
export const refusalsProjection: Projection = {
  name: 'refusals',
  version: 4,
  tables: { attempts: ATTEMPTS, reasons: REASONS, terminals: TERMINALS, reversals: REVERSALS },
  open: (database) => folding(new RefusalsTable(database)),
};

interface Where {
  readonly merchantId: string;
  readonly terminalId: string;
  readonly businessDate: string;
}

type Ended = 'done' | 'refused' | 'failed';

interface Reason {
  readonly code: string;
  readonly cause: string;
}

/** Counts of one fold: each row is written once, at its end. */
class RefusalsTable {
  private readonly addAttempts: Database.Statement;
  private readonly addReason: Database.Statement;
  private readonly assign: Database.Statement;
  private readonly await: Database.Statement;
  private readonly end: Database.Statement;
  private readonly storeIn: Database.Statement<[string, string], { storeId: string }>;
  private readonly attempts = new Map<string, Record<Ended, number>>();
  private readonly reasons = new Map<string, number>();
  private readonly stores = new Map<string, string>();

  private readonly handle = handling<'refusals'>({
    Sale: (data) => this.ended('done', 'sale', data),
    Void: (data) => this.givenBack(data),
    Refund: (data) => this.givenBack(data),
    Refused: (data) => this.ended('refused', data.kind, data, data.refusal),
    ApprovalRequested: ({ asked, request }) => {
      if (asked === 'reversal') this.await.run(request);
    },
    ApprovalDeclined: (data) => this.declined(data),
    FailureReported: (data) => this.ended('failed', data.kind ?? '', data, data),
    Reversal: (data) => {
      if (isBar(data)) return;
      this.end.run(data.of);
      this.ended('done', 'timeout-reversal', data);
    },
    NothingToReverse: (data) => this.ended('done', 'timeout-reversal', data),
    TerminalAssigned: ({ merchantId, terminalId, storeId }) => {
      this.assign.run(merchantId, terminalId, storeId);
      this.stores.set(`${merchantId} ${terminalId}`, storeId);
    },
  });

  constructor(database: Database.Database) {
    this.addAttempts = database.prepare(
      `INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
       SET done = done + excluded.done, refused = refused + excluded.refused, failed = failed + excluded.failed`,
    );
    this.addReason = database.prepare(
      `INSERT INTO reasons VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count`,
    );
    this.assign = database.prepare('INSERT OR REPLACE INTO terminals VALUES (?, ?, ?)');
    this.await = database.prepare('INSERT OR IGNORE INTO reversals VALUES (?)');
    this.end = database.prepare('DELETE FROM reversals WHERE request = ?');
    this.storeIn = database.prepare(
      'SELECT storeId FROM terminals WHERE merchantId = ? AND terminalId = ?',
    );
  }

  fold(events: readonly Arrived[]): void {
    for (const counts of [this.attempts, this.reasons, this.stores]) counts.clear();
    this.handle(events);
    for (const [key, { done, refused, failed }] of this.attempts) {
      this.addAttempts.run(...(JSON.parse(key) as string[]), done, refused, failed);
    }
    for (const [key, count] of this.reasons) {
      this.addReason.run(...(JSON.parse(key) as string[]), count);
    }
  }

  private givenBack(data: EventData<'Void'>): void {
    if (data.approval) this.end.run(data.request);
    this.ended('done', data.asked, data);
  }

  private declined(data: EventData<'ApprovalDeclined'>): void {
    const isReversal = this.end.run(data.request).changes > 0;
    this.ended('refused', isReversal ? 'reversal' : data.kind, data, data.refusal);
  }

  private ended(how: Ended, kind: string, where: Where, reason?: Reason): void {
    const { merchantId, businessDate, terminalId } = where;
    const place = [merchantId, businessDate, this.storeOf(where), terminalId];
    const key = JSON.stringify([...place, kind]);
    const counts = this.attempts.get(key) ?? { done: 0, refused: 0, failed: 0 };
    counts[how] += 1;
    this.attempts.set(key, counts);
    if (!reason) return;
    const source = how === 'failed' ? 'terminal' : 'ledger';
    const why = JSON.stringify([...place, source, reason.code, reason.cause]);
    this.reasons.set(why, (this.reasons.get(why) ?? 0) + 1);
  }

  private storeOf({ merchantId, terminalId }: Where): string {
    const asked = () => this.storeIn.get(merchantId, terminalId)?.storeId ?? '';
    return keptIn(this.stores, `${merchantId} ${terminalId}`, asked);
  }
}
