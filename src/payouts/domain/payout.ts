import type { PayoutEvent, PayoutSentData } from './payout.events.js';

export type PayoutStatus = 'sent' | 'paid' | 'returned';

/** A payout as its events left it. */
export interface Payout extends PayoutSentData {
  readonly status: PayoutStatus;
  /** Whether the bank has ever reported it paid: it may have come back since. */
  readonly wasPaid: boolean;
  readonly bankReference?: string;
  readonly returnReason?: string;
  /** Of its last event. */
  readonly changedAt: string;
}

/** The state after one more event. A payout begins with `PayoutSent`. */
export function evolvePayout(payout: Payout | undefined, event: PayoutEvent): Payout | undefined {
  if (event.type === 'PayoutSent') {
    return { ...event.data, status: 'sent', wasPaid: false, changedAt: event.data.occurredAt };
  }
  if (!payout) return undefined;
  const changedAt = event.data.occurredAt;
  switch (event.type) {
    case 'PayoutPaid': {
      const { bankReference } = event.data;
      return {
        ...payout,
        status: 'paid',
        wasPaid: true,
        changedAt,
        ...(bankReference !== undefined && { bankReference }),
      };
    }
    case 'PayoutReturned': {
      const { reason } = event.data;
      return {
        ...payout,
        status: 'returned',
        changedAt,
        ...(reason !== undefined && { returnReason: reason }),
      };
    }
  }
}

/** What the books have of a merchant in one currency when its payout for a date is decided. */
export interface PayoutState {
  /** Below zero the merchant owes. */
  readonly available: bigint;
  /** Settled net whose value date has not come. */
  readonly notDue: bigint;
  /** How many payouts there are, whatever became of them. */
  readonly sent: number;
  /** Whether one of them is for that date and was sent once it had begun: one sent ahead leaves what falls due since. */
  readonly isBegun: boolean;
  /** Whether one of them came back on that date, or on a later one as another clock had it. */
  readonly isBack: boolean;
}

/** What a merchant's payouts are held to. `minimum` in minor units */
export interface PayoutPolicy {
  readonly isFrozen: boolean;
  readonly minimum: bigint;
}

/** Why money that is due stays where it is. */
export type HoldReason = 'frozen' | 'below-minimum';

/** What is paid or held back, in minor units. */
export type PayoutDecision =
  { readonly pay: bigint } | { readonly hold: bigint; readonly reason: HoldReason } | 'nothing-due';

/** What to pay for a date: what is available less what is not yet due. */
export function decidePayout(
  { available, notDue }: PayoutState,
  { isFrozen, minimum }: PayoutPolicy,
): PayoutDecision {
  const due = available - notDue;
  if (due <= 0n) return 'nothing-due';
  if (isFrozen) return { hold: due, reason: 'frozen' };
  if (due < minimum) return { hold: due, reason: 'below-minimum' };
  return { pay: due };
}

/** `merchantId.currency.number`. */
export function payoutName(merchantId: string, currency: string, number: number): string {
  return `${merchantId}.${currency}.${number}`;
}

export const PAYOUT_NAME = /^[A-Za-z0-9]{1,15}\.[A-Z]{3}\.[1-9][0-9]{0,8}$/;
