import type { CardStatus } from '../../cards/domain/card.js';
import type { AppliedLimits } from '../../merchants/domain/limits.js';
import type { Merchant } from '../../merchants/domain/merchant.js';
import type { Cause, ConditionCode, NextStep, Sentence } from './refusal.js';
import type { Sale } from './sale.js';

/** All that the question "may this be given back, and how?" depends on. */
export interface Question {
  /** undefined: no such sale, or none that was approved. */
  readonly sale: Sale | undefined;
  /** The sale's merchant, as of the time asked about. */
  readonly merchant: Merchant | undefined;
  readonly card: CardStatus;
  /** State of the sale's batch. */
  readonly batch: 'open' | 'closing' | 'closed';
  /** Epoch milliseconds. */
  readonly now: number;
  /** Who asks; undefined where nobody in particular does. */
  readonly requester?: string | undefined;
  /** undefined: all that is left, and for the answer "can any amount be given back?". */
  readonly amount?: number | undefined;
  readonly originalAmount?: number | undefined;
  /** What the merchant has available, below zero where it owes; undefined where nobody needs to know. */
  readonly available?: bigint | undefined;
  /** The limits on it, as a void and as a refund; undefined where there are none. */
  readonly limits?: Readonly<Record<'void' | 'refund', readonly AppliedLimits[]>> | undefined;
}

/** A question about a sale that is there. */
export interface Known extends Question {
  readonly sale: Sale;
  readonly merchant: Merchant;
}

export interface Verdict {
  readonly met: boolean;
  readonly detail: Sentence;
  /** Where it differs between the ways to fail one condition. */
  readonly responseCode?: string;
}

/** One rule of the trade: the refusal, the voidability answer and the documentation all come from this. */
export interface Condition {
  readonly code: ConditionCode;
  readonly for: 'void' | 'refund';
  /** Source of the rule, as docs/domain.md explains. */
  readonly from: string;
  /** In words, for the documentation. */
  readonly holdsWhen: string;
  readonly responseCode: string;
  readonly cause: Cause;
  /** What to do instead; a failed void condition that says `refund` says `none` when the sale can't be refunded either. */
  readonly nextStep: NextStep;
  readonly judge: (question: Known) => Verdict;
}

export const minutes = (count: number): number => count * 60_000;
