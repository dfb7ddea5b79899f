import type { Refusal } from '../../sales/domain/refusal.js';
import { requestRefusals } from '../../sales/domain/request-refusals.js';
import { booksRefusals } from './books-refusals.js';
import type { PayoutEvent, PayoutFact } from './payout.events.js';
import type { Payout } from './payout.js';

/**
 * Undefined when it was told before. Told again without the bank's reference it is the same; once the payout has come back,
 * only word for word.
 */
export function decidePaid(
  { status, wasPaid, bankReference: told }: Payout,
  fact: PayoutFact,
  bankReference: string | undefined,
): PayoutEvent | Refusal | undefined {
  const isRepeat = wasPaid && bankReference === told;
  if (isRepeat || (status === 'paid' && bankReference === undefined)) return undefined;
  if (status === 'paid') return requestRefusals.idUsed(['bankReference']);
  if (status === 'returned') return booksRefusals.payoutStatus(status);
  const reference = bankReference !== undefined && { bankReference };
  return { type: 'PayoutPaid', data: { ...fact, ...reference } };
}

/** Undefined when it was told before. Told again without the reason it is the same. */
export function decideReturned(
  { status, returnReason: told }: Payout,
  fact: PayoutFact,
  reason: string | undefined,
): PayoutEvent | Refusal | undefined {
  const isSame = reason === undefined || reason === told;
  if (status === 'returned') return isSame ? undefined : requestRefusals.idUsed(['reason']);
  const why = reason !== undefined && { reason };
  return { type: 'PayoutReturned', data: { ...fact, ...why, afterPaid: status === 'paid' } };
}
