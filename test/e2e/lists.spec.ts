import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Shop } from '../support/shop.js';
import { MORNING, Tillbook } from '../support/tillbook.js';

let ledger: Tillbook;
let shop: Shop;

beforeAll(async () => {
  ledger = await Tillbook.start();
});

beforeEach(async () => {
  await ledger.setClock(MORNING);
  shop = await Shop.open(ledger, { voidPolicy: { partial: true } });
});

interface Listed {
  readonly saleId: string;
}

/** Every page of a list, each with the ids on it. */
async function pages(query: string): Promise<string[][]> {
  const found: string[][] = [];
  let after = '';
  do {
    const { body } = await ledger.get(`${shop.path}/sales?${query}${after}`);
    found.push((body.sales as Listed[]).map(({ saleId }) => saleId));
    after = body.next === undefined ? '' : `&after=${encodeURIComponent(String(body.next))}`;
  } while (after !== '');
  return found;
}

describe('GET /v1/merchants/{merchantId}/sales', () => {
  test('shows a sale that was just taken, when told to wait for it', async () => {
    const { saleId, position, rrn } = await shop.sell();
    const { body: voided } = await shop.void(saleId, { amount: 3_000 });

    const { status, body } = await ledger.get(`${shop.path}/sales?after=${voided.position}`);

    expect(status).toBe(200);
    expect(body.next).toBeUndefined();
    expect(body.sales).toMatchObject([
      {
        saleId,
        rrn,
        status: 'open',
        amount: 10_000,
        voided: 3_000,
        refunded: 0,
        remaining: 7_000,
        currency: 'EUR',
        businessDate: '2026-03-02',
        terminalId: 'T1',
        storeId: 'S1',
        batchNo: '000001',
        revision: 1,
      },
    ]);
    expect(voided.position > position).toBe(true);
  });

  test('comes in pages that have each sale once, in the order of its date and the log', async () => {
    const taken: string[] = [];
    for (let sold = 0; sold < 5; sold += 1) taken.push((await shop.sell()).saleId as string);
    const { position } = await shop.sell();
    await ledger.get(`${shop.path}/sales?after=${position}`);

    const found = await pages('limit=2');

    expect(found.map((page) => page.length)).toEqual([2, 2, 2]);
    expect(found.flat().slice(0, 5)).toEqual(taken);
    expect(new Set(found.flat()).size).toBe(6);
  });

  test('has nothing of before `from`, wherever the page before has ended', async () => {
    await shop.sell();
    const { position } = await shop.sell();
    await ledger.get(`${shop.path}/sales?after=${position}`);
    const { body: page } = await ledger.get(`${shop.path}/sales?limit=1`);
    const { body: lines } = await ledger.get(`${shop.path}/statement?limit=1`);

    const sales = await ledger.get(`${shop.path}/sales?from=2026-03-03&after=${page.next}`);
    const statement = await ledger.get(
      `${shop.path}/statement?from=2026-03-03&after=${lines.next}`,
    );

    expect([sales.body.sales, statement.body.movements]).toEqual([[], []]);
  });

  test('can be of one status and of some dates', async () => {
    const open = (await shop.sell()).saleId as string;
    const voided = (await shop.sell()).saleId as string;
    await shop.void(voided);
    await ledger.setClock('2026-03-03T10:00:00Z');
    shop.batchNo = '000002';
    const { saleId: later, position } = await shop.sell();
    await ledger.get(`${shop.path}/sales?after=${position}`);

    expect(await pages('status=voided')).toEqual([[voided]]);
    expect(await pages('status=settled')).toEqual([[open]]);
    expect(await pages('from=2026-03-03')).toEqual([[later]]);
    expect(await pages('to=2026-03-02')).toEqual([[open, voided]]);
  });

  test('waits no longer than it must for a position that does not come: 503 and Retry-After', async () => {
    const { status, headers, body } = await ledger.get(
      `${shop.path}/balances?after=09000000000000000000`,
    );

    expect([status, body.code, body.responseCode]).toEqual([503, 'view-behind', '09']);
    expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
  });
});

describe('GET /v1/merchants/{merchantId}/batches', () => {
  test('lists a merchant’s batches with what they come to, also of one status', async () => {
    await shop.sell({ amount: 700 });
    const closed = (await shop.closeBatch()).body;
    shop.batchNo = '000002';
    const { position } = await shop.sell({ amount: 300 });
    const list = async (query: string) => (await ledger.get(`${shop.path}/batches?${query}`)).body;

    const { batches } = await list(`after=${position}`);
    const { merchantId, terminalId } = shop;
    const { totals, settled } = closed;
    const same = { merchantId, terminalId, businessDate: closed.businessDate, currency: 'EUR' };
    expect(batches).toEqual([
      { ...same, batchNo: '000001', status: 'closed', totals, settled },
      {
        ...{ ...same, batchNo: '000002', status: 'open' },
        totals: { ...totals, saleAmount: 300 },
        settled: { count: 0, amount: 0, fee: 0, reserve: 0, net: 0 },
      },
    ]);
    expect(totals).toMatchObject({ saleCount: 1, saleAmount: 700 });
    expect(await list('status=open')).toEqual({ batches: [batches[1]] });
    expect(await list('status=closed')).toEqual({ batches: [batches[0]] });
    const first = await list('limit=1');
    expect(first).toEqual({ batches: [batches[0]], next: `${merchantId}.T1.000001` });
    expect(await list(`limit=1&after=${first.next}`)).toEqual({ batches: [batches[1]] });
    expect((await ledger.get('/v1/merchants/NOBODY/batches')).status).toBe(404);
  });

  test('shows nothing of another merchant, whichever batch a page begins behind', async () => {
    const other = await Shop.open(ledger);
    await shop.sell();
    const { position } = await other.sell();
    await ledger.get(`${other.path}/batches?after=${position}`);

    for (const { path, merchantId } of [shop, other]) {
      const { batches } = (await ledger.get(`${path}/batches?after=0.T1.000000`)).body;
      expect(batches).toEqual([expect.objectContaining({ merchantId })]);
    }
  });
});

describe('GET /v1/merchants/{merchantId}/balances', () => {
  test('shows what is pending, then what is available, and nothing before any trade', async () => {
    const before = await ledger.get(`${shop.path}/balances`);
    const { saleId, position } = await shop.sell();
    const pending = await ledger.get(`${shop.path}/balances?after=${position}`);
    const settled = await ledger.post(`/v1/sales/${saleId}/settle`);
    const available = await ledger.get(`${shop.path}/balances?after=${settled.body.position}`);

    const none = { available: 0, pending: 0, receivable: 0, reserve: 0, inTransit: 0, paidOut: 0 };
    expect(before.body).toEqual([]);
    expect(pending.body).toEqual([{ ...none, currency: 'EUR', pending: 10_000 }]);
    expect(available.body).toEqual([{ ...none, currency: 'EUR', available: 10_000 }]);
  });

  test.each(['after=1', 'after=x', 'after=', 'limit=1', 'at=now'])('refuses ?%s', async (query) => {
    expect((await ledger.get(`${shop.path}/balances?${query}`)).status).toBe(400);
  });
});

describe('GET /v1/audit/events', () => {
  test('shows what happened to a merchant or a sale in the order of the log', async () => {
    const { saleId, position } = await shop.sell();
    await shop.void(saleId);

    const ofMerchant = await ledger.get(`/v1/audit/events?merchantId=${shop.merchantId}`);
    const ofSale = await ledger.get(`/v1/audit/events?saleId=${saleId}&after=${position}`);
    const ofType = await ledger.get(`/v1/audit/events?merchantId=${shop.merchantId}&type=Void`);

    const types = (events: { type: string }[]) => events.map(({ type }) => type);
    expect(types(ofMerchant.body.events)).toEqual([
      'MerchantRegistered',
      'TerminalAssigned',
      'Sale',
      'RequestTaken',
      'Void',
    ]);
    expect(types(ofSale.body.events)).toEqual(['RequestTaken', 'Void']);
    expect(types(ofType.body.events)).toEqual(['Void']);
  });

  test('goes on behind the position it is given', async () => {
    await shop.sell();

    const one = await ledger.get(`/v1/audit/events?limit=1&merchantId=${shop.merchantId}`);
    const two = await ledger.get(
      `/v1/audit/events?limit=1&merchantId=${shop.merchantId}&after=${one.body.next}`,
    );

    expect(one.body.events).toHaveLength(1);
    expect(two.body.events[0].position > one.body.events[0].position).toBe(true);
  });

  test.each(['limit=0', 'limit=1001', 'after=1', 'merchantId=a.b', 'type=Viod', 'what=1'])(
    'refuses ?%s: 400',
    async (query) => {
      expect((await ledger.get(`/v1/audit/events?${query}`)).status).toBe(400);
    },
  );

  test('names the types that there are where another is asked for', async () => {
    const { body } = await ledger.get('/v1/audit/events?type=Viod');

    const message: unknown = expect.stringMatching(/^must be one of Sale, Void, .*, HeadSigned$/);
    expect(body.errors).toEqual([{ field: 'type', message }]);
  });
});

describe('PUT /v1/sandbox/clock', () => {
  test('moves the clock to and fro, and what was done stays done', async () => {
    const { saleId } = await shop.sell();

    const forth = await ledger.put('/v1/sandbox/clock', { now: '2026-03-03T01:00:00+01:00' });
    const back = await ledger.put('/v1/sandbox/clock', { now: MORNING });

    expect([forth.status, forth.body]).toEqual([200, { now: '2026-03-03T00:00:00.000Z' }]);
    expect(back.body).toEqual({ now: MORNING });
    expect((await ledger.get(`/v1/sales/${saleId}`)).body.status).toBe('settled');
  });

  test.each([
    [{}],
    [{ now: 'tomorrow' }],
    [{ now: '2026-03-02T10:00:00' }],
    [{ now: 1 }],
    [{ now: '2026-13-02T10:00:00Z' }],
    [{ now: MORNING, zone: 'UTC' }],
  ])('is not moved by %j: 400', async (body) => {
    expect((await ledger.put('/v1/sandbox/clock', body)).status).toBe(400);
  });
});
