/** What the cashier does next. */
export type NextStep =
  'void' | 'refund' | 'wait' | 'retry' | 'call-supervisor' | 'contact-acquirer' | 'none';

/** Why requests fail, as reports group them [S0, S1]. */
export type Cause =
  | 'system'
  | 'network'
  | 'hardware'
  | 'operator'
  | 'customer-information'
  | 'limit'
  | 'right'
  | 'timing'
  | 'card'
  | 'third-party';

/** One sentence for each of the two languages a terminal shows. */
export interface Sentence {
  readonly en: string;
  readonly zh: string;
}

/** The conditions of voids and refunds (void-conditions.ts and refund-conditions.ts hold them as data). */
export type ConditionCode =
  | 'sale-approved'
  | 'same-merchant'
  | 'amount-remaining'
  | 'not-refunded'
  | 'funds-not-settled'
  | 'same-business-date'
  | 'day-open'
  | 'within-window'
  | 'void-right'
  | 'card-usable'
  | 'amount-allowed'
  | 'within-limits'
  | 'not-voidable'
  | 'refund-right'
  | 'within-refund-window'
  | 'funds-available';

/**
 * What must be brought along to the counter. Without an approval a request is not refused, but waits for it: `approval`
 * is the refusal of requests from when none could wait, which logs have and repeats are still told.
 */
export type RequirementCode = 'supervisor' | 'card' | 'consent' | 'approval';

/** What a request can fail on before any condition of its sale is asked. */
type RequestCode =
  'currency' | 'batch-date' | 'batch-currency' | 'batch-closing' | 'batch-closed' | 'revision';

/** What a time-out reversal fails on. */
type TimeoutReversalCode = 'settled-since' | 'refund-cleared' | 'not-reversible';

/** What an approval fails on, or ends with. */
type ApprovalCode =
  | 'unknown-approval'
  | 'approval-status'
  | 'same-person'
  | 'approval-declined'
  | 'approval-expired'
  | 'sale-reversed';

/** What an appeal or its answer fails on. */
type AppealCode = 'unknown-appeal' | 'nothing-refused' | 'appeal-status';

/** What is answered without being written: the name stays free, or what became of it is written already. */
type UnrecordedCode =
  'unknown-merchant' | 'unknown-terminal' | 'request-name-used' | 'reversed' | 'conflict';

/** What is asked of the books themselves, by operators. */
type BooksCode =
  | 'unknown-payout'
  | 'payout-status'
  | 'payer-not-set'
  | 'not-settled'
  | 'unknown-chargeback'
  | 'chargeback-status'
  | 'above-receivable';

/** The name of a refusal: stable, and one HTTP status each. */
export type RefusalCode =
  | AppealCode
  | ApprovalCode
  | ConditionCode
  | RequirementCode
  | RequestCode
  | TimeoutReversalCode
  | UnrecordedCode
  | BooksCode;

/** A no. A value, not an exception; as `Refused` it is a fact. */
export interface Refusal {
  readonly code: RefusalCode;
  /** ISO 8583 field 39. */
  readonly responseCode: string;
  readonly cause: Cause;
  readonly detail: Sentence;
  readonly nextStep: NextStep;
  /** Of a request whose name was used with other content: the fields that differ, as `card.token`. */
  readonly fields?: readonly string[];
}

export const say = (en: string, zh: string): Sentence => ({ en, zh });
