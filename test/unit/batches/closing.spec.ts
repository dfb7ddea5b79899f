import { beforeEach, describe, expect, test } from '@jest/globals';
import type { BatchState } from '../../../src/batches/batch.answer.js';
import { renderBatch } from '../../../src/batches/batches.dto.js';
import type { Done } from '../../../src/sales/sales.commands.js';
import { NOTHING, settings } from '../../support/facts.js';
import { FlakyStore } from '../../support/flaky-store.js';
import { HeldStore } from '../../support/held-store.js';
import { expectInvariants } from '../../support/invariants.js';
import { back, close, sell, type Sending, timeout } from '../../support/requests.js';
import { BY, newSqliteLog, TestLedger, type TestLog } from '../../support/test-ledger.js';

let log: TestLog;
let flaky: FlakyStore;
let ledger: TestLedger;

beforeEach(async () => {
  flaky = new FlakyStore();
  log = newSqliteLog();
  ledger = await TestLedger.open(log, { wrap: flaky.wrap });
  await ledger.register('M1', settings(), { T1: 'S1', T2: 'S2' });
});

const refusedWith = (code: string, responseCode: string) => ({ refusal: { code, responseCode } });

const types = async (): Promise<string[]> => (await ledger.log()).map(({ event }) => event.type);

describe('a close', () => {
  test('settles what is left of each sale, and says what it came to', async () => {
    const fee = { basisPoints: 60 };
    await ledger.register('M1', settings({ fee, reserve: { basisPoints: 500, days: 9 } }), {});
    await ledger.send(sell(1));
    await ledger.send(sell(2));
    await ledger.send(sell(3));
    await ledger.send(back('void', 1, 4, { amount: 3_000 }));
    await ledger.send(back('void', 2, 5));
    expect(await ledger.send(close())).toMatchObject({
      answer: {
        status: 'closed',
        businessDate: '2026-11-24',
        totals: {
          ...NOTHING,
          saleCount: 3,
          saleAmount: '30000',
          voidCount: 2,
          voidAmount: '13000',
        },
        settled: { count: 2, amount: '17000', fee: '102', reserve: '850', net: '16048' },
        reconciliation: 'not-sent',
      },
      replayed: false,
    });
    const { sales } = ledger.views.sales.list({ merchantId: 'M1', limit: 9 });
    expect(sales.map(({ status, net }) => [status, net])).toEqual([
      ['settled', 6_608],
      ['voided', null],
      ['settled', 9_440],
    ]);
  });
  test('takes the fee of each card’s type', async () => {
    const fee = { basisPoints: 60, perCardType: { debit: { basisPoints: 10 } } };
    await ledger.register('M1', settings({ fee }), {});
    await ledger.send(sell(1, { card: { token: 'tok_2', last4: '4242', type: 'debit' } }));
    await ledger.send(sell(2));
    expect(await ledger.send(close())).toMatchObject({
      answer: { settled: { count: 2, fee: '70', net: '19930' } },
    });
  });
  test('counts voids and refunds where they were requested, settlements where the sale was', async () => {
    await ledger.send(sell(1));
    await ledger.send(back('void', 1, 1, { terminalId: 'T2', amount: 1_000 }));
    expect(await ledger.send(close())).toMatchObject({
      answer: {
        totals: { ...NOTHING, saleCount: 1, saleAmount: '10000' },
        settled: { count: 1, amount: '9000' },
      },
    });
    expect(await ledger.send(close('000001', { terminalId: 'T2' }))).toMatchObject({
      answer: {
        totals: { ...NOTHING, voidCount: 1, voidAmount: '1000' },
        settled: { count: 0, amount: '0' },
      },
    });
  });
  test('of a batch that was never used is a close of nothing, and nothing enters it any more', async () => {
    const closed = await ledger.send(close('000009'));
    expect(closed).toMatchObject({
      answer: { status: 'closed', totals: NOTHING, settled: { count: 0, net: '0' } },
    });
    expect(closed).not.toHaveProperty('answer.currency');
    expect(await ledger.send(sell(1, { batchNo: '000009' }))).toMatchObject(
      refusedWith('batch-closed', '77'),
    );
  });
  test('of a batch whose requests were all refused is one of nothing, too', async () => {
    await ledger.send(sell(1, { currency: 'USD' }));
    expect(await ledger.send(close('000001', { totals: NOTHING, items: [] }))).toMatchObject({
      answer: { status: 'closed', totals: NOTHING, reconciliation: 'matched' },
    });
  });
  test('of an unknown merchant or terminal is refused, and nothing is written', async () => {
    const before = await types();
    expect(await ledger.send(close('000001', { merchantId: 'M9' }))).toMatchObject(
      refusedWith('unknown-merchant', '03'),
    );
    expect(await ledger.send(close('000001', { terminalId: 'T9' }))).toMatchObject(
      refusedWith('unknown-terminal', '97'),
    );
    expect(await types()).toEqual(before);
  });
  test('twice is one close, one after the other or at the same moment', async () => {
    await ledger.send(sell(1));
    const answers = await Promise.all([1, 2, 3].map(() => ledger.send(close())));
    const [first] = answers.map((outcome) => 'answer' in outcome && outcome.answer);
    for (const outcome of answers) {
      expect(outcome).toMatchObject({ answer: first as object });
    }
    expect(first).toMatchObject({ status: 'closed', settled: { count: 1 } });
    expect(await ledger.send(close())).toEqual({ answer: first, replayed: true });
    const closes = (await types()).filter((type) => type.startsWith('Batch'));
    expect(closes).toEqual(['BatchCloseRequested', 'BatchClosed']);
  });
  test('clears the refunds that were made in its batch, and no other does', async () => {
    await ledger.send(sell(1));
    await ledger.send(close());
    for (const stan of [1, 2]) {
      const more = { batchNo: '000002', amount: 1_000 };
      expect(await ledger.send(back('refund', 1, stan, more))).toHaveProperty('answer');
    }
    await ledger.send(close('000002'));
    await ledger.send(close('000003'));
    const closed = (await ledger.log()).flatMap(({ event }) =>
      event.type === 'BatchClosed' ? [event.data] : [],
    );
    expect(closed.map(({ refunds }) => refunds)).toEqual([
      [],
      [{ currency: 'CNY', amount: '2000' }],
      [],
    ]);
    expect(closed[2]).not.toHaveProperty('carriedForward');
  });
  test('honours an instant settlement before it', async () => {
    await ledger.send(sell(1));
    const settled = await ledger.send({ op: 'settle', saleId: 'M1.T1.000001.000001' });
    expect(await ledger.send(close())).toMatchObject({ answer: { settled: { count: 1 } } });
    expect(await ledger.send({ op: 'settle', saleId: 'M1.T1.000001.000001' })).toEqual({
      ...settled,
      replayed: true,
    });
    expect((await types()).filter((type) => type === 'Settled')).toHaveLength(1);
  });
});

describe('a request', () => {
  test('of another business date does not enter a batch', async () => {
    await ledger.send(sell(1));
    ledger.at('2026-11-24T16:00:00.000Z');
    expect(await ledger.send(sell(2))).toMatchObject(refusedWith('batch-date', '77'));
    expect(await ledger.send(back('refund', 1, 3))).toMatchObject(refusedWith('batch-date', '77'));
    expect(await ledger.send(sell(1, { batchNo: '000002' }))).toMatchObject({
      answer: { businessDate: '2026-11-25' },
    });
  });
  test('may enter any of several open batches of one terminal', async () => {
    await ledger.send(sell(1, { batchNo: '000007' }));
    await ledger.send(sell(1, { batchNo: '000003' }));
    expect(await ledger.send(sell(2, { batchNo: '000007' }))).toHaveProperty('answer');
  });
  test('that is not written leaves its batch to requests of any date', async () => {
    flaky.failNext('sale-', 'not-done');
    await expect(ledger.send(sell(1))).rejects.toThrow('the disk is away');
    ledger.at('2026-11-25T04:00:00.000Z');
    expect(await ledger.send(sell(1))).toMatchObject({ answer: { businessDate: '2026-11-25' } });
  });
});

describe('a close that can’t be written', () => {
  test('leaves the batch open when it was surely not', async () => {
    await ledger.send(sell(1));
    flaky.failNext('batch-', 'not-done');
    await expect(ledger.send(close())).rejects.toThrow('the disk is away');
    expect(await ledger.send(sell(2))).toHaveProperty('answer');
    expect(await ledger.send(close())).toMatchObject({ answer: { settled: { count: 2 } } });
  });
  test('leaves one that was never used to requests of any date', async () => {
    flaky.failNext('batch-', 'not-done');
    await expect(ledger.send(close())).rejects.toThrow('the disk is away');
    expect(await ledger.ledger.batches.batch(close())).toBeUndefined();
    ledger.at('2026-11-25T04:00:00.000Z');
    expect(await ledger.send(sell(1))).toMatchObject({ answer: { businessDate: '2026-11-25' } });
  });
  test('leaves one open whose first request came meanwhile', async () => {
    const network = new HeldStore();
    ledger = await TestLedger.open(newSqliteLog(), {
      wrap: (inner) => network.wrap(flaky.wrap(inner)),
    });
    await ledger.register('M1', settings(), { T1: 'S1' });
    const selling = ledger.send(sell(1));
    const { sent, letGo } = network.holdNext('batch-');
    flaky.failNext('batch-', 'not-done');
    const closing = ledger.send(close());
    await sent;
    expect(await selling).toHaveProperty('answer');
    letGo();
    await expect(closing).rejects.toThrow('the disk is away');

    ledger.at('2026-11-25T04:00:00.000Z');
    expect(await ledger.send(sell(2))).toMatchObject(refusedWith('batch-date', '77'));
    await ledger.closeDue();
    expect(await ledger.send(close())).toMatchObject({ answer: { settled: { count: 1 } } });
  });
  test.each(['unknown', 'unknown-but-written'] as const)(
    'lets nothing in when that is not known (%s), and is taken up again',
    async (how) => {
      await ledger.send(sell(1));
      flaky.failNext('batch-', how);
      await expect(ledger.send(close())).rejects.toThrow('the disk is away');
      expect(await ledger.send(sell(2))).toMatchObject(refusedWith('batch-closing', '90'));
      await ledger.closeDue();
      expect(await ledger.send(close())).toMatchObject({
        answer: { status: 'closed', settled: { count: 1 } },
        replayed: true,
      });
    },
  );
  test('lets nothing in either when the repeat of that is surely not done', async () => {
    await ledger.send(sell(1));
    for (const how of ['unknown-but-written', 'not-done'] as const) {
      flaky.failNext('batch-', how);
      await expect(ledger.send(close())).rejects.toThrow('the disk is away');
    }
    expect(await ledger.send(sell(2))).toMatchObject(refusedWith('batch-closing', '90'));
    expect(await ledger.send(close())).toMatchObject({ answer: { settled: { count: 1 } } });
  });
  test('at its end is taken up again, and settles nothing twice', async () => {
    await ledger.send(sell(1));
    flaky.failNext('sale-', 'unknown-but-written');
    expect(await ledger.send(close())).toMatchObject({ answer: { status: 'closing' } });
    await ledger.closeDue();
    expect(await ledger.send(close())).toMatchObject({
      answer: { status: 'closed', settled: { count: 1, net: '10000' } },
    });
    expect((await types()).filter((type) => type === 'Settled')).toHaveLength(1);
  });
});

test('a refund that was undone is not among those that a close clears', async () => {
  await ledger.send(sell(1));
  await ledger.send(close());
  const batchNo = '000002';
  for (const stan of [1, 2]) {
    await ledger.send(back('refund', 1, stan, { batchNo, amount: stan * 1_000 }));
  }
  const undoing = { ...timeout(3, 2), batchNo, original: { batchNo, stan: '000002' } };
  expect(await ledger.send(undoing)).toMatchObject({ answer: { outcome: 'reversed' } });
  await ledger.send(close(batchNo));
  expect((await ledger.log()).at(-1)?.event).toMatchObject({
    type: 'BatchClosed',
    data: { refunds: [{ currency: 'CNY', amount: '1000' }] },
  });
});

test('a void that is undone after its sale was counts in no batch', async () => {
  await ledger.send(sell(1));
  const there = { terminalId: 'T2' };
  await ledger.send(back('void', 1, 1, { ...there, amount: 4_000 }));
  await ledger.send(timeout(2, 1));
  expect(await ledger.send({ ...timeout(3, 1), ...there })).toMatchObject({
    answer: { outcome: 'reversed' },
  });
  expect(await ledger.send(close('000001', there))).toMatchObject({ answer: { totals: NOTHING } });
  await expectInvariants(ledger);
});

test('a sale that a refund left nothing of, undone behind its close, settles with the next', async () => {
  await ledger.register('M1', settings({ refundPolicy: { whileVoidable: 'allow' } }), {});
  await ledger.send(sell(1));
  await ledger.send(back('refund', 1, 1, { terminalId: 'T2' }));
  expect(await ledger.send(close())).toMatchObject({ answer: { settled: { count: 0 } } });

  await ledger.send({ ...timeout(2, 1), terminalId: 'T2' });

  expect(await ledger.send(close('000002'))).toMatchObject({
    answer: { settled: { count: 1 }, carriedForward: ['M1.T1.000001.000001'] },
  });
  await expectInvariants(ledger);
});

describe('a close that has listed its sales', () => {
  /** Sends this when the first settlement of the close is on its way, and gives back what came of it, and how it closed. */
  async function overtakenBy(sending: Sending): Promise<{ meanwhile: unknown; closed: unknown }> {
    const network = new HeldStore();
    ledger = await TestLedger.open(newSqliteLog(), { wrap: network.wrap });
    const refundPolicy = { whileVoidable: 'allow' } as const;
    await ledger.register('M1', settings({ refundPolicy }), { T1: 'S1', T2: 'S2' });
    await ledger.send(sell(1));
    const { sent, letGo } = network.holdNext('sale-M1.T1.000001.000001');
    const closing = ledger.send(close());
    await sent;
    const meanwhile = await ledger.send(sending);
    letGo();
    return { meanwhile, closed: await closing };
  }

  test('is overtaken by no instant settlement', async () => {
    const settle = { op: 'settle', saleId: 'M1.T1.000001.000001' } as const;
    const { meanwhile, closed } = await overtakenBy(settle);
    expect(meanwhile).toMatchObject({ refusal: { code: 'batch-closing', nextStep: 'wait' } });
    expect(closed).toMatchObject({ answer: { settled: { count: 1, amount: '10000' } } });
    expect(await ledger.send(settle)).toMatchObject({
      answer: { sale: { settlement: { kind: 'batch' } } },
    });
  });
  test('settles what is left when a refund overtakes it', async () => {
    const refund = back('refund', 1, 1, { terminalId: 'T2', amount: 3_000 });
    const { meanwhile, closed } = await overtakenBy(refund);
    expect(meanwhile).toHaveProperty('answer');
    expect(closed).toMatchObject({ answer: { settled: { count: 1, amount: '7000' } } });
    await expectInvariants(ledger);
  });
});

describe('what is undone while the batch of the sale is being closed', () => {
  /** Sends this when the request to close is in the log, and gives back how it closed. */
  async function meanwhile(sending: Sending, ...first: Sending[]): Promise<unknown> {
    const network = new HeldStore();
    ledger = await TestLedger.open(newSqliteLog(), { wrap: network.wrap });
    await ledger.register('M1', settings(), { T1: 'S1', T2: 'S2' });
    await ledger.send(sell(1));
    for (const each of first) await ledger.send(each);
    const { sent, letGo } = network.holdNextRead('batch-M1.T1.000001');
    const closing = ledger.send(close());
    await sent;
    expect(await ledger.send(sending)).toMatchObject({ answer: { outcome: 'reversed' } });
    letGo();
    return closing;
  }

  test('is put back for the next close, where that was all of it', async () => {
    const undoing = { ...timeout(2, 1), terminalId: 'T2' };
    const closed = await meanwhile(undoing, back('void', 1, 1, { terminalId: 'T2' }));
    expect(closed).toMatchObject({ answer: { settled: { count: 0 } } });
    expect(await ledger.send(close('000002'))).toMatchObject({
      answer: { settled: { count: 1 }, carriedForward: ['M1.T1.000001.000001'] },
    });
    await expectInvariants(ledger);
  });
  test('is none of its totals, where that is the sale', async () => {
    const closed = await meanwhile({ ...timeout(1, 1), batchNo: '000002' });
    expect(closed).toMatchObject({ answer: { totals: NOTHING, settled: { count: 0 } } });
    await expectInvariants(ledger);
  });
});

test('a sale that is put back while its batch is open settles with no other', async () => {
  await ledger.send(sell(1));
  await ledger.send(back('void', 1, 1, { terminalId: 'T2' }));
  await ledger.send({ ...timeout(2, 1), terminalId: 'T2' });

  const other = await ledger.send(close('000002'));
  expect(other).toMatchObject({ answer: { settled: { count: 0 } } });
  expect(await ledger.send(close())).toMatchObject({ answer: { settled: { count: 1 } } });
});

test('a close of more sales than settle side by side settles every one', async () => {
  const stans = Array.from({ length: 1_025 }, (_, index) => index + 1);
  await Promise.all(stans.map((stan) => ledger.send(sell(stan))));
  expect(await ledger.send(close())).toMatchObject({
    answer: { totals: { saleCount: 1_025 }, settled: { count: 1_025, amount: '10250000' } },
  });
});

test('a close whose end is written takes in nothing more when it is taken up again', async () => {
  await ledger.send(sell(1));
  await ledger.send(back('void', 1, 1, { terminalId: 'T2' }));
  await ledger.send(close());
  await ledger.send(sell(1, { batchNo: '000002' }));
  flaky.failNext('sale-', 'not-done');
  expect(await ledger.send(close('000002'))).toMatchObject({ answer: { status: 'closing' } });
  flaky.failNext('batch-', 'unknown-but-written');
  await expect(ledger.closeDue()).rejects.toThrow('the disk is away');

  // Its sale has something left again: the terminal's next close settles it.
  await ledger.send({ ...timeout(2, 1), terminalId: 'T2' });
  await ledger.closeDue();

  expect((await types()).filter((type) => type === 'Settled')).toHaveLength(1);
  expect(await ledger.send(close('000003'))).toMatchObject({
    answer: { settled: { count: 1 }, carriedForward: ['M1.T1.000001.000001'] },
  });
  await expectInvariants(ledger);
});

test('a close that is taken up later settles as of the moment at which it was asked for', async () => {
  await ledger.send(sell(1));
  flaky.failNext('sale-', 'not-done');
  expect(await ledger.send(close())).toMatchObject({ answer: { status: 'closing' } });
  ledger.at('2026-11-26T04:00:00.000Z');
  await ledger.closeDue();
  const events = (await ledger.log()).map(({ event }) => event);
  const asked = events.find(({ type }) => type === 'BatchCloseRequested')?.data;
  expect(events.find(({ type }) => type === 'Settled')?.data).toMatchObject({
    businessDate: '2026-11-24',
    occurredAt: asked?.occurredAt,
  });
});

test('a batch that is still being closed says so to its terminal', async () => {
  await ledger.send(sell(1));
  flaky.failNext('sale-', 'not-done');
  const closing = (await ledger.send(close())) as Done<BatchState>;
  expect(renderBatch(closing.answer)).toMatchObject({ status: 'closing', responseCode: '09' });
  await ledger.closeDue();
  const closed = (await ledger.send(close())) as Done<BatchState>;
  expect(renderBatch(closed.answer)).toMatchObject({ status: 'closed', responseCode: '00' });
});

test('what is settled is due by the merchant’s cycle, from the business date', async () => {
  const friday = '2026-11-27T02:00:00.000Z';
  await ledger.register('M1', settings({ holidays: ['2026-11-30'] }), {});
  ledger.at(friday);
  await ledger.send(sell(1));
  await ledger.send(close());
  await ledger.caughtUp();
  expect(ledger.views.sales.find('M1.T1.000001.000001')?.valueDate).toBe('2026-12-01');
});

test('setting what is already so writes nothing', async () => {
  const before = await types();
  const { merchants, cards } = ledger.ledger;
  await ledger.register('M1', settings(), { T1: 'S1' });
  await merchants.setRight('M1', 'void', 'active', 'again', BY);
  await cards.setStatus('tok_1', 'active', BY);
  expect(await types()).toEqual(before);
});
