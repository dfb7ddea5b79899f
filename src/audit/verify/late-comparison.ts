import type { StoredTotals } from '../../batches/domain/batch.events.js';
import { MOST_NAMED, reconcile } from '../../batches/domain/reconcile.js';
import type { EventData } from '../../ledger/domain/ledger-event.js';
import { type Finding, shownInOrder, unlike } from './judge.js';
import { isSameJson } from './same-json.js';

export type Reconciled = EventData<'BatchReconciled'>;

/** What is wrong with a comparison after the close. `totals`: the ledger's own; `isOlder`: it does not say what was sent. */
export function lateFinding(
  data: Reconciled,
  totals: StoredTotals,
  isOlder: boolean,
): Finding | undefined {
  const { reconciliation, differences = [], differencesLeftOut = 0 } = data;
  if (differencesLeftOut > 0 && differences.length !== MOST_NAMED) {
    return unlike(`it leaves out ${differencesLeftOut} differences, and names few`);
  }
  if ((reconciliation === 'matched') !== (differences.length === 0)) {
    return unlike(`it is ${reconciliation}, with ${differences.length} differences`);
  }
  return isOlder ? wrongOwn(data, totals) : wrongComparison(data, totals);
}

/** Of items neither side is in the log but where they differ: that is taken as told. */
function wrongComparison(
  { differences = [], totals: sent, itemsDigest }: Reconciled,
  totals: StoredTotals,
): Finding | undefined {
  const ofTotals = differences.filter((one) => 'field' in one);
  const ruled = reconcile({ totals: sent }, { totals, items: [] }).differences ?? [];
  if (!isSameJson(ruled, ofTotals)) {
    return unlike(`the totals differ in ${shownInOrder(ruled)}, not in ${shownInOrder(ofTotals)}`);
  }
  const ofItems = differences.filter((one) => 'stan' in one);
  const none = ofItems.find(
    ({ terminal, ledger }) => itemsDigest === undefined || terminal === ledger,
  );
  return none && unlike(`there is no such difference: ${shownInOrder(none)}`);
}

/** Where what the terminal sent is not told, what the ledger says of its own side is. */
function wrongOwn({ differences = [] }: Reconciled, totals: StoredTotals): Finding | undefined {
  const wrong = differences.find(
    (one) =>
      'field' in one && (one.ledger !== String(totals[one.field]) || one.terminal === one.ledger),
  );
  return wrong && unlike(`the ledger’s own side is not ${shownInOrder(wrong)}`);
}
