import { beforeAll, describe, expect, test } from '@jest/globals';
import { CARD, requestOf, Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';

let ledger: Tillbook;

beforeAll(async () => {
  ledger = await Tillbook.start();
});

interface Outcome {
  readonly status: number;
  readonly body: { readonly code: string; readonly responseCode: string };
}

function expectAbove({ status, body }: Outcome, responseCode: string): void {
  expect([status, body.code, body.responseCode]).toEqual([422, 'within-limits', responseCode]);
}

describe('a limit on a single amount', () => {
  test('refuses the sale above it for good, and takes the one at it', async () => {
    const shop = await Shop.open(ledger, { limits: { single: { sale: 5_000 } } });
    const body = shop.saleBody({ amount: 5_001 });

    const refused = await ledger.post('/v1/sales', body);
    const repeat = await ledger.post('/v1/sales', body);

    expectAbove(refused, '61');
    expect(refused.body.nextStep).toBe('contact-acquirer');
    expect([repeat.headers['idempotency-replayed'], repeat.body]).toEqual(['true', refused.body]);
    const { merchantId, terminalId, batchNo, stan } = body;
    const path = `/v1/requests/${merchantId}/${terminalId}/${batchNo}/${stan}`;
    expect((await ledger.get(path)).body).toMatchObject({
      kind: 'sale',
      outcome: 'refused',
      code: 'within-limits',
    });
    await shop.sell({ amount: 5_000 });
  });

  test('of voids sends to a refund, and shows in the answer to the question', async () => {
    const shop = await Shop.open(ledger, {
      voidPolicy: { partial: true },
      limits: { single: { void: 2_000, refund: 9_000 } },
    });
    const { saleId } = await shop.sell();
    const asked = async (amount: number) =>
      (await ledger.get(`/v1/sales/${saleId}/voidability?amount=${amount}`)).body;

    expect(await asked(2_000)).toMatchObject({ decision: 'void', void: { maxAmount: 2_000 } });
    expect(await asked(2_001)).toMatchObject({
      decision: 'refund',
      void: { allowed: false, maxAmount: 2_000 },
    });
    const { conditions } = await asked(9_001);
    const failing = (conditions as { code: string; for: string; met: boolean }[])
      .filter(({ met }) => !met)
      .map(({ code, for: kind }) => [kind, code]);
    expect(failing).toEqual([
      ['void', 'within-limits'],
      ['refund', 'within-limits'],
    ]);
    const refused = await shop.void(saleId, { amount: 2_001 });
    expectAbove(refused, '61');
    expect(refused.body.nextStep).toBe('refund');
    expect((await shop.refund(saleId, { amount: 2_001 })).status).toBe(201);
  });
});

describe('a limit on what is done', () => {
  test('takes only the card types that are allowed; one that is not told is none of them', async () => {
    const shop = await Shop.open(ledger, { limits: { cardTypes: ['debit'] } });

    expectAbove(await shop.trySale(), '61');
    expectAbove(await shop.trySale({ card: { token: 'tok_plain', last4: '0001' } }), '61');
    await shop.sell({ card: { ...CARD, type: 'debit' } });
  });

  test('allows no refund where only sales and voids are', async () => {
    const shop = await Shop.open(ledger);
    const limits = { transactionTypes: ['sale', 'void'] };
    await ledger.put(`${shop.path}/terminals/T1`, { storeId: 'S1', limits });
    const { saleId } = await shop.sell();
    await ledger.post(`/v1/sales/${saleId}/settle`);

    expectAbove(await shop.refund(saleId), '61');
  });

  test('lets parts of one sale be refunded at once, of which no daily sum is asked', async () => {
    const shop = await Shop.open(ledger, {
      refundPolicy: { whileVoidable: 'allow' },
      limits: { single: { sale: 50_000 } },
    });
    const { saleId } = await shop.sell();

    const parts = await Promise.all([1, 2, 3, 4].map((amount) => shop.refund(saleId, { amount })));

    expect(parts.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect((await ledger.get('/health/live')).status).toBe(200);
  });
});

describe('a daily limit', () => {
  test('counts to its end and no further, however many come at once, and over a restart', async () => {
    const own = await Tillbook.start({ clock: 'running' });
    const farHour = (new Date().getUTCHours() + 12) % 24;
    const shop = await Shop.open(own, {
      dayCloseAt: `${String(farHour).padStart(2, '0')}:00`,
      limits: { daily: { sale: { count: 5, amount: 1_000_000 } } },
    });
    const all = await Promise.all(Array.from({ length: 20 }, () => shop.trySale()));

    expect(all.filter(({ status }) => status === 201)).toHaveLength(5);
    for (const answer of all.filter(({ status }) => status !== 201)) expectAbove(answer, '65');
    const again = await own.restart({ clock: 'running' });
    const after = shop.through(again);
    expectAbove(await after.trySale(), '65');

    await again.setClock(new Date(Date.now() + 86_400_000).toISOString());
    after.batchNo = '000002';
    await after.sell();
  });

  test('is of a business date, which ends at the cut-off in the merchant’s zone: not at midnight, here or there', async () => {
    const own = await Tillbook.start();
    const shop = await Shop.open(own, {
      timeZone: 'America/New_York',
      dayCloseAt: '03:00',
      voidPolicy: { partial: true },
      refundPolicy: { whileVoidable: 'allow' },
      limits: { daily: { sale: { count: 2 }, void: { amount: 500 }, refund: { amount: 700 } } },
    });
    const spend = async () => {
      const { saleId } = await shop.sell();
      const others = await Promise.all([
        shop.void(saleId, { amount: 500 }),
        shop.refund((await shop.sell()).saleId, { amount: 700 }),
      ]);
      expect(others.map(({ status }) => status)).toEqual([201, 201]);
      return saleId as string;
    };
    const expectSpent = async (saleId: string) => {
      expectAbove(await shop.trySale(), '65');
      expectAbove(await shop.void(saleId, { amount: 1 }), '61');
      expectAbove(await shop.refund(saleId, { amount: 1 }), '61');
    };
    const first = await spend();
    await expectSpent(first);

    await own.setClock('2026-03-03T02:59:59.999-05:00');
    await expectSpent(first);
    await own.setClock('2026-03-03T03:00:00-05:00');
    shop.batchNo = '000002';
    await expectSpent(await spend());
    own.close();
  });

  test('counts for a question about a time still to come, until its business date is over', async () => {
    const shop = await Shop.open(ledger, {
      dayCloseAt: '23:00',
      voidPolicy: { partial: true },
      limits: { daily: { void: { count: 1 }, refund: { count: 1 } } },
    });
    const { saleId } = await shop.sell();
    await shop.void(saleId, { amount: 1 });
    const asked = async (at = '') =>
      (await ledger.get(`/v1/sales/${saleId}/voidability?amount=1${at && `&at=${at}`}`)).body;
    const now = await asked();
    const { until } = now.void as { until: string };
    const { time } = now.asOf as { time: string };

    expect(now).toMatchObject({ decision: 'refund', void: { maxAmount: 0 } });
    expect(await asked(time)).toMatchObject({ decision: 'refund', conditions: now.conditions });
    const last = new Date(Date.parse(until) - 1).toISOString();
    expect(await asked(last)).toMatchObject({ decision: 'refund', void: { maxAmount: 0 } });
    const past = new Date(Date.parse(time) - 1).toISOString();
    expect(await asked(past)).toMatchObject({ decision: 'none' });
  });

  test('of amounts is of each currency for itself', async () => {
    const shop = await Shop.open(ledger, { limits: { daily: { sale: { amount: 15_000 } } } });
    await shop.assign('T2', 'S1', 'USD');
    await shop.sell();

    expectAbove(await shop.trySale({ amount: 5_001 }), '61');
    await shop.sell({ terminalId: 'T2', currency: 'USD', amount: 15_000 });
    await shop.sell({ amount: 5_000 });
  });

  test('of a terminal, of a store and of a card are kept each for itself', async () => {
    const shop = await Shop.open(ledger, {
      limits: { perCard: { daily: { sale: { count: 2 } } } },
    });
    const once = { limits: { daily: { sale: { count: 1 } } } };
    await shop.assign('T2', 'S2');
    await shop.assign('T3', 'S2');
    await ledger.put(`${shop.path}/terminals/T1`, { storeId: 'S1', ...once });
    expect((await ledger.put(`${shop.path}/stores/S2`, once)).status).toBe(200);
    const card = (token: string) => ({ card: { token, last4: '0001' } });

    await shop.sell({ terminalId: 'T1', ...card('tok_a') });
    expectAbove(await shop.trySale({ terminalId: 'T1', ...card('tok_b') }), '65');
    await shop.sell({ terminalId: 'T2', ...card('tok_a') });
    expectAbove(await shop.trySale({ terminalId: 'T3', ...card('tok_b') }), '65');

    expect((await ledger.put(`${shop.path}/stores/S2`, {})).body).not.toHaveProperty('limits');
    expectAbove(await shop.trySale({ terminalId: 'T3', ...card('tok_a') }), '65');
    await shop.sell({ terminalId: 'T3', ...card('tok_b') });
  });

  test('of a store is kept also where its merchant has none', async () => {
    const shop = await Shop.open(ledger);
    await ledger.put(`${shop.path}/stores/S1`, { limits: { daily: { sale: { count: 1 } } } });
    await shop.sell();
    expectAbove(await shop.trySale(), '65');
  });

  test('of amounts has all of a sale back that is reversed, also what was voided of it before', async () => {
    const shop = await Shop.open(ledger, {
      voidPolicy: { partial: true },
      limits: { daily: { sale: { amount: 10_000 } } },
    });
    const own = shop.saleBody();
    const { saleId } = (await ledger.post('/v1/sales', own)).body;
    await shop.void(saleId, { amount: 3_000 });

    await shop.timeOut(own);

    await shop.sell();
    expectAbove(await shop.trySale({ amount: 1 }), '61');
  });

  test('of voids has one back that is undone once its sale was', async () => {
    const shop = await Shop.open(ledger, {
      voidPolicy: { partial: true },
      limits: { daily: { void: { count: 1 } } },
    });
    const other = await shop.sell();
    const [sale, voiding] = [shop.saleBody(), shop.request()];
    const { saleId } = (await ledger.post('/v1/sales', sale)).body;
    await shop.void(saleId, { ...voiding, amount: 3_000 });

    for (const request of [sale, voiding]) await shop.timeOut(request);

    expect((await shop.void(other.saleId)).status).toBe(201);
  });

  test('that is set in the middle of the day counts the whole of it', async () => {
    const shop = await Shop.open(ledger);
    for (let count = 0; count < 3; count += 1) await shop.sell();
    await shop.set({ limits: { daily: { sale: { count: 3 } } } });

    expectAbove(await shop.trySale(), '65');
  });

  test('of voids is given back at once by a time-out reversal, and a sale that is reversed does not count', async () => {
    const shop = await Shop.open(ledger, {
      limits: { daily: { sale: { count: 2 }, void: { count: 1 } } },
    });
    const [first, second] = [await shop.sell(), await shop.sell()];
    const voided = await shop.void(first.saleId);
    expectAbove(await shop.void(second.saleId), '65');
    for (const name of [voided.body.voidId, second.saleId]) {
      expect((await shop.timeOut(requestOf(name))).body.outcome).toBe('reversed');
    }

    expect((await shop.void(first.saleId)).status).toBe(201);
    await shop.sell();
    expectAbove(await shop.trySale(), '65');
  });
});

describe('GET of a terminal and of a store', () => {
  test('tells the limits that were set, and no more once they were taken away', async () => {
    const shop = await Shop.open(ledger);
    const limits = { single: { sale: 5_000 }, daily: { void: { count: 2 } } };
    await ledger.put(`${shop.path}/terminals/T2`, { storeId: 'S1', currency: 'USD', limits });
    await ledger.put(`${shop.path}/stores/S1`, { limits });
    const own = { merchantId: shop.merchantId, responseCode: '00' };
    const [terminal, store] = [`${shop.path}/terminals/T2`, `${shop.path}/stores/S1`];
    expect((await ledger.get(terminal)).body).toEqual({
      ...{ ...own, terminalId: 'T2', storeId: 'S1', currency: 'USD', limits },
    });
    expect((await ledger.get(store)).body).toEqual({
      ...{ ...own, storeId: 'S1', limits, terminals: ['T1', 'T2'] },
    });

    await shop.assign('T1', 'S2');
    await ledger.put(terminal, { storeId: 'S2' });
    expect((await ledger.get(store)).body).toEqual({
      ...{ ...own, storeId: 'S1', limits, terminals: [] },
    });
    await shop.assign('T1', 'S1');
    await ledger.put(store, {});
    expect((await ledger.get(terminal)).body).toEqual({
      ...{ ...own, terminalId: 'T2', storeId: 'S2' },
    });
    expect((await ledger.get(store)).body).toEqual({
      ...{ ...own, storeId: 'S1', terminals: ['T1'] },
    });
  });

  test('is 404 where there is none', async () => {
    const shop = await Shop.open(ledger);
    const terminal = await ledger.get(`${shop.path}/terminals/T9`);
    expect([terminal.status, terminal.body.code]).toEqual([404, 'unknown-terminal']);
    expect((await ledger.get(`${shop.path}/stores/S9`)).status).toBe(404);
    for (const place of ['stores/S1', 'terminals/T1']) {
      const { status, body } = await ledger.get(`/v1/merchants/NOBODY/${place}`);
      expect([status, body.code, body.responseCode]).toEqual([404, 'unknown-merchant', '03']);
    }
  });
});
