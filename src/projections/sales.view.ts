import type Database from 'better-sqlite3';
import type { Minor } from '../ledger/domain/money.js';
import { FIRST_DATE, LAST_DATE } from '../merchants/domain/business-day.js';
import type { SaleStatus } from '../sales/domain/sale.js';
import { pageOf } from './page.js';
import type { SaleRow } from './sales.projection.js';

/** Which page of a merchant's sales is meant. */
export interface SalesQuery {
  readonly merchantId: string;
  readonly status?: SaleStatus | undefined;
  /** Business dates, both included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** A sale as its batch is compared with the terminal's. `amount` gross. */
export interface BatchSale {
  readonly stan: string;
  readonly amount: Minor;
  /** As a whole, by now. */
  readonly isReversed: boolean;
}

export interface SalesPage {
  readonly sales: readonly SaleRow[];
  /** To be given as `after` for the next page; absent on the last. */
  readonly next?: string;
}

/** What a close needs of a sale. */
export type UnsettledSale = Pick<
  SaleRow,
  | 'position'
  | 'saleId'
  | 'revision'
  | 'merchantId'
  | 'amount'
  | 'voided'
  | 'refunded'
  | 'held'
  | 'currency'
  | 'cardType'
>;

/** What a sale is told from another by. */
export type RecentSale = Pick<
  SaleRow,
  | 'position'
  | 'saleId'
  | 'merchantId'
  | 'terminalId'
  | 'cardToken'
  | 'amount'
  | 'currency'
  | 'occurredAt'
>;

/** The list of sales, and what a close needs of it. */
export class SalesView {
  private readonly byDate: Listing;
  private readonly settled: Listing;
  private readonly byStatus: Listing;
  private readonly toSettle: Database.Statement<[object], UnsettledSale>;
  private readonly lastFirst: Database.Statement<[number, number], RecentSale>;
  private readonly byName: Database.Statement<[string], SaleRow>;
  private readonly itemsOf: Database.Statement<
    [{ batch: string; before: number }],
    Omit<BatchSale, 'isReversed'> & { readonly isReversed: 0 | 1 }
  >;

  constructor(database: Database.Database) {
    this.byDate = new Listing(database, 'sales_by_date', 'merchantId = ?');
    this.settled = new Listing(database, 'sales_by_date', "merchantId = ? AND status = 'settled'");
    this.byStatus = new Listing(
      database,
      'sales_by_status',
      "status <> 'settled' AND merchantId = ? AND status = ?",
    );
    // The names of a batch lie between `batch.` and the next character, `batch/`.
    this.toSettle = database.prepare(
      `SELECT position, saleId, revision, merchantId, amount, voided, refunded, held, currency, cardType
       FROM sales INDEXED BY sales_by_name
       WHERE saleId > max(@batch || '.', coalesce((SELECT saleId FROM sales WHERE position = @after), ''))
         AND saleId < @batch || '/' AND status = 'open'
       ORDER BY saleId LIMIT @limit`,
    );
    this.lastFirst = database.prepare(
      `SELECT position, saleId, merchantId, terminalId, cardToken, amount, currency, occurredAt
       FROM sales WHERE position > ? ORDER BY position DESC LIMIT ?`,
    );
    this.byName = database.prepare('SELECT * FROM sales WHERE saleId = ?');
    this.itemsOf = database.prepare(
      `SELECT substr(saleId, -6) AS stan, amount, status = 'reversed' AS isReversed FROM sales
       WHERE saleId > @batch || '.' AND saleId < @batch || '/' AND position < @before
       ORDER BY saleId`,
    );
  }

  /** By business date, the oldest first, and in the order of the log within one. */
  list({ merchantId, status, from, to, after, limit }: SalesQuery): SalesPage {
    const first = { date: from ?? FIRST_DATE, position: 0 };
    const end = after === undefined ? first : parse(after);
    const start = end.date < first.date ? first : end;
    const span: Span = { ...start, to: to ?? LAST_DATE, limit: limit + 1 };
    const { rows: sales, ...next } = pageOf(this.rows(merchantId, status, span), limit, cursor);
    return { sales, ...next };
  }

  private rows(merchantId: string, status: SaleStatus | undefined, span: Span): SaleRow[] {
    if (status === undefined) return this.byDate.rows([merchantId], span);
    if (status === 'settled') return this.settled.rows([merchantId], span);
    return this.byStatus.rows([merchantId, status], span);
  }

  /**
   * Sales of a batch that have something left and have not settled, by STAN.
   * `after` is the `position` of the last one of the page before.
   */
  unsettled(
    batch: string,
    { after = 0, limit }: { readonly after?: number | undefined; readonly limit: number },
  ): UnsettledSale[] {
    return this.toSettle.all({ batch, after, limit });
  }

  /** Sales behind a position of the log, the last one first; read as far as they are taken. */
  newest(behind: number, limit: number): IterableIterator<RecentSale> {
    return this.lastFirst.iterate(behind, limit);
  }

  find(saleId: string): SaleRow | undefined {
    return this.byName.get(saleId);
  }

  /** The sales of a batch that stand in the log before a position, by STAN. */
  items(batch: string, before: string): BatchSale[] {
    const rows = this.itemsOf.all({ batch, before: Number(before) });
    return rows.map((row) => ({ ...row, isReversed: row.isReversed === 1 }));
  }
}

/** From behind a position of one business date to the end of another. */
interface Span {
  readonly date: string;
  readonly position: number;
  readonly to: string;
  readonly limit: number;
}

/** One way through the sales of a merchant: the rest of the first date, then the dates behind it. Each is one stretch of the index. */
class Listing {
  private readonly restOfDate: Database.Statement<unknown[], SaleRow>;
  private readonly laterDates: Database.Statement<unknown[], SaleRow>;

  constructor(database: Database.Database, index: string, condition: string) {
    const select = `SELECT * FROM sales INDEXED BY ${index} WHERE ${condition}`;
    this.restOfDate = database.prepare(
      `${select} AND businessDate = ? AND position > ? AND businessDate <= ? ORDER BY position LIMIT ?`,
    );
    this.laterDates = database.prepare(
      `${select} AND businessDate > ? AND businessDate <= ? ORDER BY businessDate, position LIMIT ?`,
    );
  }

  rows(of: readonly string[], { date, position, to, limit }: Span): SaleRow[] {
    const rows = this.restOfDate.all(...of, date, position, to, limit);
    const missing = limit - rows.length;
    return missing > 0 ? [...rows, ...this.laterDates.all(...of, date, to, missing)] : rows;
  }
}

/** Of the form `2026-11-23.17`: a business date and a position. */
export const CURSOR = /^\d{4}-\d{2}-\d{2}\.\d{1,19}$/;

function cursor({ businessDate, position }: SaleRow): string {
  return `${businessDate}.${position}`;
}

function parse(cursor: string): { readonly date: string; readonly position: number } {
  const [date, position] = cursor.split('.') as [string, string];
  return { date, position: Number(position) };
}
