import { balanceOf } from '../../accounting/domain/chart-of-accounts.js';
import { postingsOf } from '../../accounting/domain/postings.js';
import { type Minor, minor } from '../../ledger/domain/money.js';
import { deduct } from '../../merchants/domain/fee.js';
import type { Question } from './condition.js';
import { feeReturnedBy } from './fee-returned.js';
import { isKnown } from './judge.js';
import { remaining, type Sale } from './sale.js';
import { amountOf, type Voidability } from './voidability.js';

/** What a void or refund would do to the merchant's books, in minor units. */
export interface GiveBackEffect {
  readonly kind: 'void' | 'refund';
  readonly amount: Minor;
  readonly currency: string;
  /** By how much each moves. */
  readonly change: {
    readonly pending: bigint;
    readonly available: bigint;
    readonly reserve: bigint;
  };
  readonly fee: {
    /** Goes back to the merchant. */
    readonly returned: Minor;
    /** Would have been charged when the sale settles. */
    readonly notCharged: Minor;
  };
}

/** The effect of what was decided, for the amount asked or all that is possible; undefined when nothing is. */
export function effectOf(answer: Voidability, question: Question): GiveBackEffect | undefined {
  const { decision } = answer;
  const asked = amountOf(answer, question);
  if (decision === 'none' || asked === undefined || !isKnown(question)) return undefined;
  const { sale, merchant, now } = question;
  const { saleId, merchantId, terminalId, batchNo, stan, currency, businessDate } = sale.data;
  const amount = minor(asked);
  const isRefund = decision === 'refund';
  const returned = isRefund ? feeReturnedBy(sale, amount, merchant) : minor(0);
  // Named one by one: a spread among so many fields would cost more than the postings.
  const data = {
    request: saleId,
    saleId,
    merchantId,
    terminalId,
    batchNo,
    stan,
    amount,
    currency,
    reason: '',
    asked: decision,
    businessDate,
    occurredAt: new Date(now).toISOString(),
    afterSettlement: sale.settlement !== undefined,
    feeReturned: returned,
  };
  const postings = postingsOf(isRefund ? { type: 'Refund', data } : { type: 'Void', data });
  const lines = postings.flatMap((posting) => posting.lines);
  const moved = (account: 'merchant_pending' | 'merchant_available' | 'merchant_reserve'): bigint =>
    lines
      .filter((line) => line.account === account)
      .reduce((sum, line) => sum + balanceOf(account, line), 0n);
  const change = {
    pending: moved('merchant_pending'),
    available: moved('merchant_available'),
    reserve: moved('merchant_reserve'),
  };
  const notCharged = feeNotCharged(sale, amount, merchant.settings);
  return { kind: decision, amount, currency, change, fee: { returned, notCharged } };
}

/** By the merchant's present terms; of a settled sale the fee is charged already. */
function feeNotCharged(sale: Sale, amount: Minor, terms: Parameters<typeof deduct>[2]): Minor {
  if (sale.settlement) return minor(0);
  const left = remaining(sale);
  const fee = (of: number): number => deduct(minor(of), sale.data.card.type, terms).fee;
  return minor(fee(left) - fee(left - amount));
}
