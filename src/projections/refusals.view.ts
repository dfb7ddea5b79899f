import type Database from 'better-sqlite3';
import { FIRST_DATE, LAST_DATE } from '../merchants/domain/business-day.js';

/** Which requests are meant: business dates, both included. */
export interface RefusalsQuery {
  readonly merchantId?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** How requests ended. Failures on the terminals' own side are not among the attempts. */
export interface Attempts {
  readonly done: number;
  readonly refused: number;
  readonly failed: number;
}

/** Why so many requests did not succeed. `cause`: one of those of docs/domain.md */
interface Reason {
  readonly source: 'ledger' | 'terminal';
  readonly code: string;
  readonly cause: string;
  readonly count: number;
}

/** How many requests ended how: in all, by what tells them apart, and why. */
export interface RefusalsReport {
  readonly total: Attempts;
  readonly kinds: readonly (Attempts & { readonly kind: string })[];
  readonly merchants: readonly (Attempts & { readonly merchantId: string })[];
  readonly stores: readonly (Attempts & {
    readonly merchantId: string;
    readonly storeId: string;
  })[];
  readonly terminals: readonly (Attempts & {
    readonly merchantId: string;
    readonly storeId: string;
    readonly terminalId: string;
  })[];
  readonly days: readonly (Attempts & { readonly date: string })[];
  /** The most frequent first. */
  readonly reasons: readonly Reason[];
}

/** A merchant's are together in the tables, and a date's in their indexes. */
const OF_ALL = 'date BETWEEN @from AND @to';
const OF_MERCHANT = `merchantId = @merchantId AND ${OF_ALL}`;

const SUMS =
  'coalesce(sum(done), 0) AS done, coalesce(sum(refused), 0) AS refused, coalesce(sum(failed), 0) AS failed';

/** How requests ended, and why those failed that did. */
export class RefusalsView {
  constructor(private readonly database: Database.Database) {}

  report({ merchantId, from = FIRST_DATE, to = LAST_DATE }: RefusalsQuery): RefusalsReport {
    const span = { merchantId, from, to };
    const which = merchantId === undefined ? OF_ALL : OF_MERCHANT;
    const by = (...columns: string[]) => {
      const names = columns.join(', ');
      const sql = `SELECT ${names}, ${SUMS} FROM attempts WHERE ${which} GROUP BY ${names} ORDER BY ${names}`;
      return this.database.prepare(sql).all(span);
    };
    const total = this.database.prepare(`SELECT ${SUMS} FROM attempts WHERE ${which}`);
    const reasons = this.database.prepare(
      `SELECT source, code, cause, sum(count) AS count FROM reasons WHERE ${which}
       GROUP BY source, code, cause ORDER BY count DESC, code, source, cause`,
    );
    const report = {
      total: total.get(span),
      kinds: by('kind'),
      merchants: by('merchantId'),
      stores: by('merchantId', 'storeId'),
      terminals: by('merchantId', 'storeId', 'terminalId'),
      days: by('date'),
      reasons: reasons.all(span),
    };
    return report as RefusalsReport;
  }
}
