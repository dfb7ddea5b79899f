import type Database from 'better-sqlite3';
import type { Appeal, AppealStatus } from '../appeals/domain/appeal.events.js';

export interface AppealsQuery {
  readonly merchantId?: string | undefined;
  readonly saleId?: string | undefined;
  readonly status?: AppealStatus | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

interface Row {
  readonly position: number;
  readonly filed: string;
  readonly answered: string | null;
}

/** A position of the log. */
export const APPEALS_CURSOR = /^\d{1,19}$/;

/** Appeals in the order in which they were filed. */
export class AppealsView {
  private readonly page: Database.Statement<[object], Row>;

  constructor(database: Database.Database) {
    this.page = database.prepare(
      `SELECT position, filed, answered FROM appeals
       WHERE position > @after AND (@merchantId IS NULL OR merchantId = @merchantId)
         AND (@saleId IS NULL OR saleId = @saleId) AND (@status IS NULL OR status = @status)
       ORDER BY position LIMIT @limit`,
    );
  }

  list({ merchantId, saleId, status, after = '0', limit }: AppealsQuery) {
    const rows = this.page.all({
      merchantId: merchantId ?? null,
      saleId: saleId ?? null,
      status: status ?? null,
      after: Number(after),
      limit: limit + 1,
    });
    const appeals = rows.slice(0, limit).map(appealIn);
    const last = rows[limit - 1];
    return rows.length > limit && last ? { appeals, next: String(last.position) } : { appeals };
  }
}

function appealIn({ filed, answered }: Row): Appeal {
  return {
    filed: JSON.parse(filed) as Appeal['filed'],
    ...(answered !== null && { answered: JSON.parse(answered) as NonNullable<Appeal['answered']> }),
  };
}
