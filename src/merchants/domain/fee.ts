import type { Minor } from '../../ledger/domain/money.js';
import { minor, portion, subtract, ZERO } from '../../ledger/domain/money.js';
import type { CardType, FeePolicy, FeeTerms, ReservePolicy } from './merchant.events.js';

export interface Deductions {
  readonly fee: Minor;
  readonly reserve: Minor;
  readonly net: Minor;
}

/** What settles of an amount: the fee once, rounded half up and never above it, then the reserve from the rest. */
export function deduct(
  amount: Minor,
  cardType: CardType | undefined,
  terms: { readonly fee: FeePolicy; readonly reserve?: ReservePolicy },
): Deductions {
  const fee = feeOf(amount, (cardType && terms.fee.perCardType?.[cardType]) ?? terms.fee);
  const rest = subtract(amount, fee);
  const wanted = terms.reserve ? portion(amount, terms.reserve.basisPoints, 10_000) : ZERO;
  const reserve = minor(Math.min(wanted, rest));
  return { fee, reserve, net: subtract(rest, reserve) };
}

function feeOf(amount: Minor, terms: FeeTerms): Minor {
  const share = portion(amount, terms.basisPoints, 10_000);
  const bounded = Math.min(Math.max(share, terms.minimum ?? 0), terms.cap ?? Infinity, amount);
  return minor(bounded);
}

/**
 * The fee that goes back with a refund of a settled sale under `feeReturn: proportional`: the parts add up to the whole.
 * A part that was reversed may have left more returned than the rest is due; then nothing goes back.
 */
export function feeReturned(
  fee: Minor,
  settled: Minor,
  refundedSoFar: Minor,
  returnedSoFar: Minor,
): Minor {
  return minor(Math.max(0, portion(fee, refundedSoFar, settled) - returnedSoFar));
}
