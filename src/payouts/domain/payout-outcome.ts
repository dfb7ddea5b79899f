import type { Refusal } from '../../sales/domain/refusal.js';
import { requestRefusals } from '../../sales/domain/request-refusals.js';
import { booksRefusals } from './books-refusals.js';
import type { PayoutEvent, PayoutFact } from './payout.events.js';
import type { Payout } from './payout.js';

/** Undefined when it was told before. Told again without the bank's reference it is the same. */
export function decidePaid(
  { status, bankReference: told }: Payout,
  fact: PayoutFact,
  bankReference: string | undefined,
): PayoutEvent | Refusal | undefined {
  const isSame = bankReference === undefined || bankReference === told;
  if (status === 'paid') return isSame ? undefined : requestRefusals.idUsed(['bankReference']);
  if (status === 'returned') return booksRefusals.payoutStatus(status);
  const reference = bankReference !== undefined && { bankReference };
  return { type: 'PayoutPaid', data: { ...fact, ...reference } };
}

/** Undefined when it was told before. */
export function decideReturned(
  { status, returnReason }: Payout,
  fact: PayoutFact,
  reason: string,
): PayoutEvent | Refusal | undefined {
  if (status === 'returned') {
    return reason === returnReason ? undefined : requestRefusals.idUsed(['reason']);
  }
  return { type: 'PayoutReturned', data: { ...fact, reason, afterPaid: status === 'paid' } };
}
