import type { Minor } from '../../ledger/domain/money.js';
import type { FeePolicy, ReservePolicy } from '../../merchants/domain/merchant.events.js';

/** Counts, and sums in minor units as decimal texts: a sum may be beyond 2^53. */
export interface StoredTotals {
  readonly saleCount: number;
  readonly saleAmount: string;
  readonly voidCount: number;
  readonly voidAmount: string;
  readonly refundCount: number;
  readonly refundAmount: string;
}

export interface BatchItem {
  readonly stan: string;
  readonly kind: 'sale' | 'void' | 'refund';
  readonly amount: Minor;
}

/** Null where it lacks the item; a decimal text where one listed more than once comes to more than an amount can be. */
export type ItemSide = Minor | string | null;

/** What the terminal and the ledger disagree on. */
export type Difference =
  | { readonly field: keyof StoredTotals; readonly terminal: string; readonly ledger: string }
  | {
      readonly stan: string;
      readonly kind: BatchItem['kind'];
      readonly terminal: ItemSide;
      readonly ledger: ItemSide;
    };

export type Reconciliation = 'matched' | 'mismatched' | 'not-sent';

export interface SettledSums {
  readonly count: number;
  /** Before the fee. */
  readonly amount: string;
  readonly fee: string;
  readonly reserve: string;
  readonly net: string;
}

/** So many events of a batch's stream, its first, say whether it is closing or closed: those behind them only compare. */
export const EVENTS_OF_CLOSE = 2;

/** What the sales of a batch settle by. */
export interface CloseTerms {
  readonly fee: FeePolicy;
  readonly reserve?: ReservePolicy;
  readonly valueDate: string;
}

/** What names a batch, and the business date that it is of. */
export interface BatchFact {
  readonly merchantId: string;
  readonly terminalId: string;
  readonly batchNo: string;
  readonly businessDate: string;
}

type Recorded = BatchFact & { readonly occurredAt: string };

export type BatchEvent =
  | {
      readonly type: 'BatchCloseRequested';
      readonly data: Recorded & {
        readonly storeId: string;
        readonly requestedBy: 'terminal' | 'store' | 'merchant' | 'ledger';
        readonly totals?: StoredTotals;
        readonly items?: readonly BatchItem[];
        /** The merchant's at this moment: a resumed close settles by the same. */
        readonly terms: CloseTerms;
      };
    }
  | {
      readonly type: 'BatchClosed';
      readonly data: Recorded & {
        /** Of the money in it, or that settled with it; absent where there was none, and in older events. */
        readonly currency?: string;
        readonly totals: StoredTotals;
        readonly settled: SettledSums;
        /**
         * What is cleared of refunds, for the books: of those made in the batch, and of those that came too late for an
         * earlier one. Below zero where more was taken back since than refunded.
         */
        readonly refunds: readonly { readonly currency: string; readonly amount: string }[];
        /** So many of its refunds, and reversals of them, were counted; any behind them come too late for it. */
        readonly refundsCounted?: number;
        readonly reconciliation: Reconciliation;
        readonly differences?: readonly Difference[];
        readonly differencesLeftOut?: number;
        /** Sales and refunds of earlier batches. */
        readonly carriedForward?: readonly string[];
      };
    }
  | {
      readonly type: 'BatchReconciled';
      readonly data: Recorded & {
        /** What was compared: the terminal's totals, and the digest of its items; older events lack both. */
        readonly totals?: StoredTotals;
        readonly itemsDigest?: string;
        readonly reconciliation: Exclude<Reconciliation, 'not-sent'>;
        readonly differences?: readonly Difference[];
        readonly differencesLeftOut?: number;
      };
    };
