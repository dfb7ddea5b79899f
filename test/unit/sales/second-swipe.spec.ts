import { expect, test } from '@jest/globals';
import { settings } from '../../support/facts.js';
import { FlakyStore } from '../../support/flaky-store.js';
import { sell } from '../../support/requests.js';
import { TestLedger } from '../../support/test-ledger.js';

test('a second swipe is warned of also where it had to be sent again', async () => {
  const store = new FlakyStore();
  const ledger = await TestLedger.open(undefined, { wrap: store.wrap });
  await ledger.register('M1', settings(), { T1: 'S1' });
  await ledger.send(sell(1));

  store.failNext('sale-M1.T1.000001.000002', 'not-done');
  await expect(ledger.send(sell(2))).rejects.toThrow('the disk is away');

  const warnings = [{ code: 'duplicate-swipe', of: 'M1.T1.000001.000001' }];
  expect(await ledger.send(sell(2))).toMatchObject({ answer: { warnings } });
});

test('of a swipe that was surely not written nobody is warned', async () => {
  const store = new FlakyStore();
  const ledger = await TestLedger.open(undefined, { wrap: store.wrap });
  await ledger.register('M1', settings(), { T1: 'S1' });
  store.failNext('sale-M1.T1.000001.000001', 'not-done');
  await expect(ledger.send(sell(1))).rejects.toThrow('the disk is away');

  const paid = await ledger.send(sell(2));
  expect(paid).toHaveProperty('answer');
  expect(paid).not.toHaveProperty('answer.warnings');
  store.failNext('sale-M1.T1.000001.000003', 'not-done');
  await expect(ledger.send(sell(3))).rejects.toThrow('the disk is away');

  const warnings = [{ of: 'M1.T1.000001.000002' }];
  expect(await ledger.send(sell(4))).toMatchObject({ answer: { warnings } });
});
