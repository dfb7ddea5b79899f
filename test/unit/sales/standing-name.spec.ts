import { expect, test } from '@jest/globals';
import { settings } from '../../support/facts.js';
import { FlakyStore } from '../../support/flaky-store.js';
import { back, sell } from '../../support/requests.js';
import { newSqliteLog, TestLedger } from '../../support/test-ledger.js';

test.each([
  ['surely not done, where its name could not be taken', 'sale-M1.T1.000001.000005', 'not-done'],
  ['unknown, where only its effect surely was not', 'sale-M1.T1.000001.000001', 'unknown'],
])('what became of a void is %s', async (_, stream, outcome) => {
  const flaky = new FlakyStore();
  const ledger = await TestLedger.open(newSqliteLog(), { wrap: flaky.wrap });
  await ledger.register('M1', settings(), { T1: 'S1' });
  await ledger.send(sell(1));
  flaky.failNext(stream, 'not-done');
  await expect(ledger.send(back('void', 1, 5))).rejects.toMatchObject({ outcome });
});
