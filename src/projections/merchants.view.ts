import type Database from 'better-sqlite3';
import { FilteredList } from './filtered-list.js';

export interface ListedMerchant {
  readonly merchantId: string;
  readonly name: string;
  readonly currency: string;
  readonly timeZone: string;
  /** RFC 3339. */
  readonly registeredAt: string;
}

/** `next` of the list. */
export const MERCHANT_CURSOR = /^[A-Za-z0-9]{1,15}$/;

/** Merchants by their ids. */
export class MerchantsView {
  private readonly merchants: FilteredList<ListedMerchant>;

  constructor(database: Database.Database) {
    this.merchants = new FilteredList<ListedMerchant>(database, {
      select: 'SELECT * FROM merchants',
      ways: [],
      behind: 'merchantId > @after',
      order: 'merchantId',
      cursor: ({ merchantId }) => merchantId,
    });
  }

  list({ after = '', limit }: { readonly after?: string | undefined; readonly limit: number }) {
    const { rows, ...next } = this.merchants.page({}, { after }, limit);
    return { merchants: rows, ...next };
  }
}
