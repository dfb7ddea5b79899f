import { beforeEach, describe, expect, test } from '@jest/globals';
import { streams } from '../../../src/ledger/domain/request-name.js';
import { Journal } from '../../../src/ledger/journal.js';
import type { MerchantLimits, PlaceLimits } from '../../../src/merchants/domain/merchant.events.js';
import { settings } from '../../support/facts.js';
import { expectInvariants } from '../../support/invariants.js';
import { back, close, sell, timeout, type TimeoutSending } from '../../support/requests.js';
import { BY, newSqliteLog, TestLedger } from '../../support/test-ledger.js';

let ledger: TestLedger;

beforeEach(async () => {
  ledger = await TestLedger.open(newSqliteLog());
  const refundPolicy = { whileVoidable: 'allow' } as const;
  const voidPolicy = { partial: true };
  await ledger.register('M1', settings({ refundPolicy, voidPolicy }), { T1: 'S1' });
});

const length = async (): Promise<number> => (await ledger.log()).length;

describe('a time-out reversal that comes again, later,', () => {
  test.each([
    ['of a sale that it undid', 'reversed', [sell(1)]],
    ['of one that never arrived', 'never-arrived', []],
    ['of one that another had undone', 'already-reversed', [sell(1), timeout(2, 1)]],
    ['of one that another knew never arrived', 'never-arrived', [timeout(2, 1)]],
    ['of a void that was refused', 'never-arrived', [back('void', 7, 1)]],
  ])('%s is told %s once more, and writes nothing', async (_, outcome, before) => {
    for (const sending of before) await ledger.send(sending);
    const first = await ledger.send(timeout(9, 1));
    expect(first).toMatchObject({ answer: { outcome }, replayed: false });
    const written = await length();
    ledger.at('2026-11-24T03:00:00.000Z');
    expect(await ledger.send(timeout(9, 1))).toEqual({ ...first, replayed: true });
    expect(await length()).toBe(written);
  });

  test('is refused once more as it was, though its batch has been closed since', async () => {
    await ledger.send(sell(1));
    await ledger.send({ op: 'settle', saleId: 'M1.T1.000001.000001' });
    const first = await ledger.send(timeout(9, 1));
    expect(first).toMatchObject({ refusal: { nextStep: 'refund' } });
    await ledger.send(close());
    expect(await ledger.send(timeout(9, 1))).toEqual({ ...first, replayed: true });
  });
});

describe('a void that comes behind its own time-out reversal is refused with what is to be done now', () => {
  const voiding = back('void', 1, 2);

  test.each([
    ['had not come before', []],
    ['had been done', [voiding]],
  ])('though it %s, and nothing more is written', async (_, before) => {
    for (const sending of [sell(1), ...before, timeout(3, 2)]) await ledger.send(sending);
    const written = await length();
    expect(await ledger.send(voiding)).toMatchObject({
      refusal: { code: 'reversed', responseCode: '12', nextStep: 'void' },
    });
    await ledger.send({ op: 'settle', saleId: 'M1.T1.000001.000001' });
    expect(await ledger.send(voiding)).toMatchObject({ refusal: { nextStep: 'refund' } });
    expect(await length()).toBe(written + 1);
    await expectInvariants(ledger);
  });

  test('of a sale that is not there, nothing', async () => {
    await ledger.send(timeout(3, 2));
    expect(await ledger.send(voiding)).toMatchObject({
      refusal: { code: 'reversed', nextStep: 'none' },
    });
  });
});

describe('a time-out reversal that a crash left without an outcome', () => {
  const name = 'M1.T1.000002.000001';
  const saleId = 'M1.T1.000001.000001';

  /** The log as it is between the two writes of a request, and its batch closed since. */
  async function left(original: number): Promise<TimeoutSending> {
    const reversal = { ...timeout(1, original), batchNo: '000002' };
    const { op: kind, ...content } = reversal;
    const { stan } = content.original;
    const fact = { businessDate: '2026-11-24', occurredAt: '2026-11-24T02:00:00.000Z' };
    const named = { request: name, kind, target: `M1.T1.000001.${stan}`, content };
    const taken = { type: 'RequestTaken', data: { ...named, ...content, ...fact } } as const;
    const from = { request: name, by: { kind: 'terminal', id: 'M1.T1' } } as const;
    await new Journal(ledger.store).append(streams.request(name), 'no-stream', [taken], from);
    await ledger.caughtUp();
    await ledger.send(close('000002'));
    return reversal;
  }

  beforeEach(async () => {
    await ledger.send(sell(1));
  });

  test('goes on, for its batch had let it in', async () => {
    const reversal = await left(1);
    expect(await ledger.send(reversal)).toMatchObject({ answer: { outcome: 'reversed', saleId } });
    await expectInvariants(ledger);
  });

  test('keeps the batch of the void that it undid open no longer', async () => {
    await ledger.send(back('void', 1, 2, { amount: 4_000 }));
    const reversal = await left(2);
    expect(await ledger.send(reversal)).toMatchObject({ answer: { outcome: 'reversed', saleId } });
    expect(await ledger.send(close())).toMatchObject({ answer: { status: 'closed' } });
    await expectInvariants(ledger);
  });

  test('may come to nothing to undo', async () => {
    const reversal = await left(1);
    await ledger.send(timeout(2, 1));
    const first = await ledger.send(reversal);
    expect(first).toMatchObject({ answer: { outcome: 'already-reversed' } });
    expect(await ledger.send(reversal)).toEqual({ ...first, replayed: true });
  });

  test('may come to a refusal', async () => {
    const reversal = await left(1);
    await ledger.send({ op: 'settle', saleId });
    const first = await ledger.send(reversal);
    expect(first).toMatchObject({ refusal: { nextStep: 'refund' } });
    expect(await ledger.send(reversal)).toEqual({ ...first, replayed: true });
  });
});

test('the time-out reversal of a refund undoes it also on the next date, where its batch is not yet closed', async () => {
  await ledger.send(sell(1));
  await ledger.send(back('refund', 1, 2, { amount: 4_000 }));
  ledger.at('2026-11-25T02:00:00.000Z');
  expect(await ledger.send({ ...timeout(1, 2), batchNo: '000002' })).toMatchObject({
    answer: { outcome: 'reversed' },
  });
});

test('a refund that stands, as its sale settled since, is told with its amount, and when that was by the merchant’s clocks', async () => {
  await ledger.send(sell(1));
  await ledger.send(back('refund', 1, 2, { amount: 4_000 }));
  await ledger.send({ op: 'settle', saleId: 'M1.T1.000001.000001' });
  expect(await ledger.send(timeout(3, 2))).toMatchObject({
    refusal: {
      ...{ code: 'settled-since', responseCode: '12', cause: 'timing', nextStep: 'refund' },
      detail: {
        en: expect.stringMatching(
          /^The refund of CNY 40\.00 stands, as the sale settled at 2026-11-24 10:00:00 \+08:00/,
        ),
      },
    },
  });
});

test('the time-out reversal of a void that was refused names the sale, and undoes nothing', async () => {
  await ledger.send(sell(1));
  await ledger.send(back('void', 1, 2, { amount: 99_999 }));
  const answer = { outcome: 'never-arrived', saleId: 'M1.T1.000001.000001' };
  expect(await ledger.send(timeout(3, 2))).toMatchObject({ answer });
});

test('a refund whose batch is closed is not undone from another that is open', async () => {
  await ledger.send(sell(1));
  await ledger.send(back('refund', 1, 2));
  await ledger.send(close());
  expect(await ledger.send({ ...timeout(1, 2), batchNo: '000002' })).toMatchObject({
    refusal: {
      ...{ code: 'refund-cleared', responseCode: '12', cause: 'timing' },
      nextStep: 'contact-acquirer',
    },
  });
});

test('a time-out reversal does not enter a batch that is closed, wherever its original is', async () => {
  await ledger.send(sell(1));
  await ledger.send(close('000002'));
  const reversal = { ...timeout(1, 1), batchNo: '000002' };
  expect(await ledger.send(reversal)).toMatchObject({ refusal: { responseCode: '77' } });
  expect(await ledger.send(back('void', 1, 2))).toMatchObject({ answer: { status: 'voided' } });
});

test('a time-out reversal says on the sale which event took its name, and the business date that it is of', async () => {
  await ledger.send(sell(1));
  ledger.at('2026-11-24T17:00:00.000Z');
  await ledger.send({ ...timeout(1, 1), batchNo: '000002' });
  const [taken] = await ledger.store.readStream(streams.request('M1.T1.000002.000001'));
  const [, reversal] = await ledger.store.readStream(streams.request('M1.T1.000001.000001'));
  expect(JSON.parse(reversal?.data ?? '')).toMatchObject({ businessDate: '2026-11-25' });
  expect(JSON.parse(reversal?.metadata ?? '')).toMatchObject({ $causationId: taken?.id });
});

describe('what a time-out reversal undid counts no longer towards the day’s limits', () => {
  const daily = { sale: { count: 1 }, void: { count: 1 } };
  const voidPolicy = { partial: true };
  const assign = (limits: PlaceLimits) =>
    ledger.ledger.merchants.assignTerminal('M1', { terminalId: 'T1', storeId: 'S1', limits }, BY);
  const set = (limits: MerchantLimits) =>
    ledger.ledger.merchants.put('M1', settings({ voidPolicy, limits }), BY);

  test.each([
    ['the merchant', () => set({ daily })],
    ['the store', () => ledger.ledger.merchants.setStoreLimits('M1', 'S1', { daily }, BY)],
    ['the terminal', () => assign({ daily })],
    ['the card', () => set({ perCard: { daily } })],
  ])('of %s', async (_, limit) => {
    await limit();
    const above = { refusal: { code: 'within-limits' } };
    const part = (stan: number) => ledger.send(back('void', 1, stan, { amount: 100 }));
    await ledger.send(sell(1));
    expect(await part(2)).toHaveProperty('answer');
    expect(await part(3)).toMatchObject(above);
    await ledger.send(timeout(4, 2));
    expect(await part(5)).toHaveProperty('answer');
    expect(await ledger.send(sell(6))).toMatchObject(above);
    await ledger.send(timeout(7, 1));
    expect(await ledger.send(sell(8))).toHaveProperty('answer');
    expect(await ledger.send(back('void', 8, 9))).toMatchObject(above);
    await ledger.send(timeout(10, 5));
    expect(await ledger.send(back('void', 8, 11))).toHaveProperty('answer');
  });
});

describe('a batch that a time-out reversal was the first to use', () => {
  const elsewhere = { ...timeout(1, 1), batchNo: '000002' };
  const tomorrow = '2026-11-25T02:00:00.000Z';

  test.each([
    ['undid a sale', [sell(1)]],
    ['found nothing to undo', [sell(1), timeout(2, 1)]],
  ])('is of that date, though it %s', async (_, before) => {
    for (const sending of before) await ledger.send(sending);
    await ledger.send(elsewhere);
    ledger.at(tomorrow);
    expect(await ledger.send(sell(2, { batchNo: '000002' }))).toMatchObject({
      refusal: { responseCode: '77' },
    });
  });

  test('closes once that has come to its end', async () => {
    await ledger.send(sell(1));
    await ledger.send(elsewhere);
    for (const batchNo of ['000001', '000002']) {
      expect(await ledger.send(close(batchNo))).toMatchObject({ answer: { status: 'closed' } });
    }
  });
});
