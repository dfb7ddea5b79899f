import { expect, test } from '@jest/globals';
import { settings } from '../../support/facts.js';
import { HeldStore } from '../../support/held-store.js';
import { close, sell } from '../../support/requests.js';
import { newSharedLog } from '../../support/shared-log.js';
import { TestLedger } from '../../support/test-ledger.js';

/** A close of two sales, and a third that another node has taken behind it. `letGo` lets the close end. */
async function slipIn(items?: readonly object[]) {
  const log = newSharedLog(() => 0);
  const held = new HeldStore();
  const closer = await TestLedger.open(log, { wrap: held.wrap });
  const other = await TestLedger.open(log);
  await closer.register('M1', settings(), { T1: 'S1' });
  await closer.send(sell(1));
  await other.send(sell(2));

  const { sent, letGo } = held.holdNext('sale-M1.T1.000001.000001');
  const closing = closer.send(close('000001', items && { items }));
  await sent;
  expect(await other.send(sell(3))).toMatchObject({ answer: { status: 'open' } });
  return { other, closing, letGo };
}

test('a sale that slips in behind a close at another node, and is undone there, was never in the totals', async () => {
  const { other, closing, letGo } = await slipIn();
  const name = { merchantId: 'M1', terminalId: 'T1', batchNo: '000001', stan: '000004' };
  const original = { batchNo: '000001', stan: '000003' };
  expect(await other.send({ op: 'timeout-reversal', ...name, original })).toMatchObject({
    answer: { outcome: 'reversed' },
  });
  letGo();

  expect(await closing).toMatchObject({
    answer: { totals: { saleCount: 2, saleAmount: '20000' }, settled: { count: 2 } },
  });
});

test('a sale that slips in behind a close is none of its items', async () => {
  const items = [1, 2].map((stan) => ({ kind: 'sale', stan: `00000${stan}`, amount: 10_000 }));
  const { closing, letGo } = await slipIn(items);
  letGo();

  expect(await closing).toMatchObject({
    answer: { totals: { saleCount: 2 }, reconciliation: 'matched' },
  });
});
