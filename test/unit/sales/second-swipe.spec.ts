import { expect, test } from '@jest/globals';
import { toPosition } from '../../../src/event-store/event-store.js';
import { ViewBehindError } from '../../../src/projections/progress.js';
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

test('of a swipe that was not even decided, as a view was behind, nobody is warned', async () => {
  const ledger = await TestLedger.open();
  await ledger.register('M1', settings({ limits: { daily: { sale: { count: 9 } } } }), {
    T1: 'S1',
  });
  const { daySums } = ledger.views;
  const read = daySums.read.bind(daySums);
  daySums.read = () => {
    throw new ViewBehindError('day-sums', toPosition(1));
  };
  await expect(ledger.send(sell(1))).rejects.toThrow(ViewBehindError);
  daySums.read = read;

  const paid = await ledger.send(sell(2));
  expect(paid).toHaveProperty('answer');
  expect(paid).not.toHaveProperty('answer.warnings');
});
