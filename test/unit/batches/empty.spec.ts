import { expect, test } from '@jest/globals';
import { settings } from '../../support/facts.js';
import { FlakyStore } from '../../support/flaky-store.js';
import { expectInvariants } from '../../support/invariants.js';
import { close } from '../../support/requests.js';
import { TestLedger } from '../../support/test-ledger.js';

test('a batch that had nothing keeps the date on which its close was asked for, however late that is written', async () => {
  const store = new FlakyStore();
  const ledger = await TestLedger.open(undefined, { wrap: store.wrap });
  await ledger.register('M1', settings(), { T1: 'S1' });
  ledger.at('2026-11-24T15:59:00.000Z');
  store.failNext('batch-M1.T1.000001', 'unknown');
  await expect(ledger.send(close())).rejects.toThrow('the disk is away');

  ledger.at('2026-11-24T16:01:00.000Z');
  await ledger.closeDue();

  expect(await ledger.send(close())).toMatchObject({ answer: { businessDate: '2026-11-24' } });
  await expectInvariants(ledger);
});
