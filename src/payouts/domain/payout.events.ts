import type { PayoutAccount } from '../../merchants/domain/merchant.events.js';

/** What every fact about a merchant's money, apart from its sales, says. */
interface BooksFact {
  readonly merchantId: string;
  readonly currency: string;
  /** The merchant's business date on which it is booked. */
  readonly businessDate: string;
  readonly occurredAt: string;
}

export interface PayoutFact extends BooksFact {
  readonly payoutId: string;
  /** Minor units, as a decimal text: a sum may be beyond 2^53. */
  readonly amount: string;
}

/** `PayoutSent`: with it a payout begins. */
export interface PayoutSentData extends PayoutFact {
  /** From 1, without gaps, for each merchant and currency: the next payout is decided on all before it. */
  readonly number: number;
  /** The date whose due money it pays. */
  readonly date: string;
  /** As the merchant's settings had it. */
  readonly account?: PayoutAccount;
}

export type PayoutEvent =
  | { readonly type: 'PayoutSent'; readonly data: PayoutSentData }
  | { readonly type: 'PayoutPaid'; readonly data: PayoutFact & { readonly bankReference?: string } }
  | {
      readonly type: 'PayoutReturned';
      readonly data: PayoutFact & {
        readonly reason?: string;
        /** Whether it had been reported paid: which account the money comes back from. */
        readonly afterPaid: boolean;
      };
    };

/** Facts of a merchant's books that no request of a terminal makes. */
export type BooksEvent =
  | PayoutEvent
  | {
      readonly type: 'ReserveReleased';
      readonly data: BooksFact & {
        readonly amount: string;
        /** The date until which it was held. */
        readonly heldUntil: string;
      };
    }
  | {
      readonly type: 'WrittenOff';
      readonly data: BooksFact & {
        readonly writeOffId: string;
        readonly amount: string;
        readonly reason: string;
        readonly evidenceRef?: string;
      };
    };
