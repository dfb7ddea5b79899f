import { HeldStore } from './held-store.js';
import { newSharedLog } from './shared-log.js';
import { TestLedger, type TestLog } from './test-ledger.js';
import { letTimePass } from './time-passes.js';

/** After so long a node asks what is new before it answers from memory. */
const STALE_MS = 10_000;

/** Two nodes on one log, each behind a network that can hold back what it sends and reads. */
export interface TwoNodes {
  readonly one: TestLedger;
  readonly other: TestLedger;
  readonly network: HeldStore;
  readonly networkOfOther: HeldStore;
}

export async function twoNodes(log: TestLog = newSharedLog(() => 0)): Promise<TwoNodes> {
  const network = new HeldStore();
  const networkOfOther = new HeldStore();
  const one = await TestLedger.open(log, { wrap: network.wrap });
  const other = await TestLedger.open(log, { wrap: networkOfOther.wrap });
  return { one, other, network, networkOfOther };
}

/** Resolves once the node has heard of all that others have written. */
export async function hear({ ledger: { news } }: TestLedger): Promise<void> {
  letTimePass(STALE_MS);
  await news.fresh();
}
