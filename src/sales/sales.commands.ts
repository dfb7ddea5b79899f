import type { Position } from '../event-store/event-store.js';
import type { JsonObject } from '../ledger/domain/json.js';
import type { Actor } from '../ledger/domain/ledger-event.js';
import type { Minor } from '../ledger/domain/money.js';
import type { Supervised } from '../merchants/domain/merchant.js';
import type { GiveBackCommand } from './domain/decide.js';
import type { Refusal } from './domain/refusal.js';
import type { Warning } from './domain/warnings.js';
import type { SaleStatus } from './domain/sale.js';

/** How a command ended: an answer, or a no. Both come back the same when the request is repeated. */
export type Outcome<A> = Done<A> | Rejected;

export interface Done<A> {
  readonly answer: A;
  /** True when the answer is the one given before, and nothing was written now. */
  readonly replayed: boolean;
}

export interface Rejected {
  readonly refusal: Refusal;
  readonly replayed: boolean;
  /** Where the `Refused` stands, if one was written. */
  readonly position?: Position;
}

/** A no that no event says. */
export function notRecorded(refusal: Refusal): Rejected {
  return { refusal, replayed: false };
}

export interface SaleTaken {
  readonly saleId: string;
  readonly rrn: string;
  readonly status: SaleStatus;
  readonly amount: Minor;
  readonly currency: string;
  readonly businessDate: string;
  readonly occurredAt: string;
  readonly responseCode: '00';
  readonly revision: number;
  readonly position: Position;
  readonly warnings?: readonly Warning[];
}

/** What a terminal asks for: `reversal` leaves it to the ledger whether that is a void or a refund. */
export type Asked = GiveBackCommand['asked'];

/** Money to be given back on a sale; without `amount` all that is left. */
export interface GiveBack extends GiveBackCommand {
  readonly saleId: string;
  readonly amount?: Minor;
  readonly originalAmount?: Minor;
  readonly supervisor?: Supervised;
  /** The sale is another's than the caller's, and not looked at: told as if there were none. */
  readonly isHidden?: boolean;
}

export interface GivenBackAnswer {
  readonly kind: 'void' | 'refund';
  /** The request's name: the voidId or refundId. */
  readonly request: string;
  readonly saleId: string;
  readonly rrn?: string;
  readonly amount: Minor;
  readonly currency: string;
  readonly remaining: Minor;
  /** That the request counts for. */
  readonly businessDate: string;
  readonly occurredAt: string;
  /** The sale's, or that the request waits for a second person's yes and holds the amount. */
  readonly status: SaleStatus | 'awaiting-approval';
  /** Of one that waits: until when. */
  readonly expiresAt?: string;
  readonly responseCode: '00' | '09';
  readonly revision: number;
  readonly position: Position;
  readonly warnings?: readonly Warning[];
}

/** What became of the request that a time-out reversal was sent for. */
export interface TimeoutReversed {
  readonly outcome: 'reversed' | 'never-arrived' | 'already-reversed';
  /** The sale that it was, or was about. */
  readonly saleId?: string;
  readonly position: Position;
  readonly responseCode: '00';
}

/** What comes with every command beside its own fields. */
export interface Sent {
  /** Every body field as sent, except passwords: what a repeat is compared by. */
  readonly content: JsonObject;
  readonly by: Actor;
}

/** `If-Match`: the revisions of the sale that the caller means, if it must be one of them. */
export interface SentOnSale extends Sent {
  readonly ifMatch?: readonly number[] | undefined;
}
