import Database from 'better-sqlite3';
import type { StoredEvent } from '../../event-store/event-store.js';
import type { RecordedEvent } from '../../ledger/domain/ledger-event.js';
import { streams } from '../../ledger/domain/request-name.js';
import { decode } from '../../ledger/event-codec.js';
import type { MerchantEvent } from '../../merchants/domain/merchant.events.js';
import { evolveMerchant, type Merchant } from '../../merchants/domain/merchant.js';
import { batchesProjection } from '../../projections/batches.projection.js';
import { booksProjection } from '../../projections/books.projection.js';
import { type AccountSum, type Balance, BooksView } from '../../projections/books.view.js';
import { isFileFault } from '../../projections/file-faults.js';
import { createTables, type Fold } from '../../projections/projection.js';
import { salesProjection } from '../../projections/sales.projection.js';
import type { SaleStatus } from '../../sales/domain/sale.js';
import { isSound } from './legible-journal.js';

const REPLAYED = [salesProjection, batchesProjection, booksProjection];

/** How many sales are in a state, and what they come to in minor units. */
export interface SalesSum {
  readonly currency: string;
  readonly status: SaleStatus;
  readonly count: bigint;
  readonly amount: bigint;
}

export interface OpenBatch {
  readonly name: string;
  readonly businessDate: string;
  readonly status: 'open' | 'closing';
}

/** The ledger as the events make it that it is given: on tables of its own, by the folds that make the views. */
export class ReplayedLedger {
  private readonly database = new Database('');
  private readonly folds: readonly Fold[];
  private readonly books: BooksView;
  readonly merchants = new Map<string, Merchant>();
  events = 0;
  /** Positions of events that can't be read, or that a fold can't digest: it leaves them out. */
  readonly leftOut: string[] = [];
  last: { readonly position: string; readonly occurredAt: string } | undefined;

  constructor() {
    for (const pragma of ['journal_mode = MEMORY', 'synchronous = OFF', 'cache_size = -65536']) {
      this.database.pragma(pragma);
    }
    for (const projection of REPLAYED) createTables(this.database, projection);
    this.folds = REPLAYED.map((projection) => projection.open(this.database));
    this.books = new BooksView(this.database);
  }

  /** The next events of the log. What one fold can't digest the others take, as the views do. */
  take(page: readonly StoredEvent[]): void {
    const leftOut = new Set<string>();
    const events = page.flatMap((stored) => {
      try {
        return [decode(stored)];
      } catch {
        leftOut.add(stored.position);
        return [];
      }
    });
    for (const fold of this.folds) {
      if (this.attempt(fold, events)) continue;
      for (const event of events) if (!this.attempt(fold, [event])) leftOut.add(event.position);
    }
    for (const event of events) if (!this.see(event)) leftOut.add(event.position);
    this.leftOut.push(...[...leftOut].sort());
    this.events += page.length;
  }

  balances(merchantId: string): Balance[] {
    return this.books.balances(merchantId);
  }

  trialBalance(): AccountSum[] {
    return this.books.trialBalance();
  }

  /** By currency and status; of one merchant, or of all. */
  sales(merchantId: string | undefined): SalesSum[] {
    return this.database
      .prepare<{ merchantId: string | null }, SalesSum>(
        `SELECT currency, status, count(*) AS count, sum(amount) AS amount FROM sales
         WHERE @merchantId IS NULL OR merchantId = @merchantId
         GROUP BY currency, status ORDER BY currency, status`,
      )
      .safeIntegers()
      .all({ merchantId: merchantId ?? null });
  }

  openBatches(merchantId: string | undefined): OpenBatch[] {
    return this.database
      .prepare<{ merchantId: string | null }, OpenBatch>(
        `SELECT name, businessDate, status FROM batches
         WHERE status <> 'closed' AND (@merchantId IS NULL OR merchantId = @merchantId) ORDER BY name`,
      )
      .all({ merchantId: merchantId ?? null });
  }

  close(): void {
    this.database.close();
  }

  private attempt(fold: Fold, events: readonly RecordedEvent[]): boolean {
    try {
      this.database.transaction(fold)(events);
      return true;
    } catch (error) {
      if (isFileFault(error)) throw error;
      return false;
    }
  }

  /** Whether what it says of its merchant, if anything, can be told. */
  private see({ event, position, stream }: RecordedEvent): boolean {
    this.last = { position, occurredAt: event.data.occurredAt };
    const prefix = streams.merchant('');
    if (!stream.startsWith(prefix)) return true;
    const merchantId = stream.slice(prefix.length);
    const known = this.merchants.get(merchantId);
    // The clock may have been put back since it was registered: by then it was not.
    if (!known && event.type !== 'MerchantRegistered') return true;
    if (!isSound(event)) return false;
    this.merchants.set(merchantId, evolveMerchant(known, event as MerchantEvent));
    return true;
  }
}
