import type { Refusal } from '../../sales/domain/refusal.js';
import { booksRefusals } from './books-refusals.js';
import type { PayoutEvent, PayoutFact } from './payout.events.js';
import type { Payout } from './payout.js';

/** Undefined when it is paid already. */
export function decidePaid(
  { status }: Payout,
  fact: PayoutFact,
  bankReference: string | undefined,
): PayoutEvent | Refusal | undefined {
  if (status === 'paid') return undefined;
  if (status === 'returned') return booksRefusals.payoutStatus(status);
  const reference = bankReference !== undefined && { bankReference };
  return { type: 'PayoutPaid', data: { ...fact, ...reference } };
}

/** Undefined when it came back already. */
export function decideReturned(
  { status }: Payout,
  fact: PayoutFact,
  reason: string,
): PayoutEvent | undefined {
  if (status === 'returned') return undefined;
  return { type: 'PayoutReturned', data: { ...fact, reason, afterPaid: status === 'paid' } };
}
