import { beforeEach, describe, expect, test } from '@jest/globals';
import { encode } from '../../../src/ledger/event-codec.js';
import type { LedgerEvent } from '../../../src/ledger/domain/ledger-event.js';
import { SALE_TIME, saleWith, settings } from '../../support/facts.js';
import { back, close, sell } from '../../support/requests.js';
import { BY, newSqliteLog, TestLedger, type TestLog } from '../../support/test-ledger.js';

let log: TestLog;
let ledger: TestLedger;

beforeEach(async () => {
  log = newSqliteLog();
  ledger = await TestLedger.open(log);
  await ledger.register('M1', settings(), { T1: 'S1', T2: 'S2' });
});

const dayClose = (more: object = {}) => ({ op: 'day-close', merchantId: 'M1', ...more }) as const;

const refusedWith = (code: string, responseCode: string) => ({ refusal: { code, responseCode } });

const types = async (): Promise<string[]> => (await ledger.log()).map(({ event }) => event.type);

describe('a day-close', () => {
  test('closes every open batch of the merchant, and no other', async () => {
    await ledger.register('M2', settings(), { T1: 'S1' });
    await ledger.send(sell(1));
    await ledger.send(sell(1, { batchNo: '000002' }));
    await ledger.send(sell(1, { terminalId: 'T2' }));
    await ledger.send(sell(1, { merchantId: 'M2' }));
    expect(await ledger.send(dayClose())).toMatchObject({
      answer: { batches: [{ status: 'closed' }, { status: 'closed' }, { status: 'closed' }] },
    });
    expect(await ledger.send(dayClose())).toMatchObject({ answer: { batches: [] } });
    expect(await ledger.send(sell(2, { merchantId: 'M2' }))).toHaveProperty('answer');
  });
  test('of a store closes its batches only', async () => {
    await ledger.send(sell(1));
    await ledger.send(sell(1, { terminalId: 'T2' }));
    expect(await ledger.send(dayClose({ storeId: 'S2' }))).toMatchObject({
      answer: { batches: [{ terminalId: 'T2' }] },
    });
    expect(await ledger.send(back('void', 1, 2))).toMatchObject({ answer: { kind: 'void' } });
    expect(await ledger.send(back('void', 'M1.T2.000001.000001', 3))).toMatchObject(
      refusedWith('funds-not-settled', '12'),
    );
  });
  test('while requests are under way counts each in it or refuses it', async () => {
    const sales = Array.from({ length: 20 }, (_, index) => sell(index + 1));
    const outcomes = await Promise.all([
      ...sales.slice(0, 10).map((sale) => ledger.send(sale)),
      ledger.send(dayClose()),
      ...sales.slice(10).map((sale) => ledger.send(sale)),
    ]);
    const taken = outcomes.filter((outcome) => 'answer' in outcome).length - 1;
    await ledger.send(dayClose());
    expect(await ledger.send(close())).toMatchObject({
      answer: { totals: { saleCount: taken }, settled: { count: taken } },
    });
  });
  test('against voids at the same moment: one of the two wins each sale, and the sums agree', async () => {
    for (let stan = 1; stan <= 10; stan += 1) await ledger.send(sell(stan));
    const voids = Array.from({ length: 10 }, (_, index) =>
      back('void', index + 1, index + 1, { terminalId: 'T2' }),
    );
    const [, ...outcomes] = await Promise.all([
      ledger.send(close()),
      ...voids.map((request) => ledger.send(request)),
    ]);
    const voided = outcomes.filter((outcome) => 'answer' in outcome).length;
    for (const outcome of outcomes) {
      if ('refusal' in outcome) {
        expect(['day-open', 'funds-not-settled']).toContain(outcome.refusal.code);
        expect(outcome.refusal.nextStep).toBe('refund');
      }
    }
    expect(await ledger.send(close())).toMatchObject({
      answer: { totals: { saleCount: 10 }, settled: { count: 10 - voided } },
    });
    expect(await ledger.send(close('000001', { terminalId: 'T2' }))).toMatchObject({
      answer: { totals: { voidCount: voided } },
    });
  });
});

describe('by itself', () => {
  test('the ledger closes at the cut-off, and not a millisecond before', async () => {
    await ledger.send(sell(1));
    ledger.at('2026-11-24T15:59:59.999Z');
    await ledger.closeDue();
    expect(await types()).not.toContain('BatchCloseRequested');
    ledger.at('2026-11-24T16:00:00.000Z');
    await ledger.closeDue();
    await ledger.closeDue();
    const closes = (await ledger.log()).filter(({ event }) => event.type.startsWith('Batch'));
    expect(closes.map(({ event }) => event)).toMatchObject([
      { type: 'BatchCloseRequested', data: { requestedBy: 'ledger', businessDate: '2026-11-24' } },
      { type: 'BatchClosed', data: { settled: { count: 1 } } },
    ]);
  });
  test('goes by the end that the batch’s sales carry, wherever the cut-off is now', async () => {
    await ledger.send(sell(1));
    await ledger.register('M1', settings({ dayCloseAt: '12:00' }), {});
    ledger.at('2026-11-24T15:59:59.999Z');
    await ledger.closeDue();
    expect(await types()).not.toContain('BatchCloseRequested');
  });
  test('closes what the time before a restart has left open', async () => {
    await ledger.send(sell(1));
    await ledger.send(sell(1, { batchNo: '000002', currency: 'USD' }));
    await ledger.close();
    ledger = await TestLedger.open(log, { viewsDir: ledger.viewsDir });
    ledger.at('2026-11-24T16:00:00.000Z');
    await ledger.closeDue();
    const closed = (await ledger.log()).filter(({ event }) => event.type === 'BatchClosed');
    expect(closed).toHaveLength(2);
  });
});

test('a day-close knows a terminal that was assigned while it learned what is open', async () => {
  const log = newSqliteLog();
  const before = await TestLedger.open(log);
  await before.register('M1', settings(), { T1: 'S1' });
  await before.close();
  const ledger = await TestLedger.open(log);
  const append = async (stream: string, event: LedgerEvent): Promise<void> => {
    const written = encode(event, { request: stream, by: BY, recordedAt: SALE_TIME });
    await ledger.store.append(stream, 'any', [written]);
  };
  const { views } = ledger;
  const waitFor = views.waitFor.bind(views);
  views.waitFor = async (_, names) => {
    views.waitFor = waitFor;
    const terminal = { merchantId: 'M1', terminalId: 'T2', storeId: 'S2', occurredAt: SALE_TIME };
    await append('merchant-M1', { type: 'TerminalAssigned', data: terminal });
    const saleId = 'M1.T2.000001.000001';
    await append(`sale-${saleId}`, saleWith({ saleId, terminalId: 'T2', storeId: 'S2' }));
    await waitFor(await ledger.store.head(), names);
  };

  expect(await ledger.ledger.batches.dayClose('M1', 'S2', BY)).toMatchObject({
    answer: { batches: [{ terminalId: 'T2', status: 'closed' }] },
  });
});

test('a day-close of more batches than are closed side by side closes and tells of every one', async () => {
  const ledger = await TestLedger.open();
  const terminals = Array.from({ length: 300 }, (_, index) => `T${index}`);
  await ledger.register(
    'M1',
    settings(),
    Object.fromEntries(terminals.map((terminalId) => [terminalId, 'S1'])),
  );
  await Promise.all(terminals.map((terminalId) => ledger.send(sell(1, { terminalId }))));

  const closed = await ledger.ledger.batches.dayClose('M1', undefined, BY);

  expect(closed).toMatchObject({
    answer: { batches: terminals.map((terminalId) => ({ terminalId, status: 'closed' })) },
  });
  const types = (await ledger.log()).map(({ event }) => event.type);
  const lastShut = types.lastIndexOf('BatchCloseRequested');
  expect(types.indexOf('Settled')).toBeGreaterThan(lastShut);
  expect(types.filter((type) => type === 'BatchClosed')).toHaveLength(300);
});
