import type { BatchItem, Difference } from '../../batches/domain/batch.events.js';
import { MOST_NAMED, reconcile } from '../../batches/domain/reconcile.js';
import type { EventData } from '../../ledger/domain/ledger-event.js';
import type { BatchTotals } from './batch-totals.js';
import type { Histories } from './histories.js';
import { type Finding, shownInOrder, unlike } from './judge.js';
import { isSameJson } from './same-json.js';

type CloseRequested = EventData<'BatchCloseRequested'>;
type Closed = EventData<'BatchClosed'>;

/** What the log has up to the close. */
interface Known {
  readonly histories: Histories;
  readonly totals: BatchTotals;
}

/** `isTouched`: requests came behind the close, of which whoever compared may have seen any. */
export function wrongComparison(
  data: Closed,
  name: string,
  request: CloseRequested,
  isTouched: boolean,
  log: Known,
): Finding | undefined {
  if (request.items && isTouched) return undefined;
  const { totals, differences = [], differencesLeftOut = 0 } = data;
  // What is left out may be of sales that neither side names.
  const isCut = differencesLeftOut > 0 && differences.length === MOST_NAMED;
  const items = request.items ? itemsOf(name, request.items, differences, log) : [];
  const sales = items.filter(({ kind }) => kind === 'sale').length;
  if (request.items && !isCut && sales !== totals.saleCount) {
    return unlike(`of its ${totals.saleCount} sales ${sales} are listed or said to be missing`);
  }
  const ruled = reconcile(request, { totals, items });
  if (ruled.reconciliation !== data.reconciliation) {
    return unlike(
      `with what the terminal sent it is ${ruled.reconciliation}, not ${data.reconciliation}`,
    );
  }
  const known = ruled.differencesLeftOut ?? 0;
  if (isCut ? differencesLeftOut < known : differencesLeftOut !== known) {
    return unlike(`it leaves out ${differencesLeftOut} differences, where ${known} are known`);
  }
  if (isSameJson(ruled.differences ?? [], differences)) return undefined;
  return unlike(
    `it differs from what the terminal sent in ${shownInOrder(ruled.differences ?? [])}, not in ${shownInOrder(differences)}`,
  );
}

/** Sales are looked up by what either side names: its own sums say how many there are. */
function itemsOf(
  name: string,
  listed: readonly BatchItem[],
  differences: readonly Difference[],
  { histories, totals }: Known,
): BatchItem[] {
  const stans = new Set(
    [...listed, ...differences].flatMap((one) =>
      'stan' in one && one.kind === 'sale' ? [one.stan] : [],
    ),
  );
  const sales = [...stans].flatMap((stan): BatchItem[] => {
    const sale = histories.named(`${name}.${stan}`)?.sale;
    if (!sale || sale.reversed !== undefined) return [];
    return [{ stan, kind: 'sale', amount: sale.data.amount }];
  });
  return [...sales, ...totals.givenBack(name)];
}
