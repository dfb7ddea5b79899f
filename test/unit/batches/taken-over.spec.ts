import { beforeEach, expect, test } from '@jest/globals';
import { trustedPages } from '../../../src/event-store/checked-page.js';
import { settings } from '../../support/facts.js';
import type { HeldStore } from '../../support/held-store.js';
import { expectInvariants } from '../../support/invariants.js';
import { back, close, name, sell } from '../../support/requests.js';
import type { TestLedger } from '../../support/test-ledger.js';
import { letTimePass } from '../../support/time-passes.js';
import { hear, twoNodes } from '../../support/two-nodes.js';
import { faultsOf } from '../../support/verified-log.js';

/** After so long a close that another node has begun is taken over. */
const TAKE_OVER_MS = 11_000;

/** Of the first batch, voided before that was closed, and put back since. */
const CARRIED = 'M1.T1.000001.000003';

let one: TestLedger;
let other: TestLedger;
let network: HeldStore;

const undo = (stan: number, original: { batchNo: string; stan: string }) =>
  ({ op: 'timeout-reversal', ...name(stan, { batchNo: '000009' }), original }) as const;

beforeEach(async () => {
  ({ one, other, network } = await twoNodes());
  await one.register('M1', settings(), { T1: 'S1' });
  await one.send(sell(1));
  await other.send(sell(3));
  await one.send(back('void', 3, 10, { batchNo: '000009' }));
  await one.send(close());
  await one.send(sell(2, { batchNo: '000002' }));
  await hear(other);
});

test('a close that is taken over settles nothing that was put back since it was asked for: it may have ended without', async () => {
  const settling = network.holdNext('sale-M1.T1.000002');
  const closing = one.send(close('000002'));
  await settling.sent;
  const ending = network.holdNext('batch-M1.T1.000002');
  settling.letGo();
  await ending.sent;
  await other.send(undo(11, { batchNo: '000009', stan: '000010' }));
  await hear(other);
  await other.ledger.batches.batch(close('000002'));
  letTimePass(TAKE_OVER_MS);
  await other.ledger.batches.closeDue();
  ending.letGo();
  expect(await closing).toMatchObject({ answer: { settled: { count: 1 } } });

  expect(await other.send(close('000003'))).toMatchObject({
    answer: { settled: { count: 1 }, carriedForward: [CARRIED] },
  });
  await expectInvariants(other);
  expect(await faultsOf(trustedPages(one.store))).toEqual([]);
});

test('a carried sale that is voided and put back again while a batch closes settles with the next', async () => {
  await other.send(undo(11, { batchNo: '000009', stan: '000010' }));
  const settling = network.holdNext('sale-M1.T1.000002');
  const closing = one.send(close('000002'));
  await settling.sent;
  expect(await other.send(back('refund', CARRIED, 12, { batchNo: '000009' }))).toHaveProperty(
    'answer',
  );
  await one.caughtUp();
  const ending = network.holdNext('batch-M1.T1.000002');
  settling.letGo();
  await ending.sent;
  await other.send(undo(13, { batchNo: '000009', stan: '000012' }));
  ending.letGo();

  expect(await closing).toMatchObject({ answer: { settled: { count: 1 } } });
  expect(await one.send(close('000003'))).toMatchObject({
    answer: { settled: { count: 1 }, carriedForward: [CARRIED] },
  });
  expect(await faultsOf(trustedPages(one.store))).toEqual([]);
});
