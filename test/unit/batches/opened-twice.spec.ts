import { expect, test } from '@jest/globals';
import { settings } from '../../support/facts.js';
import { expectInvariants } from '../../support/invariants.js';
import { back, close, sell } from '../../support/requests.js';
import { BY } from '../../support/test-ledger.js';
import { hear, twoNodes } from '../../support/two-nodes.js';

test('a batch that one node opens and another closes at the same moment, each on a date of its own, is no fault', async () => {
  const { one, other, networkOfOther } = await twoNodes();
  await one.register('M1', settings(), { T1: 'S1' });
  one.at('2026-11-24T15:59:59.999Z');
  other.at('2026-11-24T16:00:00.000Z');
  const { sent, letGo } = networkOfOther.holdNext('batch-M1.T1.000001');
  const closing = other.send(close());
  await sent;
  await one.send(back('void', 99, 1));
  letGo();

  expect(await closing).toMatchObject({ answer: { businessDate: '2026-11-25' } });
  await hear(one);
  await expectInvariants(one);
});

test('a batch that two nodes open at the same moment, each on a date of its own, goes on at both on that of the log’s first fact', async () => {
  const { one, other, networkOfOther } = await twoNodes();
  await one.register('M1', settings(), { T1: 'S1' });
  one.at('2026-11-24T15:59:59.999Z');
  other.at('2026-11-24T16:00:00.000Z');
  const { sent, letGo } = networkOfOther.holdNext('sale-');
  const second = other.send(sell(1));
  await sent;
  expect(await one.send(sell(2))).toHaveProperty('answer');
  letGo();
  expect(await second).toHaveProperty('answer');

  await other.ledger.batches.batch(sell(1));
  expect(await other.send(sell(3))).toMatchObject({ refusal: { code: 'batch-date' } });
  await other.closeDue();
  await hear(one);
  expect(await one.send(close())).toMatchObject({
    answer: { businessDate: '2026-11-24', totals: { saleCount: 2 }, settled: { count: 2 } },
    replayed: true,
  });
  await expectInvariants(one);
});

test('a batch that two nodes open at the same moment, each in a currency of its own, goes on at both in that of the log’s first money', async () => {
  const { one, other, networkOfOther } = await twoNodes();
  await one.register('M1', settings(), { T1: 'S1' });
  const dollars = { currency: 'USD' };
  expect(await one.send(sell(9, { batchNo: '000009' }))).toHaveProperty('answer');
  const terminal = { terminalId: 'T1', storeId: 'S1', ...dollars };
  await other.ledger.merchants.assignTerminal('M1', terminal, BY);
  const { sent, letGo } = networkOfOther.holdNext('sale-');
  const second = other.send(sell(1, dollars));
  await sent;
  expect(await one.send(sell(2))).toHaveProperty('answer');
  letGo();
  expect(await second).toHaveProperty('answer');

  await other.ledger.batches.batch(sell(1));
  expect(await other.send(sell(3, dollars))).toMatchObject({ refusal: { code: 'batch-currency' } });
  await expectInvariants(one);
});
