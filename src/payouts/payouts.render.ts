import type { PayoutRow } from '../projections/payouts.view.js';
import { payoutName } from './domain/payout.js';
import type { RecordedPayout } from './payouts.command-handler.js';
import type { PayoutAnswer, PayoutDto } from './payouts.dto.js';

/** A payout as it is now. */
export function renderPayout({ payout, position }: RecordedPayout): PayoutAnswer {
  const { payoutId, merchantId, currency, date, status, account, changedAt } = payout;
  const { bankReference, returnReason, occurredAt: sentAt } = payout;
  return {
    ...{ payoutId, merchantId, currency, amount: BigInt(payout.amount), date, status },
    ...(account && { account: { ...account } }),
    ...(bankReference !== undefined && { bankReference }),
    ...(returnReason !== undefined && { returnReason }),
    ...{ sentAt, changedAt, responseCode: '00', position },
  };
}

/** A row of the list of payouts. */
export function renderRow(row: PayoutRow): PayoutDto {
  const { number, account, bankReference, returnReason, ...rest } = row;
  return {
    payoutId: payoutName(row.merchantId, row.currency, number),
    ...rest,
    ...(account && { account: { ...account } }),
    ...(bankReference !== null && { bankReference }),
    ...(returnReason !== null && { returnReason }),
  };
}
