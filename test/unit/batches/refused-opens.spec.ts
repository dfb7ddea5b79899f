import { beforeEach, expect, test } from '@jest/globals';
import { settings } from '../../support/facts.js';
import { FlakyStore } from '../../support/flaky-store.js';
import { HeldStore } from '../../support/held-store.js';
import { expectInvariants } from '../../support/invariants.js';
import { back, sell } from '../../support/requests.js';
import { newSqliteLog, TestLedger } from '../../support/test-ledger.js';

const BEFORE = '2026-11-24T15:59:59.999Z';
const AFTER = '2026-11-24T16:00:00.000Z';
const there = { batchNo: '000007' };
const refused = { refusal: { code: 'batch-date' } };

let held: HeldStore;
let flaky: FlakyStore;
let ledger: TestLedger;

beforeEach(async () => {
  held = new HeldStore();
  flaky = new FlakyStore();
  ledger = await TestLedger.open(newSqliteLog(), {
    wrap: (store) => held.wrap(flaky.wrap(store)),
  });
  await ledger.register('M1', settings(), { T1: 'S1' });
  await ledger.send(sell(1));
  ledger.at(BEFORE);
});

test('a refusal for the date leaves a batch the date of the void that has its name in it already', async () => {
  const { sent, letGo } = held.holdNext('sale-M1.T1.000001.000001');
  const voiding = ledger.send(back('void', 1, 5, there));
  await sent;
  ledger.at(AFTER);
  expect(await ledger.send(sell(6, there))).toMatchObject(refused);
  letGo();
  expect(await voiding).toHaveProperty('answer');

  expect(await ledger.send(sell(7, there))).toMatchObject(refused);
  await expectInvariants(ledger);
});

test('a refusal for the date opens a batch on its own, where the one that it was for was never written', async () => {
  flaky.failNext('sale-M1.T1.000007.000005', 'not-done');
  const { sent, letGo } = held.holdNext('sale-M1.T1.000007.000005');
  const selling = ledger.send(sell(5, there)).catch((error: unknown) => error);
  await sent;
  ledger.at(AFTER);
  expect(await ledger.send(back('void', 1, 6, there))).toMatchObject(refused);
  letGo();
  expect(await selling).toBeInstanceOf(Error);

  expect(await ledger.send(sell(7, there))).toHaveProperty('answer');
  await expectInvariants(ledger);
});
