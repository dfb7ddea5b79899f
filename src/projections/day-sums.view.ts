import type Database from 'better-sqlite3';
import type { Position } from '../event-store/event-store.js';
import { type DaySum, type LimitScope, NO_SUM } from '../merchants/domain/limits.js';
import type { Counted } from '../merchants/domain/merchant.events.js';

/** What is summed by: one kind of request of one currency on one date, at a merchant. */
export interface DayKey {
  readonly merchantId: string;
  /** The business date. */
  readonly date: string;
  readonly kind: Counted;
  readonly currency: string;
}

/** Sums as of one position of the log. */
export interface DaySumsThen {
  readonly position: Position;
  readonly of: (scope: LimitScope, subject: string) => DaySum;
}

/** What was taken and given back on a business date. */
export class DaySumsView {
  private readonly sum: Database.Statement<unknown[], { count: bigint; amount: bigint }>;
  private readonly checkpoint: Database.Statement<[], { position: Position }>;

  constructor(database: Database.Database) {
    this.sum = database
      .prepare<unknown[], { count: bigint; amount: bigint }>(
        `SELECT count, amount FROM sums
         WHERE merchantId = ? AND date = ? AND kind = ? AND currency = ? AND scope = ? AND subject = ?`,
      )
      .safeIntegers();
    this.checkpoint = database.prepare('SELECT position FROM about');
  }

  /** The sums of one moment, with the position up to which they count. */
  read<T>(key: DayKey, take: (then: DaySumsThen) => T): T {
    const { position } = this.checkpoint.get() as { position: Position };
    return take({ position, of: (scope, subject) => this.sumOf(key, scope, subject) });
  }

  private sumOf(key: DayKey, scope: LimitScope, subject: string): DaySum {
    const { merchantId, date, kind, currency } = key;
    const row = this.sum.get(merchantId, date, kind, currency, scope, subject);
    return row ? { count: Number(row.count), amount: row.amount } : NO_SUM;
  }
}
