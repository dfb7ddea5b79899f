import { beforeAll, describe, expect, test } from '@jest/globals';
import { totalsOf } from '../../src/accounting/books.render.js';
import { exported } from '../../src/audit/export.js';
import { KeptBooks } from '../../src/audit/replay/kept-books.js';
import { ReplayedLedger } from '../../src/audit/replay/replayed-ledger.js';
import { SaleReplay } from '../../src/audit/replay/sale-replay.js';
import type { Until } from '../../src/audit/until.js';
import type { EventStore, Position, StoredEvent } from '../../src/event-store/event-store.js';
import { openEventStoreReader } from '../../src/event-store/open-event-store.js';
import { exactText } from '../../src/http/json.js';
import { remaining, statusOf } from '../../src/sales/domain/sale.js';
import type { VoidabilityAnswer } from '../../src/sales/voidability.dto.js';
import { renderVoidability } from '../../src/sales/sales.render.js';
import { Shop } from '../support/shop.js';
import { afterSuite } from '../support/store-folder.js';
import { Tillbook } from '../support/tillbook.js';
import { storeSettings } from '../support/store-settings.js';
import { openStoreOf, runTool } from '../support/tool.js';

let ledger: Tillbook;
let shop: Shop;
let saleId: string;
let voidedAt: string;
let store: EventStore;
let replayed: SaleReplay;

/** 100.00 taken at ten, 30.00 of it voided at eleven, settled by a close at noon, 5.00 of it refunded at one. */
beforeAll(async () => {
  ledger = await Tillbook.start();
  shop = await Shop.open(ledger, { fee: { basisPoints: 100 }, voidPolicy: { partial: true } });
  ({ saleId } = (await shop.sell()) as { saleId: string });
  await ledger.setClock('2026-03-02T11:00:00.000Z');
  voidedAt = String((await shop.void(saleId, { amount: 3_000 })).body.position);
  await ledger.setClock('2026-03-02T12:00:00.000Z');
  await shop.closeBatch();
  await ledger.setClock('2026-03-02T13:00:00.000Z');
  const { position } = (await shop.refund(saleId, { amount: 500, batchNo: '000002' })).body;
  await ledger.get(`${shop.path}/balances?after=${String(position)}`);
  const { folder } = ledger.service;
  store = await openEventStoreReader(storeSettings(folder).EVENT_STORE_URL);
  const books = new KeptBooks(folder);
  replayed = new SaleReplay(store, books);
  afterSuite(async () => {
    books.close();
    await store.close();
  });
});

async function replayedLedger(until: Until | undefined): Promise<ReplayedLedger> {
  const replayed = new ReplayedLedger();
  for await (const page of exported(store, until)) replayed.take(page);
  return replayed;
}

async function replay(...args: string[]): Promise<Record<string, never>[]> {
  const { code, out, errors } = await runTool(ledger.service.folder, ['replay', '--json', ...args]);
  expect([code, errors.replace(/^\{"what".*\n/gm, '')]).toEqual([0, '']);
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, never>);
}

describe('ledger replay --sale', () => {
  test.each([
    ['2026-03-02T10:30:00Z', 'open', 10_000, 'void'],
    ['2026-03-02T11:30:00Z', 'open', 7_000, 'void'],
    ['2026-03-02T12:30:00Z', 'settled', 7_000, 'refund'],
    ['2026-03-02T14:00:00Z', 'settled', 6_500, 'refund'],
  ])('until %s it is %s, %i are left, and it can be given back by %s', async (time, ...told) => {
    const until = { time: Date.parse(time) };
    const sale = await replayed.sale(saleId, until);
    const { answer } = await replayed.voidability(saleId, until);
    expect(sale && [statusOf(sale.sale), remaining(sale.sale), answer.decision]).toEqual(told);
  });

  test('until a position it is as the API has it as of there', async () => {
    const api = await ledger.get(`/v1/sales/${saleId}/voidability?position=${voidedAt}`);
    const position = voidedAt as Position;
    const then = renderVoidability(saleId, await replayed.voidability(saleId, { position }));
    expect(JSON.parse(exactText(then))).toEqual(api.body);
    expect((await replayed.sale(saleId, { position }))?.sale.voided).toBe(3_000);
  });

  test('followed, it is told after each event that changed it or what could be done with it', async () => {
    const steps = (await replay('--sale', saleId, '--follow')).slice(0, -1) as never as {
      event: { type: string };
      voidability: VoidabilityAnswer;
    }[];
    expect(steps.map(({ event, voidability }) => [event.type, voidability.decision])).toEqual([
      ['Sale', 'void'],
      ['Void', 'void'],
      ['BatchCloseRequested', 'refund'],
      ['Settled', 'refund'],
      ['BatchClosed', 'refund'],
      ['Refund', 'refund'],
    ]);
  });

  test('of one that was not taken by then, or not by that merchant, says so, with exit code 1', async () => {
    const args = ['replay', '--sale', saleId, '--until', '2026-03-02T09:00:00Z'];
    const { code, errors } = await runTool(ledger.service.folder, args);
    expect([code, errors]).toEqual([1, `there was no sale ${saleId} by then\n`]);
    const elsewhere = ['replay', '--sale', saleId, '--merchant', 'M1'];
    expect((await runTool(ledger.service.folder, elsewhere)).code).toBe(1);
  });
});

describe('ledger replay', () => {
  test('of a merchant shows its balances, sales and batches as they were', async () => {
    const api = await ledger.get(`${shop.path}/balances`);
    const then = await replayedLedger({ time: Date.parse('2026-03-02T11:30:00Z') });
    expect(then.balances(shop.merchantId)).toMatchObject([{ pending: 7_000n, available: 0n }]);
    expect(then.sales(shop.merchantId)).toMatchObject([
      { currency: 'EUR', status: 'open', count: 1n, amount: 10_000n },
    ]);
    expect(then.openBatches(undefined)).toMatchObject([
      { status: 'open', businessDate: '2026-03-02' },
    ]);
    then.close();
    const [now] = await replay('--merchant', shop.merchantId);
    expect(now).toMatchObject({ balances: api.body, sales: [{ status: 'settled', count: 1 }] });
  });

  test('tells people amounts as they are written, in major units', async () => {
    const args = ['replay', '--merchant', shop.merchantId, '--until', '2026-03-02T14:00:00Z'];
    const { out } = await runTool(ledger.service.folder, args);
    const lines = out.trim().split('\n').slice(2);
    expect(lines).toEqual([
      'sales settled: 1, of EUR 100.00',
      expect.stringMatching(/^batch \S+ is open$/),
      'EUR: 0.00 pending, 64.30 available, 0.00 in reserve, 0.00 in transit, 0.00 paid out',
    ]);
  });

  test('of the whole ledger shows books that net to zero, and leaves nothing out', async () => {
    const whole = await replayedLedger(undefined);
    expect([whole.merchants.size, whole.leftOut]).toEqual([1, []]);
    const [total] = totalsOf(whole.trialBalance());
    expect(total?.currency).toBe('EUR');
    expect(total?.debit).toBe(total?.credit);
    whole.close();
  });

  test('followed, it steps through every event, those of sales with what could be done then', async () => {
    const { out } = await runTool(ledger.service.folder, ['replay', '--follow']);
    expect(out).toMatch(/^\d{20} \S+ MerchantRegistered \(merchant-/);
    expect(out).toMatch(
      / Void \(sale-.*\n {4}\S+ open: EUR 70\.00 of EUR 100\.00 left\n {4}void: /,
    );
    expect(out).toMatch(/\ndebits and credits of EUR \d+\.\d\d\n$/);
  });
});

describe('ledger replay --merchant', () => {
  let other: Shop;

  beforeAll(async () => {
    other = await Shop.open(ledger);
    const { position } = await other.sell();
    await ledger.get(`${other.path}/balances?after=${position}`);
    const lines = [shop, other].map(({ merchantId }) => {
      return { merchantId, businessDate: '2026-03-02', amount: 100 };
    });
    const payment = { currency: 'EUR', receivedOn: '2026-03-02' };
    await ledger.post('/v1/acquirer/payments', { ...payment, paymentId: 'P1', lines });
    const its = lines.slice(0, 1);
    await ledger.post('/v1/acquirer/payments', { ...payment, paymentId: 'P2', lines: its });
    await ledger.put(`${other.path}/refund-right`, { status: 'frozen', reason: 'checked' });
  });

  test('followed, steps through what is of the merchant, payments with a line for it included', async () => {
    const steps = (await replay('--merchant', other.merchantId, '--follow')) as never as {
      type?: string;
      event?: { type: string };
    }[];
    expect(steps.slice(0, -1).map(({ event, type }) => event?.type ?? type)).toEqual([
      'MerchantRegistered',
      'TerminalAssigned',
      'Sale',
      'AcquirerPaid',
      'RightFrozen',
    ]);
  });

  test('shows its own batches, its rights and how many events were read', async () => {
    const args = ['replay', '--merchant', other.merchantId];
    const { out } = await runTool(ledger.service.folder, args);
    const [, events, ...lines] = out.trim().split('\n');
    const [all] = await replay();
    expect(events).toBe(
      `${String(all?.['events'])} events, the last of 2026-03-02T13:00:00.000Z at position ${all?.['asOf']?.['position']}`,
    );
    expect(lines).toEqual([
      'sales open: 1, of EUR 100.00',
      `batch ${other.merchantId}.T1.000001 is open`,
      'the refund right is frozen',
      'EUR: 100.00 pending, 0.00 available, 0.00 in reserve, 0.00 in transit, 0.00 paid out',
    ]);
  });

  test('tells what it owes', async () => {
    await ledger.put(`${other.path}/refund-right`, { status: 'active', reason: 'checked' });
    await other.closeBatch();
    const saleId = `${other.merchantId}.T1.000001.000001`;
    const chargeback = { chargebackId: 'CB1', reason: 'not received', fee: 250 };
    await ledger.post(`/v1/sales/${saleId}/chargebacks`, chargeback);
    const args = ['replay', '--merchant', other.merchantId];
    const { out } = await runTool(ledger.service.folder, args);
    expect(out).toContain('EUR: 0.00 pending, 0.00 available, 2.50 receivable, 0.00 in reserve');
  });
});

test('an event about its merchant that can not be read is left out of what a sale’s replay says, and told', async () => {
  const ledger = await Tillbook.start();
  const shop = await Shop.open(ledger);
  const { saleId } = (await shop.sell()) as { saleId: string };
  ledger.close();
  await ledger.service.stop();
  const { folder } = ledger.service;
  const log = await openStoreOf(folder);
  const { id, metadata, data } = (
    await log.readStream(`merchant-${shop.merchantId}`)
  )[0] as StoredEvent;
  const event = { id: id.replace(/^.{8}/, '00000000'), type: 'MerchantPainted', data, metadata };
  const { position } = await log.append(`merchant-${shop.merchantId}`, 'any', [event]);
  await log.close();

  const { code, out } = await runTool(folder, ['replay', '--sale', saleId, '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ sale: { saleId }, leftOut: [position] });
  const there = await runTool(folder, ['replay', '--sale', saleId, '--until', position]);
  expect([there.code, there.out]).toEqual([0, expect.stringContaining(`at position ${position}`)]);
  const stepped = await runTool(folder, ['replay', '--follow']);
  expect(stepped.code).toBe(0);
  expect(stepped.out).toContain(`${position} MerchantPainted: can't be read`);
  const then = await runTool(folder, [
    'replay',
    '--sale',
    saleId,
    '--until',
    String(Number(position) - 1),
  ]);
  expect([then.code, then.out]).toEqual([0, expect.not.stringContaining('left out')]);
});
