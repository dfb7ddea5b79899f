import { beforeEach, describe, expect, test } from '@jest/globals';
import type { EventStore } from '../../../src/event-store/event-store.js';
import { NOTHING, settings } from '../../support/facts.js';
import { gate, HeldStore } from '../../support/held-store.js';
import { expectInvariants } from '../../support/invariants.js';
import { back, close, name, sell } from '../../support/requests.js';
import { newSharedLog } from '../../support/shared-log.js';
import { BY, TestLedger } from '../../support/test-ledger.js';

/** A node that stands still once it has read a stream: what it asks of the log then waits. */
class StallingStore {
  private stall:
    { readonly stream: string; readonly until: Promise<void>; sent(): void } | undefined;
  private until: Promise<void> | undefined;

  /** From when it next finds something in this stream, until `letGo`. */
  stallBehind(stream: string): { readonly sent: Promise<void>; readonly letGo: () => void } {
    const { until, letGo } = gate();
    const sent = gate();
    this.stall = { stream, until, sent: sent.letGo };
    return { sent: sent.until, letGo };
  }

  readonly wrap = (inner: EventStore): EventStore =>
    Object.assign(Object.create(inner) as EventStore, {
      readStream: async (stream: string, from?: number, most?: number) => {
        const events = await inner.readStream(stream, from, most);
        const { stall } = this;
        if (stall?.stream !== stream || events.length === 0) return events;
        this.stall = undefined;
        this.until = stall.until;
        stall.sent();
        return events;
      },
      head: async () => {
        await this.until;
        return inner.head();
      },
    });
}

/** A close of two sales, and a third that another node has taken behind it. `goOn` lets the close end, and the other node hear of it. */
async function slipIn(items?: readonly object[]) {
  const log = newSharedLog(() => 0);
  const held = new HeldStore();
  const closer = await TestLedger.open(log, { wrap: held.wrap });
  const unheard = new HeldStore();
  const other = await TestLedger.open(log, { wrap: unheard.wrap });
  await closer.register('M1', settings(), { T1: 'S1' });
  await closer.send(sell(1));
  await other.send(sell(2));

  const news = unheard.holdNews();
  const { sent, letGo } = held.holdNext('sale-M1.T1.000001.000001');
  const closing = closer.send(close('000001', items && { items }));
  await sent;
  expect(await other.send(sell(3))).toMatchObject({ answer: { status: 'open' } });
  const goOn = (): void => {
    news.letGo();
    letGo();
  };
  return { other, closing, goOn };
}

test('a sale that slips in behind a close at another node, and is undone there, was never in the totals', async () => {
  const { other, closing, goOn } = await slipIn();
  const name = { merchantId: 'M1', terminalId: 'T1', batchNo: '000001', stan: '000004' };
  const original = { batchNo: '000001', stan: '000003' };
  expect(await other.send({ op: 'timeout-reversal', ...name, original })).toMatchObject({
    answer: { outcome: 'reversed' },
  });
  goOn();

  expect(await closing).toMatchObject({
    answer: { totals: { saleCount: 2, saleAmount: '20000' }, settled: { count: 2 } },
  });
});

test('a sale that slips in behind a close is none of its items', async () => {
  const items = [1, 2].map((stan) => ({ kind: 'sale', stan: `00000${stan}`, amount: 10_000 }));
  const { closing, goOn } = await slipIn(items);
  goOn();

  expect(await closing).toMatchObject({
    answer: { totals: { saleCount: 2 }, reconciliation: 'matched' },
  });
});

test('a sale that slips in behind a close settles with the next, which lists it', async () => {
  const { closing, goOn, other } = await slipIn();
  goOn();

  expect(await closing).toMatchObject({ answer: { settled: { count: 2, amount: '20000' } } });
  expect(await other.send(close('000002'))).toMatchObject({
    answer: {
      totals: { saleCount: 0 },
      settled: { count: 1, amount: '10000' },
      carriedForward: ['M1.T1.000001.000003'],
    },
  });
  await expectInvariants(other);
});

test('a close that stood still while another node ended it takes in nothing that was put back since', async () => {
  const log = newSharedLog(() => 0);
  const stalling = new StallingStore();
  const stalled = await TestLedger.open(log, { wrap: stalling.wrap });
  const other = await TestLedger.open(log);
  await other.register('M1', settings(), { T1: 'S1' });
  await other.send(sell(1));
  await other.send(back('void', 1, 2));
  await other.send(close());
  await other.send(sell(1, { batchNo: '000002' }));
  const { sent, letGo } = stalling.stallBehind('batch-M1.T1.000002');
  const closing = stalled.send(close('000002'));
  await sent;

  const ended = await other.send(close('000002'));
  const name = { merchantId: 'M1', terminalId: 'T1', batchNo: '000003', stan: '000001' };
  const original = { batchNo: '000001', stan: '000002' };
  await other.send({ op: 'timeout-reversal', ...name, original });
  letGo();

  expect(await closing).toMatchObject({ answer: (ended as { answer: object }).answer });
  expect(await other.send(close('000003'))).toMatchObject({
    answer: { settled: { count: 1 }, carriedForward: ['M1.T1.000001.000001'] },
  });
});

describe('a close whose settlement was under way while another node ended it', () => {
  const undo = (batchNo: string, original: { batchNo: string; stan: string }) =>
    ({ op: 'timeout-reversal', ...name(1, { batchNo }), original }) as const;
  let held: HeldStore;
  let slow: TestLedger;
  let other: TestLedger;

  beforeEach(async () => {
    const log = newSharedLog(() => 0);
    held = new HeldStore();
    slow = await TestLedger.open(log, { wrap: held.wrap });
    other = await TestLedger.open(log);
    await other.register('M1', settings({ refundPolicy: { whileVoidable: 'allow' } }), {
      T1: 'S1',
      T2: 'S2',
    });
    await other.send(sell(1));
  });

  test('takes in no sale of an earlier batch that was put back since', async () => {
    await other.send(back('void', 1, 2));
    await other.send(close());
    await other.send(sell(1, { batchNo: '000002' }));
    const { sent, letGo } = held.holdNext('sale-M1.T1.000002.000001');
    const closing = slow.send(close('000002'));
    await sent;
    const ended = await other.send(close('000002'));
    await other.send(undo('000003', { batchNo: '000001', stan: '000002' }));
    await slow.caughtUp();
    letGo();

    expect(await closing).toMatchObject({ answer: (ended as { answer: object }).answer });
    expect(await other.send(close('000003'))).toMatchObject({
      answer: { settled: { count: 1 }, carriedForward: ['M1.T1.000001.000001'] },
    });
    await expectInvariants(other);
  });

  test('takes in none of its own that had nothing left at that end', async () => {
    const { sent, letGo } = held.holdNext('sale-M1.T1.000001.000001');
    const closing = slow.send(close());
    await sent;
    const refund = back('refund', 1, 1, { terminalId: 'T2', batchNo: '000002' });
    expect(await other.send(refund)).toHaveProperty('answer');
    const ended = await other.send(close());
    expect(ended).toMatchObject({ answer: { settled: { count: 0 } } });
    const undoing = undo('000002', { batchNo: '000002', stan: '000001' });
    const reversed = await other.send({ ...undoing, terminalId: 'T2', stan: '000002' });
    expect(reversed).toMatchObject({ answer: { outcome: 'reversed' } });
    letGo();

    expect(await closing).toMatchObject({ answer: (ended as { answer: object }).answer });
    expect(await other.send(close('000002'))).toMatchObject({
      answer: { settled: { count: 1 }, carriedForward: ['M1.T1.000001.000001'] },
    });
    await expectInvariants(other);
  });
});

/** A node, behind the end of a close of which another node has taken a refund of 30.00. */
async function refundBehindClose(): Promise<TestLedger> {
  const log = newSharedLog(() => 0);
  const one = await TestLedger.open(log);
  const unheard = new HeldStore();
  const other = await TestLedger.open(log, { wrap: unheard.wrap });
  await one.register('M1', settings(), { T1: 'S1' });
  await one.send(sell(1));
  await one.send(close());
  await other.send(sell(1, { batchNo: '000002' }));
  const news = unheard.holdNews();
  await one.send(close('000002'));
  const refund = back('refund', 1, 2, { batchNo: '000002', amount: 3_000 });
  expect(await other.send(refund)).toHaveProperty('answer');
  news.letGo();
  return one;
}

test('a refund that slips in behind the end of a close is cleared by the next, and by no other', async () => {
  const one = await refundBehindClose();
  const carriedForward = ['M1.T1.000002.000002'];
  expect(await one.send(close('000003'))).toMatchObject({ answer: { carriedForward } });
  expect(await one.send(close('000004'))).not.toHaveProperty('answer.carriedForward');

  const closed = (await one.log()).flatMap(({ event }) =>
    event.type === 'BatchClosed' ? [event.data] : [],
  );
  const refunds = [{ currency: 'CNY', amount: '3000' }];
  // One that is carried does not count as a refund of the batch that clears it.
  expect(closed.map((each) => [each.refunds, each.refundsCounted])).toEqual([
    [[], 0],
    [[], 0],
    [refunds, 0],
    [[], 0],
  ]);
  await expectInvariants(one);
});

test('a refund that is carried in another currency leaves none of the batch’s own to be cleared twice', async () => {
  const one = await refundBehindClose();
  const terminal = { terminalId: 'T1', storeId: 'S1', currency: 'USD' };
  await one.ledger.merchants.assignTerminal('M1', terminal, BY);
  await one.send(sell(1, { batchNo: '000003', currency: 'USD' }));
  await one.send({ op: 'settle', saleId: 'M1.T1.000003.000001' });
  const sold = 'M1.T1.000003.000001';
  expect(
    await one.send(back('refund', sold, 2, { batchNo: '000003', amount: 500 })),
  ).toHaveProperty('answer');

  await one.send(close('000003'));
  await one.send(close('000004'));

  const closed = (await one.log()).flatMap(({ event }) =>
    event.type === 'BatchClosed' ? [event.data.refunds] : [],
  );
  expect(closed.slice(-2)).toEqual([
    [
      { currency: 'CNY', amount: '3000' },
      { currency: 'USD', amount: '500' },
    ],
    [],
  ]);
  await expectInvariants(one);
});

test('items that come late are compared with what the close found: without what slipped in behind its end', async () => {
  const log = newSharedLog(() => 0);
  const one = await TestLedger.open(log);
  const unheard = new HeldStore();
  const other = await TestLedger.open(log, { wrap: unheard.wrap });
  await one.register('M1', settings(), { T1: 'S1', T2: 'S2' });
  await one.send(sell(1, { terminalId: 'T2' }));
  await other.send(sell(1));
  const news = unheard.holdNews();
  await one.send(close());
  const voiding = back('void', 'M1.T2.000001.000001', 2, { amount: 3_000 });
  expect(await other.send(voiding)).toHaveProperty('answer');
  news.letGo();
  await one.caughtUp();

  const totals = { ...NOTHING, saleCount: 1, saleAmount: '10000' };
  const items = [{ kind: 'sale', stan: '000001', amount: 10_000 }];
  expect(await one.send(close('000001', { totals, items }))).toMatchObject({
    answer: { reconciliation: 'matched' },
  });
  await expectInvariants(one);
});
