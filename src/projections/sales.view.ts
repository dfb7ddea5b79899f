import type Database from 'better-sqlite3';
import type { SaleStatus } from '../sales/domain/sale.js';
import type { SaleRow } from './sales.projection.js';

export interface SalesQuery {
  readonly merchantId: string;
  readonly status?: SaleStatus | undefined;
  /** Business dates, both included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Where the page before ended. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface SalesPage {
  readonly sales: readonly SaleRow[];
  /** To be given as `after` for the next page; absent on the last. */
  readonly next?: string;
}

const FIRST_DATE = '0000-00-00';
const LAST_DATE = '9999-99-99';

/** The list of sales, and what a close needs of it. */
export class SalesView {
  private readonly byDate: Database.Statement<unknown[], SaleRow>;
  private readonly byStatus: Database.Statement<unknown[], SaleRow>;
  private readonly toSettle: Database.Statement<unknown[], SaleRow>;

  constructor(database: Database.Database) {
    const page = (condition: string): string =>
      `SELECT * FROM sales WHERE ${condition} AND (businessDate, position) > (?, ?) AND businessDate <= ?
       ORDER BY businessDate, position LIMIT ?`;
    this.byDate = database.prepare(page('merchantId = ?'));
    this.byStatus = database.prepare(page('merchantId = ? AND status = ?'));
    this.toSettle = database.prepare(
      `SELECT * FROM sales WHERE batch = ? AND status = 'open' AND position > ? ORDER BY position LIMIT ?`,
    );
  }

  /** By business date, then in the order of the log. */
  list({ merchantId, status, from, to, after, limit }: SalesQuery): SalesPage {
    const [date, position] = after === undefined ? [from ?? FIRST_DATE, -1] : parseCursor(after);
    const rest = [date, position, to ?? LAST_DATE, limit + 1];
    const rows =
      status === undefined
        ? this.byDate.all(merchantId, ...rest)
        : this.byStatus.all(merchantId, status, ...rest);
    const sales = rows.slice(0, limit);
    const last = sales.at(-1);
    return rows.length > limit && last ? { sales, next: cursor(last) } : { sales };
  }

  /** Sales of a batch that have something left and have not settled, in the order of the log. */
  unsettled(
    batch: string,
    { after = 0, limit }: { readonly after?: number | undefined; readonly limit: number },
  ): SaleRow[] {
    return this.toSettle.all(batch, after, limit);
  }
}

/** Of the form `2026-11-23.17`: a business date and a position. */
export const CURSOR = /^\d{4}-\d{2}-\d{2}\.\d{1,19}$/;

function cursor({ businessDate, position }: SaleRow): string {
  return `${businessDate}.${position}`;
}

function parseCursor(text: string): [string, number] {
  const [date, position] = text.split('.') as [string, string];
  return [date, Number(position)];
}
