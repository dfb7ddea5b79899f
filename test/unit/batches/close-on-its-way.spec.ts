import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { trustedPages } from '../../../src/event-store/checked-page.js';
import { StoreUnavailableError } from '../../../src/event-store/event-store.js';
import { settings } from '../../support/facts.js';
import { FlakyStore } from '../../support/flaky-store.js';
import { HeldStore } from '../../support/held-store.js';
import { back, close, sell, timeout } from '../../support/requests.js';
import { of } from '../../support/specification.js';
import { BY, newSqliteLog, TestLedger } from '../../support/test-ledger.js';
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

describe('while nobody can tell whether the close of a batch was written', () => {
  beforeEach(() => {
    flaky.failNext('batch-', 'unknown');
  });

  /** What is left for due work when the store works again, on the next day. */
  async function expectDueWorkDone(): Promise<void> {
    await ledger.send(close()).catch(() => undefined);
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 20_000);
    ledger.at('2026-11-26T02:00:00.000Z');
    await ledger.caughtUp();
    await ledger.doDue();
    await ledger.caughtUp();
    expect(ledger.views.batches.live()).toEqual([]);
    jest.restoreAllMocks();
  }

  test('a void without an outcome keeps no due work from being done', async () => {
    flaky.failNext('sale-M1.T1.000001.000001', 'not-done');
    await ledger.send(back('void', 1, 5)).catch(() => undefined);
    flaky.failNext('batch-', 'unknown');
    await expectDueWorkDone();
  });

  test('an approval that expires keeps none from it either', async () => {
    const voidPolicy = { approvalAbove: of(0) };
    await ledger.ledger.merchants.put('M1', settings({ voidPolicy }), BY);
    const voiding = back('void', 1, 5, { batchNo: '000002' });
    expect(await ledger.send(voiding)).toMatchObject({ answer: { status: 'awaiting-approval' } });
    await expectDueWorkDone();
  });

  test('a refund in it is not called cleared', async () => {
    await ledger.send({ op: 'settle', saleId: 'M1.T1.000001.000001' });
    await ledger.send(refund);
    await expect(ledger.send(close('000002'))).rejects.toThrow(StoreUnavailableError);
    const original = { batchNo: '000002', stan: '000001' };
    const undoing = { ...timeout(5, 1), batchNo: '000003', original };
    await expect(ledger.send(undoing)).rejects.toThrow(StoreUnavailableError);
    await ledger.closeDue();
    expect(await ledger.send(undoing)).toMatchObject({ refusal: { code: 'refund-cleared' } });
  });
});
