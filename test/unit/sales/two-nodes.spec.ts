import { beforeEach, expect, test } from '@jest/globals';
import { settings } from '../../support/facts.js';
import type { HeldStore } from '../../support/held-store.js';
import { expectInvariants } from '../../support/invariants.js';
import { back, close, sell, type Sending } from '../../support/requests.js';
import type { TestLedger } from '../../support/test-ledger.js';
import { twoNodes } from '../../support/two-nodes.js';

const saleId = 'M1.T1.000001.000001';
const settle: Sending = { op: 'settle', saleId };
const chargeback: Sending = { op: 'chargeback', saleId, chargebackId: 'C1', fee: 0 };

let network: HeldStore;
let one: TestLedger;
let other: TestLedger;

beforeEach(async () => {
  ({ one, other, network } = await twoNodes());
  await one.register('M1', settings(), { T1: 'S1', T2: 'S1' });
  await one.send(sell(1));
  await one.send(sell(2));
});

/** The first has decided, and writes on the sale once the second is done at the other node. */
async function overtaken(first: Sending, second: Sending) {
  const { sent, letGo } = network.holdNext('sale-M1.T1.000001.000001');
  const late = one.send(first);
  await sent;
  const early = await other.send(second);
  letGo();
  return { early, late: await late };
}

const settledOf = async (): Promise<string[]> =>
  (await one.log()).flatMap(({ event }) =>
    event.type === 'Settled' ? [`${event.data.saleId} ${event.data.kind}`] : [],
  );

test('a sale that settles at once, as its batch is closed at another node, settles with the batch', async () => {
  const { early, late } = await overtaken(settle, close());

  expect(early).toMatchObject({ answer: { status: 'closed', settled: { count: 2 } } });
  expect(late).toMatchObject({ answer: { sale: { settlement: { kind: 'batch' } } } });
  expect((await settledOf()).sort()).toEqual([`${saleId} batch`, 'M1.T1.000001.000002 batch']);
  await expectInvariants(one);
});

test('a batch that is closed as one of its sales settles at once at another node, which has not heard of it, settles the rest', async () => {
  expect(await other.send(sell(3))).toHaveProperty('answer');
  const news = network.holdNews();
  const { early, late } = await overtaken(close(), settle);
  news.letGo();

  expect(early).toMatchObject({ answer: { sale: { settlement: { kind: 'instant' } } } });
  expect(late).toMatchObject({ answer: { status: 'closed', totals: { saleCount: 3 } } });
  expect((await settledOf()).sort()).toEqual([
    `${saleId} instant`,
    'M1.T1.000001.000002 batch',
    'M1.T1.000001.000003 batch',
  ]);
  await expectInvariants(one);
});

test('of a chargeback and a refund of the whole sale through two nodes at once one is told that nothing is left', async () => {
  await one.send(settle);
  const refund = { ...back('refund', 1, 5), terminalId: 'T2' };
  const { early, late } = await overtaken(chargeback, refund);

  expect(early).toMatchObject({ answer: { remaining: 0 } });
  expect(late).toMatchObject({ refusal: { code: 'amount-allowed' } });
  await expectInvariants(one);
});

test('of a refund and a chargeback, too', async () => {
  await one.send(settle);
  const refund = { ...back('refund', 1, 5), terminalId: 'T2' };
  const { early, late } = await overtaken(refund, chargeback);

  expect(early).toMatchObject({ answer: { remaining: 0 } });
  expect(late).toMatchObject({ refusal: { code: 'amount-remaining' } });
  await expectInvariants(one);
});
