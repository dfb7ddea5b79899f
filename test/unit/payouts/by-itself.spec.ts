import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { trustedPages } from '../../../src/event-store/checked-page.js';
import { settings } from '../../support/facts.js';
import { FlakyStore } from '../../support/flaky-store.js';
import { close, sell } from '../../support/requests.js';
import { of } from '../../support/specification.js';
import { BY, newSqliteLog, TestLedger, type TestLog } from '../../support/test-ledger.js';
import { faultsOf } from '../../support/verified-log.js';

const NEXT_DATE = '2026-11-24T16:00:00Z';
const DATE_AFTER = '2026-11-25T16:00:00Z';

let log: TestLog;
let flaky: FlakyStore;
let ledger: TestLedger;

beforeEach(async () => {
  flaky = new FlakyStore();
  log = newSqliteLog();
  ledger = await TestLedger.open(log, { wrap: flaky.wrap });
  await ledger.register('M1', settings({ settlementCycle: 'D1' }), { T1: 'S1', T2: 'S2' });
});

const right = (status: 'active' | 'frozen'): Promise<unknown> =>
  ledger.ledger.merchants.setRight('M1', 'payout', status, 'checked', BY);

/** What was paid out so far, as `date amount`. */
async function paid(): Promise<string[]> {
  await ledger.caughtUp();
  const { payouts } = ledger.views.payouts.list({ limit: 10 });
  return payouts.map(({ date, amount }) => `${date} ${amount}`);
}

const returned = (number: number) =>
  ({ op: 'payout-returned', payoutId: `M1.CNY.${number}` }) as const;

describe('the ledger pays by itself', () => {
  test('all of a date in one, once every batch of the date before has closed', async () => {
    await ledger.send(sell(1));
    await ledger.send({ ...sell(2), terminalId: 'T2' });
    flaky.failNext('batch-M1.T2', 'not-done');
    ledger.at(NEXT_DATE);
    await expect(ledger.doDue()).rejects.toThrow('the disk is away');
    expect(await paid()).toEqual([]);
    await ledger.doDue();
    expect(await paid()).toEqual(['2026-11-25 20000']);
  });

  test('nothing of a date while a batch of the date before is open: one of its own may be', async () => {
    await ledger.send(sell(1));
    await ledger.send({ ...sell(2), terminalId: 'T2' });
    ledger.at(NEXT_DATE);
    await ledger.send(close());
    await ledger.send({ ...sell(1, { terminalId: 'T2' }), batchNo: '000002' });
    await ledger.ledger.payouts.runDue('awaited');
    expect(await paid()).toEqual([]);
    await ledger.send(close('000001', { terminalId: 'T2' }));
    await ledger.ledger.payouts.runDue('awaited');
    expect(await paid()).toEqual(['2026-11-25 20000']);
  });

  test('what was held back while its right was frozen, however often it starts meanwhile', async () => {
    await ledger.send(sell(1));
    await right('frozen');
    ledger.at(NEXT_DATE);
    await ledger.doDue();
    const { viewsDir, clock } = ledger;
    await ledger.close();
    ledger = await TestLedger.open(log, { viewsDir });
    ledger.clock.set(clock.now());
    await ledger.doDue();
    expect(await paid()).toEqual([]);
    await right('active');
    await ledger.doDue();
    expect(await paid()).toEqual(['2026-11-25 10000']);
  });

  test('what is just the merchant’s minimum, and nothing below it', async () => {
    await ledger.register('M1', settings({ payoutMinimum: of(10_001) }), {});
    await ledger.send(sell(1));
    ledger.at('2026-11-26T16:00:00Z');
    await ledger.doDue();
    expect(await paid()).toEqual([]);
    await ledger.register('M1', settings({ payoutMinimum: of(10_000) }), {});
    await ledger.doDue();
    expect(await paid()).toEqual(['2026-11-27 10000']);
  });

  test('the smallest amount, and each currency under numbers of its own', async () => {
    const dollars = { terminalId: 'T2', currency: 'USD' };
    const { terminalId, currency } = dollars;
    await ledger.ledger.merchants.assignTerminal('M1', { terminalId, storeId: 'S2', currency }, BY);
    await ledger.send(sell(1, { amount: 1 }));
    ledger.at(NEXT_DATE);
    await ledger.doDue();
    await ledger.send(sell(1, { ...dollars, amount: 700 }));
    ledger.at(DATE_AFTER);
    await ledger.doDue();
    expect(await paid()).toEqual(['2026-11-25 1', '2026-11-26 700']);
    const { payouts } = ledger.views.payouts.list({ limit: 10 });
    expect(payouts).toMatchObject([
      { currency: 'CNY', number: 1 },
      { currency: 'USD', number: 1 },
    ]);
  });

  test('once a date: what is available again since waits for the next', async () => {
    const chargeback = { saleId: 'M1.T1.000001.000001', chargebackId: 'CB1' };
    await ledger.send(sell(1));
    await ledger.send(close());
    await ledger.send({ op: 'chargeback', ...chargeback, amount: 4_000, fee: 0 });
    ledger.at(NEXT_DATE);
    await ledger.doDue();
    await ledger.send({ op: 'chargeback-won', ...chargeback });
    await ledger.doDue();
    expect(await paid()).toEqual(['2026-11-25 6000']);
    ledger.at(DATE_AFTER);
    await ledger.doDue();
    expect(await paid()).toEqual(['2026-11-25 6000', '2026-11-26 4000']);
  });

  test('once a date: what comes back of it waits for the next, or for a run', async () => {
    await ledger.send(sell(1));
    ledger.at(NEXT_DATE);
    await ledger.doDue();
    await ledger.send(returned(1));
    await ledger.doDue();
    expect(await paid()).toEqual(['2026-11-25 10000']);
    ledger.at(DATE_AFTER);
    await ledger.doDue();
    expect(await paid()).toEqual(['2026-11-25 10000', '2026-11-26 10000']);

    await ledger.send(returned(2));
    await ledger.send({ op: 'payouts', date: '2026-11-26' });
    expect(await paid()).toHaveLength(3);
  });
});

describe('what came back is not paid by itself on the date that it came back on', () => {
  const BACK_ON = '2026-11-28T16:00:00Z';
  const THE_NEXT = '2026-11-29T16:00:00Z';
  const FIRST = '2026-11-25 10000';

  /** Paid on the 25th, and back on the 29th. */
  beforeEach(async () => {
    await ledger.send(sell(1));
    ledger.at(NEXT_DATE);
    await ledger.doDue();
    ledger.at(BACK_ON);
    await ledger.doDue();
    await ledger.send(returned(1));
    await ledger.doDue();
    expect(await paid()).toEqual([FIRST]);
  });

  afterEach(async () => {
    expect(await faultsOf(trustedPages(ledger.store))).toEqual([]);
  });

  test('but with the next', async () => {
    ledger.at(THE_NEXT);
    await ledger.doDue();
    expect(await paid()).toEqual([FIRST, '2026-11-30 10000']);
  });

  test('but at once by a run for the same date', async () => {
    await ledger.send({ op: 'payouts', date: '2026-11-29' });
    expect(await paid()).toEqual([FIRST, '2026-11-29 10000']);
  });

  test('nor is what else falls due on it', async () => {
    await ledger.send({ op: 'payouts', date: '2026-11-29' });
    await ledger.send({ ...sell(1), batchNo: '000002' });
    ledger.at(THE_NEXT);
    await ledger.send(returned(2));
    await ledger.doDue();
    expect(await paid()).toEqual([FIRST, '2026-11-29 10000']);
    ledger.at('2026-11-30T16:00:00Z');
    await ledger.doDue();
    expect(await paid()).toEqual([FIRST, '2026-11-29 10000', '2026-12-01 20000']);
  });

  test('also by a ledger that starts anew, with views that are rebuilt', async () => {
    await ledger.close();
    ledger = await TestLedger.open(log);
    ledger.at(BACK_ON);
    await ledger.doDue();
    expect(await paid()).toEqual([FIRST]);
    ledger.at(THE_NEXT);
    await ledger.doDue();
    expect(await paid()).toEqual([FIRST, '2026-11-30 10000']);
  });

  test('also by another node', async () => {
    const node = await TestLedger.open({
      open: () => Promise.resolve(ledger.store),
      remove: () => undefined,
    });
    node.at(BACK_ON);
    await node.doDue();
    expect(await paid()).toEqual([FIRST]);
  });

  test('also while the clock is put back before it', async () => {
    ledger.at('2026-11-26T16:00:00Z');
    await ledger.doDue();
    ledger.at(BACK_ON);
    await ledger.doDue();
    expect(await paid()).toEqual([FIRST]);
    ledger.at(THE_NEXT);
    await ledger.doDue();
    expect(await paid()).toEqual([FIRST, '2026-11-30 10000']);
  });
});

test('a run ahead of a date leaves to that date what falls due on it since', async () => {
  await ledger.send(sell(1));
  ledger.at(NEXT_DATE);
  await ledger.doDue();
  await ledger.send({ ...sell(1), batchNo: '000002' });
  await ledger.send({ ...close(), batchNo: '000002' });
  await ledger.send({ op: 'payouts', date: '2026-11-27' });
  ledger.at(DATE_AFTER);
  await ledger.send({ ...sell(1), batchNo: '000003', amount: 700 });
  ledger.at('2026-11-26T16:00:00Z');
  await ledger.doDue();
  const all = ['2026-11-25 10000', '2026-11-27 10000', '2026-11-27 700'];
  expect(await paid()).toEqual(all);
  await ledger.doDue();
  expect(await paid()).toEqual(all);
});

test('a run pays what is due on its date, also what became so since the last', async () => {
  await ledger.register('M1', settings({ settlementCycle: 'T0' }), {});
  for (const batchNo of ['000001', '000002']) {
    await ledger.send({ ...sell(1), batchNo });
    await ledger.send({ ...close(), batchNo });
    await ledger.send({ op: 'payouts', date: '2026-11-24' });
  }
  expect(await paid()).toEqual(['2026-11-24 10000', '2026-11-24 10000']);
  await ledger.send({ op: 'payouts', date: '2026-11-24' });
  expect(await paid()).toHaveLength(2);
});

test('reserve is held to the end of the date before the one that it is held until', async () => {
  await ledger.register('M1', settings({ reserve: { basisPoints: 1_000, days: 1 } }), {});
  await ledger.send(sell(1));
  await ledger.send(close());
  ledger.at('2026-11-24T15:59:59.999Z');
  await ledger.doDue();
  expect(ledger.views.books.balances('M1')).toMatchObject([{ reserve: 1_000n }]);
  ledger.at(NEXT_DATE);
  await ledger.doDue();
  expect(ledger.views.books.balances('M1')).toMatchObject([{ reserve: 0n }]);
});

test('what is due on a date is paid in one with the reserve that is free on it, and is seen to be at once', async () => {
  const reserve = { basisPoints: 1_000, days: 1 };
  await ledger.register('M1', settings({ settlementCycle: 'D1', reserve }), {});
  await ledger.send(sell(1));
  await ledger.send(close());
  ledger.at(NEXT_DATE);
  await ledger.ledger.payouts.runDue('awaited');
  const payouts = ledger.views.payouts.ofDate('2026-11-25');
  expect(payouts.map(({ amount }) => amount)).toEqual([10_000n]);
});

test('reserve of a date is released once more for what settles behind its release', async () => {
  await ledger.register('M1', settings({ reserve: { basisPoints: 1_000, days: 1 } }), {});
  await ledger.send(sell(1));
  await ledger.send({ ...sell(2), terminalId: 'T2' });
  ledger.at(NEXT_DATE);
  for (const terminalId of ['T1', 'T2']) {
    await ledger.send(close('000001', { terminalId }));
    await ledger.ledger.payouts.runDue('awaited');
  }

  const released = (await ledger.log()).flatMap(({ event }) =>
    event.type === 'ReserveReleased' ? [[event.data.heldUntil, event.data.amount]] : [],
  );
  expect(released).toEqual([
    ['2026-11-25', '1000'],
    ['2026-11-25', '1000'],
  ]);
  expect(ledger.views.books.balances('M1')).toMatchObject([{ reserve: 0n }]);
});
