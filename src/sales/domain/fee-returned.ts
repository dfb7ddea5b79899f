import { type Minor, minor } from '../../ledger/domain/money.js';
import { feeReturned } from '../../merchants/domain/fee.js';
import type { Merchant } from '../../merchants/domain/merchant.js';
import type { Sale } from './sale.js';

/** Nothing unless the sale has settled and the merchant's policy gives the fee back in proportion. */
export function feeReturnedBy(sale: Sale, amount: Minor, merchant: Merchant): Minor {
  const { settlement } = sale;
  if (!settlement || merchant.settings.refundPolicy.feeReturn === 'keep') return minor(0);
  const settled = minor(settlement.net + settlement.fee + settlement.reserve);
  const refunded = minor(sale.refundedSettled + amount);
  return feeReturned(settlement.fee, settled, refunded, sale.feeReturned);
}
