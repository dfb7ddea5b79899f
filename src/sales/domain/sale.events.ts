import type { JsonObject } from '../../ledger/domain/json.js';
import type { Minor } from '../../ledger/domain/money.js';
import type { RequestIdentity } from '../../ledger/domain/request-name.js';
import type { CardType } from '../../merchants/domain/merchant.events.js';
import type { Refusal } from './refusal.js';

/** A card as the ledger may know it: never its number. */
export interface Card {
  readonly token: string;
  readonly last4: string;
  readonly scheme?: string;
  readonly type?: CardType;
}

export type RequestKind = 'sale' | 'void' | 'refund' | 'reversal';

/** What every event of a request says: who asked, when it was decided, for which business date it counts. */
interface RequestFact extends RequestIdentity {
  readonly occurredAt: string;
  readonly businessDate: string;
}

/** Money given back on a sale: the shape that Void and Refund share. */
interface GivenBack extends RequestFact {
  /** The request that asked for it: its voidId or refundId. */
  readonly request: string;
  readonly saleId: string;
  readonly amount: Minor;
  readonly currency: string;
  readonly reason: string;
  /** `reversal` where the ledger picked void or refund itself. */
  readonly asked: 'void' | 'refund' | 'reversal';
  readonly evidenceRef?: string;
  readonly operatorId?: string;
  readonly consent?: boolean;
  readonly cardPresented?: boolean;
}

export interface SaleData extends RequestFact {
  readonly saleId: string;
  readonly storeId: string;
  readonly amount: Minor;
  readonly currency: string;
  readonly card: Card;
  readonly rrn: string;
  /** The instant at which its business date ends: later settings do not move it. */
  readonly businessDateEndsAt: string;
  readonly authCode?: string;
  readonly operatorId?: string;
  /** The terminal's own time, for information. */
  readonly transactedAt?: string;
}

export interface SettledData {
  readonly saleId: string;
  readonly merchantId: string;
  readonly terminalId: string;
  readonly batchNo: string;
  readonly businessDate: string;
  readonly currency: string;
  /** `batch` by a close, `instant` alone and at once (T+0). */
  readonly kind: 'batch' | 'instant';
  readonly gross: Minor;
  readonly voided: Minor;
  readonly refunded: Minor;
  readonly fee: Minor;
  readonly reserve: Minor;
  readonly net: Minor;
  readonly valueDate: string;
  readonly occurredAt: string;
}

export type SaleEvent =
  | { readonly type: 'Sale'; readonly data: SaleData }
  | { readonly type: 'Void'; readonly data: GivenBack }
  | {
      readonly type: 'Refund';
      readonly data: GivenBack & {
        /** Whether the sale had settled: which account the money comes from. */
        readonly afterSettlement: boolean;
        /** Part of the fee that goes back to the merchant. */
        readonly feeReturned: Minor;
      };
    }
  | { readonly type: 'Settled'; readonly data: SettledData };

/** What stands in a request's own stream when its effect, if any, is on a sale's. */
export type RequestEvent =
  | {
      readonly type: 'RequestTaken';
      readonly data: RequestFact & {
        readonly request: string;
        readonly kind: Exclude<RequestKind, 'sale'>;
        readonly target: string;
        /** Every body field as sent, except passwords. */
        readonly content: JsonObject;
      };
    }
  | {
      readonly type: 'Refused';
      readonly data: RequestFact & {
        readonly request: string;
        readonly kind: RequestKind;
        /** The sale it was about; absent when it was a sale itself. */
        readonly target?: string;
        readonly content: JsonObject;
        readonly refusal: Refusal;
      };
    };
