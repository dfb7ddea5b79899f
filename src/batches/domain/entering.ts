import type { BusinessDay } from '../../merchants/domain/business-day.js';
import type { Refusal } from '../../sales/domain/refusal.js';
import { requestRefusals } from '../../sales/domain/request-refusals.js';

/** Why a request of this business day is not let into the batch; `date` is undefined while nothing of it is recorded. */
export function shutFor(
  batch: {
    readonly batchNo: string;
    readonly status: 'new' | 'open' | 'closing' | 'closed';
    readonly date: string | undefined;
  },
  day: Pick<BusinessDay, 'date'>,
): Refusal | undefined {
  if (batch.status === 'closing') return requestRefusals.batchClosing(batch.batchNo);
  if (batch.status === 'closed') return requestRefusals.batchClosed(batch.batchNo);
  if (batch.date === undefined || batch.date === day.date) return undefined;
  return requestRefusals.batchDate(batch.batchNo, batch.date);
}
