import { beforeEach, describe, expect, test } from '@jest/globals';
import type { BatchItem } from '../../../src/batches/domain/batch.events.js';
import { type EventStore, TooLargeError } from '../../../src/event-store/event-store.js';
import { NOTHING, settings } from '../../support/facts.js';
import { expectInvariants } from '../../support/invariants.js';
import { back, close, sell, timeout } from '../../support/requests.js';
import { of } from '../../support/specification.js';
import { newSqliteLog, TestLedger } from '../../support/test-ledger.js';

let ledger: TestLedger;

/** A store for which a close with items is too much. */
function takingNoItems(inner: EventStore): EventStore {
  return Object.assign(Object.create(inner) as EventStore, {
    append: async (...[stream, expected, events]: Parameters<EventStore['append']>) => {
      if (events.some(({ data }) => data.includes('"items"'))) throw new TooLargeError('too large');
      return inner.append(stream, expected, events);
    },
  });
}

beforeEach(async () => {
  ledger = await TestLedger.open();
  await ledger.register('M1', settings(), { T1: 'S1', T2: 'S2' });
});

const types = async (): Promise<string[]> => (await ledger.log()).map(({ event }) => event.type);

describe('the terminal’s own totals', () => {
  const right = { ...NOTHING, saleCount: 1, saleAmount: '10000', voidCount: 1, voidAmount: '500' };
  const items: BatchItem[] = [
    { stan: '000001', kind: 'sale', amount: of(10_000) },
    { stan: '000002', kind: 'void', amount: of(500) },
  ];
  beforeEach(async () => {
    await ledger.send(sell(1));
    await ledger.send(back('void', 1, 2, { amount: 500 }));
  });

  test('match', async () => {
    expect(await ledger.send(close('000001', { totals: right, items }))).toMatchObject({
      answer: { reconciliation: 'matched' },
    });
  });
  test('that differ are named, and the batch is closed all the same', async () => {
    const totals = { ...right, saleAmount: '9999' };
    expect(await ledger.send(close('000001', { totals, items: items.slice(1) }))).toMatchObject({
      answer: {
        status: 'closed',
        settled: { amount: '9500' },
        reconciliation: 'mismatched',
        differences: [
          { field: 'saleAmount', terminal: '9999', ledger: '10000' },
          { stan: '000001', kind: 'sale', terminal: null, ledger: 10_000 },
        ],
      },
    });
  });
  test('that differ in more items than are named count the rest', async () => {
    const made = Array.from({ length: 5_002 }, (_, index): BatchItem => {
      return { stan: String(100_001 + index), kind: 'sale', amount: of(1) };
    });
    const { answer } = (await ledger.send(close('000001', { items: made }))) as {
      answer: { differences: unknown[]; differencesLeftOut: number };
    };
    expect(answer).toMatchObject({ reconciliation: 'mismatched', differencesLeftOut: 4 });
    expect(answer.differences).toHaveLength(5_000);
    await expectInvariants(ledger);
  });
  test('of more than a store takes at once are refused, and the batch stays open', async () => {
    const log = newSqliteLog();
    const small = await TestLedger.open(log, { wrap: takingNoItems });
    await small.register('M1', settings(), { T1: 'S1' });
    await small.send(sell(1));
    await expect(small.send(close('000001', { items }))).rejects.toThrow(TooLargeError);
    expect(await small.send(sell(3))).toMatchObject({ answer: { status: 'open' } });
    expect(await small.send(close())).toMatchObject({ answer: { status: 'closed' } });
  });
  test('that come when the ledger has closed by itself are compared once and written down', async () => {
    ledger.at('2026-11-24T16:00:00.000Z');
    await ledger.closeDue();
    expect(await ledger.send(close())).toMatchObject({
      answer: { status: 'closed', reconciliation: 'not-sent' },
    });
    const late = await ledger.send(close('000001', { totals: { ...right, voidCount: 2 }, items }));
    expect(late).toMatchObject({
      answer: {
        reconciliation: 'mismatched',
        differences: [{ field: 'voidCount', terminal: '2', ledger: '1' }],
      },
    });
    const written = (await ledger.log()).at(-1);
    expect(written?.event.type).toBe('BatchReconciled');
    expect(late).toMatchObject({ answer: { position: written?.position } });
    const again = { ...late, replayed: true };
    const repeat = close('000001', { totals: { ...right, voidCount: 2 }, items });
    expect(await ledger.send(repeat)).toEqual(again);
    expect(await ledger.send(close())).toEqual(again);
    expect((await types()).filter((type) => type === 'BatchReconciled')).toHaveLength(1);
  });

  test('that come anew are compared anew, and answered as before only as long as nothing else was', async () => {
    const wrong = { ...right, saleAmount: '9999' };
    const sides = [{ totals: wrong }, { totals: right }, { totals: right, items: items.slice(1) }];
    const found = [
      { reconciliation: 'mismatched' },
      { reconciliation: 'matched' },
      {
        reconciliation: 'mismatched',
        differences: [{ stan: '000001', kind: 'sale', terminal: null, ledger: 10_000 }],
      },
    ];
    for (const [at, side] of [...sides, ...sides].entries()) {
      const compared = await ledger.send(close('000001', side));
      expect(compared).toMatchObject({ answer: found[at % 3] as object, replayed: false });
      for (const repeat of [side, {}]) {
        expect(await ledger.send(close('000001', repeat))).toEqual({ ...compared, replayed: true });
      }
    }
    expect((await types()).slice(-6)).toEqual(['BatchClosed', ...Array(5).fill('BatchReconciled')]);
    await expectInvariants(ledger);
  });

  test('that are right, then wrong, then right again leave the batch matched', async () => {
    const wrong = { ...right, saleAmount: '9999' };
    for (const totals of [right, wrong]) await ledger.send(close('000001', { totals }));
    expect(await ledger.send(close('000001', { totals: right }))).toMatchObject({
      answer: { reconciliation: 'matched' },
    });
    const batch = { merchantId: 'M1', terminalId: 'T1', batchNo: '000001' };
    expect(await ledger.ledger.batches.batch(batch)).toMatchObject({ reconciliation: 'matched' });
  });

  test('that differ and come at the same moment are each compared', async () => {
    const wrong = { ...right, saleAmount: '9999' };
    const [one, other] = await Promise.all(
      [right, wrong].map((totals) => ledger.send(close('000001', { totals }))),
    );
    expect(one).toMatchObject({ answer: { reconciliation: 'matched' } });
    expect(other).toMatchObject({ answer: { reconciliation: 'mismatched' } });
    expect((await types()).filter((type) => type === 'BatchReconciled')).toHaveLength(1);
  });
});

test('items are compared with what stands: without a sale that was reversed before the close', async () => {
  await ledger.send(sell(1));
  await ledger.send(sell(2));
  await ledger.send(timeout(3, 2));

  const totals = { ...NOTHING, saleCount: 1, saleAmount: '10000' };
  const items: BatchItem[] = [{ stan: '000001', kind: 'sale', amount: of(10_000) }];
  expect(await ledger.send(close('000001', { totals, items }))).toMatchObject({
    answer: { status: 'closed', reconciliation: 'matched' },
  });
});

test('items that come late are compared with what the close found: of a sale reversed since, too', async () => {
  await ledger.send(sell(1));
  await ledger.send(back('void', 1, 1, { terminalId: 'T2' }));
  await ledger.send(sell(2));
  await ledger.send({ ...timeout(3, 2) });
  await ledger.send(sell(4));
  ledger.at('2026-11-24T16:00:00.000Z');
  await ledger.closeDue();
  const reversed = await ledger.send({ ...timeout(1, 1), batchNo: '000002' });
  expect(reversed).toMatchObject({ answer: { outcome: 'reversed' } });
  await ledger.caughtUp();

  const totals = { ...NOTHING, saleCount: 2, saleAmount: '20000' };
  const items: BatchItem[] = [
    { stan: '000001', kind: 'sale', amount: of(10_000) },
    { stan: '000004', kind: 'sale', amount: of(10_000) },
  ];
  const late = await ledger.send(close('000001', { totals, items }));
  expect(late).toMatchObject({ answer: { reconciliation: 'matched' } });
});

test('items that come late are compared with what the close found: with a void undone since, too', async () => {
  await ledger.send(sell(1));
  await ledger.send(back('void', 1, 1, { terminalId: 'T2', amount: 500 }));
  await ledger.send({ op: 'day-close', merchantId: 'M1', storeId: 'S2' });
  const undoing = { ...timeout(1, 1), terminalId: 'T2', batchNo: '000002' };
  expect(await ledger.send(undoing)).toMatchObject({ answer: { outcome: 'reversed' } });
  await ledger.caughtUp();

  const totals = { ...NOTHING, voidCount: 1, voidAmount: '500' };
  const items: BatchItem[] = [{ stan: '000001', kind: 'void', amount: of(500) }];
  const late = await ledger.send(close('000001', { terminalId: 'T2', totals, items }));
  expect(late).toMatchObject({ answer: { reconciliation: 'matched' } });
});
