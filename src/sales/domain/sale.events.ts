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

/** `reversal` leaves it to the ledger whether it is a void or a refund. */
export type RequestKind = 'sale' | 'void' | 'refund' | 'reversal' | 'timeout-reversal';

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
  /** Of the request; one that waits for an approval keeps it. Older events lack it. */
  readonly rrn?: string;
  readonly reason: string;
  /** `reversal` where the ledger picked void or refund itself. */
  readonly asked: 'void' | 'refund' | 'reversal';
  readonly evidenceRef?: string;
  readonly operatorId?: string;
  /** Whose password let it through. */
  readonly supervisorId?: string;
  readonly consent?: boolean;
  readonly cardPresented?: boolean;
  /** The store of the terminal that asked, and the card: what its limits go by. Events of before limits lack them. */
  readonly storeId?: string;
  readonly cardToken?: string;
  /** The void or refund of the same amount that was made of the sale a moment before: maybe by mistake twice. */
  readonly repeats?: string;
  /** What the second person said who approved it, where one was needed. */
  readonly approval?: Review;
}

/** What a second person says to a request that waits for a yes. Who it is stands with the event: `by`. */
export interface Review {
  readonly operatorId?: string;
  readonly reason?: string;
  readonly evidenceRef?: string;
}

/** A void or refund that waits for a second person's yes. Until then it holds its amount. */
export interface ApprovalRequestedData extends GivenBack {
  readonly kind: 'void' | 'refund';
  /** RFC 3339: from then on it is too late. */
  readonly expiresAt: string;
}

/** A request that waited has come to its end without effect; what it held is free again. */
export interface ApprovalDeclinedData extends RequestFact {
  readonly request: string;
  readonly saleId: string;
  readonly kind: 'void' | 'refund';
  readonly amount: Minor;
  readonly currency: string;
  /** `declined` by someone, `expired`, or `not-possible` any more: then the refusal says what is in the way. */
  readonly why: 'declined' | 'expired' | 'not-possible';
  readonly refusal: Refusal;
  readonly review?: Review;
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
  /** The sale with the same card and amount that the terminal took a moment before: maybe a second swipe [S2]. */
  readonly repeats?: string;
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
  /** The date until which the reserve is held, where there is one. */
  readonly reserveUntil?: string;
  readonly cardType?: CardType;
  readonly occurredAt: string;
}

/** What a `Reversal` undoes, and all that its mirror in the books and in the batch needs. */
export type Undone =
  | {
      /** Its request has had no effect, and can have none any more. `saleId`: the sale it was about, if it came at all. */
      readonly undone: 'nothing';
      readonly saleId?: string;
      /** What it held while it waited for an approval. */
      readonly held?: Minor;
      /** Of a void whose sale was reversed before: what it had taken, which is undone with the sale. */
      readonly voided?: Omit<UndoneMoney, 'saleId'>;
    }
  | (UndoneMoney & {
      /** `amount` is what was left of it. */
      readonly undone: 'sale';
      readonly gross: Minor;
    })
  | (UndoneMoney & { readonly undone: 'void' })
  | (UndoneMoney & {
      readonly undone: 'refund';
      readonly afterSettlement: boolean;
      readonly feeReturned: Minor;
    });

interface UndoneMoney {
  readonly saleId: string;
  readonly amount: Minor;
  readonly currency: string;
  /** What it was counted under in the sums of its day. Events of before limits lack it. */
  readonly counted?: {
    readonly businessDate: string;
    readonly storeId?: string;
    readonly cardToken?: string;
  };
}

/**
 * A request whose outcome its terminal never learned, undone [S4]: on the sale that it changed or would change, or as
 * the first event under its name when it never arrived.
 */
export type ReversalData = RequestFact &
  Undone & {
    /** The time-out reversal that asked for it. */
    readonly request: string;
    /** The request that is undone. */
    readonly of: string;
  };

interface ChargebackFact {
  /** The card scheme's own name for the case. */
  readonly chargebackId: string;
  readonly saleId: string;
  readonly merchantId: string;
  readonly currency: string;
  readonly amount: Minor;
  readonly businessDate: string;
  readonly occurredAt: string;
}

/** The cardholder's bank takes the money back, until the case is won or for good. */
export type ChargebackEvent =
  | {
      readonly type: 'ChargebackOpened';
      readonly data: ChargebackFact & {
        readonly fee: Minor;
        readonly reason: string;
        readonly evidenceRef?: string;
      };
    }
  | {
      readonly type: 'ChargebackWon';
      /** The fee stays, unless it is given back. */
      readonly data: ChargebackFact & { readonly feeReturned: Minor };
    }
  | { readonly type: 'ChargebackLost'; readonly data: ChargebackFact };

export type SaleEvent =
  | ChargebackEvent
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
  | { readonly type: 'ApprovalRequested'; readonly data: ApprovalRequestedData }
  | { readonly type: 'ApprovalDeclined'; readonly data: ApprovalDeclinedData }
  | { readonly type: 'Settled'; readonly data: SettledData }
  | { readonly type: 'Reversal'; readonly data: ReversalData };

/** The events that have the effect of a void or a refund. */
export type Effect = SaleEvent & { readonly type: 'Void' | 'Refund' };

/** What a void or refund is answered with: its effect, or that it waits for an approval. */
export type Answered = SaleEvent & { readonly type: Effect['type'] | 'ApprovalRequested' };

/** What stands in a request's own stream when its effect, if any, is on a sale's. */
export type RequestEvent =
  | {
      readonly type: 'RequestTaken';
      readonly data: RequestFact & {
        readonly request: string;
        readonly kind: Exclude<RequestKind, 'sale'>;
        /** The sale it is about; of a time-out reversal, the request that it is to undo. */
        readonly target: string;
        /** Every body field as sent, except passwords. */
        readonly content: JsonObject;
        /** The revisions of the sale that it was sent for. */
        readonly ifMatch?: readonly number[];
        /** The node that took the name, where several may: a number that it drew at its start. */
        readonly node?: string;
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
    }
  | {
      /** The answer to a time-out reversal that finds nothing to undo. */
      readonly type: 'NothingToReverse';
      readonly data: RequestFact & {
        readonly request: string;
        readonly of: string;
        readonly outcome: 'already-reversed' | 'never-arrived';
        /** The sale that the request was about, if it came at all. */
        readonly saleId?: string;
      };
    };
