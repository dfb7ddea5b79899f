import { beforeEach, expect, test } from '@jest/globals';
import { settings } from '../../support/facts.js';
import type { HeldStore } from '../../support/held-store.js';
import { expectInvariants } from '../../support/invariants.js';
import { close, sell } from '../../support/requests.js';
import { BY, type TestLedger } from '../../support/test-ledger.js';
import { hear, twoNodes } from '../../support/two-nodes.js';

const NEXT_DATE = '2026-11-24T16:00:00Z';
const A_SECOND_LATER = '2026-11-24T16:00:01Z';
const PAID = ['2026-11-25 10000'];

let network: HeldStore;
let one: TestLedger;
let other: TestLedger;

/** What is due on the next date, which has begun. */
beforeEach(async () => {
  ({ one, other, network } = await twoNodes());
  await one.register('M1', settings({ settlementCycle: 'D1' }), { T1: 'S1' });
  await one.send(sell(1));
  await one.send(close());
  for (const node of [one, other]) node.at(NEXT_DATE);
});

const right = (status: 'active' | 'frozen'): Promise<unknown> =>
  other.ledger.merchants.setRight('M1', 'payout', status, 'checked', BY);

const payDue = (node: TestLedger): Promise<void> => node.ledger.payouts.runDue('awaited');

/** What was paid out so far, as `date amount`. */
async function paid(): Promise<string[]> {
  await one.caughtUp();
  const { payouts } = one.views.payouts.list({ limit: 10 });
  return payouts.map(({ date, amount }) => `${date} ${amount}`);
}

test('what a node held back for a right that was frozen and restored elsewhere, it pays on its date', async () => {
  const news = network.holdNews();
  await right('frozen');
  await payDue(one);
  expect(await paid()).toEqual([]);
  await right('active');
  news.letGo();
  await hear(one);

  await payDue(one);
  expect(await paid()).toEqual(PAID);
});

test('what two nodes pay by themselves at the same moment, while an operator has it paid, is paid once', async () => {
  const { sent, letGo } = network.holdNext('payout-');
  const late = payDue(one);
  await sent;
  other.at(A_SECOND_LATER);
  await payDue(other);
  const run = other.send({ op: 'payouts', date: '2026-11-25' });
  letGo();
  await Promise.all([late, run]);

  expect(await paid()).toEqual(PAID);
  await expectInvariants(one);
});

test('reserve that two nodes release at the same moment is released once', async () => {
  const reserve = { basisPoints: 1_000, days: 1 };
  await one.register('M2', settings({ settlementCycle: 'D1', reserve }), { T1: 'S1' });
  await one.send(sell(1, { merchantId: 'M2' }));
  await one.send(close('000001', { merchantId: 'M2' }));
  const tomorrow = '2026-11-25T16:00:00Z';
  for (const node of [one, other]) node.at(tomorrow);
  const { sent, letGo } = network.holdNext('reserve-');
  const late = payDue(one);
  await sent;
  other.at('2026-11-25T16:00:01Z');
  await payDue(other);
  letGo();
  await late;

  await one.caughtUp();
  expect(one.views.books.balances('M2')).toMatchObject([{ reserve: 0n, inTransit: 10_000n }]);
  await expectInvariants(one);
});

test('a payout that comes back at one node as it is paid at the other comes back once, and is paid out again once', async () => {
  await payDue(one);
  const payoutId = 'M1.CNY.1';
  const { sent, letGo } = network.holdNext('payout-');
  const late = one.ledger.payouts.paid(payoutId, 'B1', BY);
  await sent;
  await other.ledger.payouts.returned(payoutId, 'account closed', BY);
  const run = other.send({ op: 'payouts', date: '2026-11-25' });
  letGo();

  expect(await late).toMatchObject({ refusal: { code: 'payout-status' } });
  await run;
  await one.send({ op: 'payouts', date: '2026-11-25' });
  expect(await paid()).toEqual([...PAID, ...PAID]);
  expect(one.views.books.balances('M1')).toMatchObject([
    { available: 0n, inTransit: 10_000n, paidOut: 0n },
  ]);
  await expectInvariants(one);
});
