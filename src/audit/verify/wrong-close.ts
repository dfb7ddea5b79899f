import { closeTerms } from '../../batches/domain/close-terms.js';
import type { EventData } from '../../ledger/domain/ledger-event.js';
import { businessDay } from '../../merchants/domain/business-day.js';
import type { Merchant } from '../../merchants/domain/merchant.js';
import { type Finding, illegal, NO_MERCHANT } from './judge.js';
import { isSameJson } from './same-json.js';

type CloseRequested = EventData<'BatchCloseRequested'>;

/**
 * What is wrong with a request to close a batch that is open. `merchants`: as whoever asked may have known its merchant;
 * `batch`: undefined where it had nothing; until its date is fixed another may stand beside it.
 */
export function wrongClose(
  data: CloseRequested,
  merchants: readonly Merchant[],
  batch: { readonly date: string; readonly isFixed: boolean } | undefined,
): Finding | undefined {
  const isItsOwn = batch?.date === data.businessDate;
  if (batch?.isFixed && !isItsOwn) {
    return illegal(`the batch is of ${batch.date}, not of ${data.businessDate}`);
  }
  if (merchants.length === 0) return illegal(NO_MERCHANT);
  if (!isItsOwn && isToCome(data, merchants)) {
    return illegal(`it is of ${data.businessDate}, which had not begun`);
  }
  const isRight = ({ settings, terminals }: Merchant): boolean =>
    terminals.get(data.terminalId)?.storeId === data.storeId &&
    isSameJson(closeTerms(settings, data.businessDate), data.terms);
  if (merchants.some(isRight)) return undefined;
  return illegal('the merchant had other terms, or the terminal another store');
}

/** Of a batch that had nothing: one that was asked for again, when its date had passed, keeps its date. */
function isToCome(
  { businessDate, occurredAt }: CloseRequested,
  merchants: readonly Merchant[],
): boolean {
  const now = Date.parse(occurredAt);
  return merchants.every(({ settings }) => businessDay(now, settings).date < businessDate);
}
