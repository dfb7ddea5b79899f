import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, expect, test } from '@jest/globals';
import { trustedPages } from '../../../src/event-store/checked-page.js';
import { StoreUnavailableError } from '../../../src/event-store/event-store.js';
import { settings } from '../../support/facts.js';
import { FlakyStore } from '../../support/flaky-store.js';
import { HeldStore } from '../../support/held-store.js';
import { back, close, sell } from '../../support/requests.js';
import { newSqliteLog, TestLedger } from '../../support/test-ledger.js';
import { faultsOf } from '../../support/verified-log.js';

const refund = back('refund', 1, 1, { batchNo: '000002' });

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
});

/** A refund that comes while the close of its sale's batch is on its way to the log. */
async function refundBehindClose() {
  const { sent, letGo } = held.holdNext('batch-');
  const closing = ledger.send(close()).catch((error: unknown) => error);
  await sent;
  let isAnswered = false;
  const refunding = ledger.send(refund).finally(() => (isAnswered = true));
  for (let turns = 0; turns < 100; turns += 1) await turn();
  expect(isAnswered).toBe(false);
  letGo();
  return { closing, refunding };
}

test('a refund waits for the close of its sale’s batch to be in the log: until then the sale may be voided', async () => {
  const { closing, refunding } = await refundBehindClose();
  expect(await refunding).toMatchObject({ answer: { kind: 'refund' } });
  expect(await closing).toMatchObject({ answer: { status: 'closed' } });
  expect(await faultsOf(trustedPages(ledger.store))).toEqual([]);
});

test('where that close could not be written, the sale is still to be voided', async () => {
  flaky.failNext('batch-', 'not-done');
  const { closing, refunding } = await refundBehindClose();
  expect(await closing).toBeInstanceOf(StoreUnavailableError);
  expect(await refunding).toMatchObject({ refusal: { code: 'not-voidable', nextStep: 'void' } });
});

test('where nobody can tell whether it was written, the refund is not decided before the close was asked for again', async () => {
  flaky.failNext('batch-', 'unknown');
  const { refunding } = await refundBehindClose();
  await expect(refunding).rejects.toThrow(StoreUnavailableError);
  await ledger.closeDue();
  expect(await ledger.send(refund)).toMatchObject({ answer: { kind: 'refund' } });
  expect(await faultsOf(trustedPages(ledger.store))).toEqual([]);
});

test('where it was written for all that, the refund is decided at once', async () => {
  flaky.failNext('batch-', 'unknown-but-written');
  const { refunding } = await refundBehindClose();
  expect(await refunding).toMatchObject({ answer: { kind: 'refund' } });
});
