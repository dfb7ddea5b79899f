import type { BusinessDay } from '../../merchants/domain/business-day.js';
import type { Refusal } from '../../sales/domain/refusal.js';
import { requestRefusals } from '../../sales/domain/request-refusals.js';

/**
 * Why a request of this business day, and of money of this currency, is not let into the batch. `date` is undefined while
 * nothing of it is recorded, `currency` while there is no money in it.
 */
export function shutFor(
  batch: {
    readonly batchNo: string;
    readonly status: 'new' | 'open' | 'closing' | 'closed';
    readonly date: string | undefined;
    readonly currency?: string | undefined;
  },
  { date, currency }: Pick<BusinessDay, 'date'> & { readonly currency?: string | undefined },
): Refusal | undefined {
  if (batch.status === 'closing') return requestRefusals.batchClosing(batch.batchNo);
  if (batch.status === 'closed') return requestRefusals.batchClosed(batch.batchNo);
  if (batch.date !== undefined && batch.date !== date) {
    return requestRefusals.batchDate(batch.batchNo, batch.date);
  }
  if (batch.currency !== undefined && currency !== undefined && batch.currency !== currency) {
    return requestRefusals.batchCurrency(batch.batchNo, batch.currency);
  }
  return undefined;
}
