import type Database from 'better-sqlite3';
import type { Appeal, AppealStatus } from '../appeals/domain/appeal.events.js';
import { FilteredList, positionCursor } from './filtered-list.js';

export interface AppealsQuery {
  readonly merchantId?: string | undefined;
  readonly saleId?: string | undefined;
  readonly status?: AppealStatus | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

interface Row {
  readonly position: bigint;
  readonly filed: string;
  readonly answered: string | null;
}

/** Appeals in the order in which they were filed. */
export class AppealsView {
  private readonly appeals: FilteredList<Row>;

  constructor(database: Database.Database) {
    this.appeals = new FilteredList<Row>(database, {
      select: 'SELECT position, filed, answered FROM appeals',
      ways: [
        { by: ['saleId'], index: 'appeals_of_sale' },
        { by: ['merchantId', 'status'], index: 'appeals_of_merchant_by_status' },
        { by: ['merchantId'], index: 'appeals_of_merchant' },
        { by: ['status'], index: 'appeals_by_status' },
      ],
      cursor: positionCursor,
    });
  }

  list({ merchantId, saleId, status, after = '0', limit }: AppealsQuery) {
    const filters = { merchantId, saleId, status };
    const { rows, ...next } = this.appeals.page(filters, { after: Number(after) }, limit);
    return { appeals: rows.map(appealIn), ...next };
  }
}

function appealIn({ filed, answered }: Row): Appeal {
  return {
    filed: JSON.parse(filed) as Appeal['filed'],
    ...(answered !== null && { answered: JSON.parse(answered) as NonNullable<Appeal['answered']> }),
  };
}
