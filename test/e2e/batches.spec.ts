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
  shop = await Shop.open(ledger, { fee: { basisPoints: 60 }, voidPolicy: { partial: true } });
});

const TOTALS = {
  saleCount: 2,
  saleAmount: 20_000,
  voidCount: 1,
  voidAmount: 3_000,
  refundCount: 0,
  refundAmount: 0,
};

/** Two sales, a part of the first one voided. */
async function trade(): Promise<void> {
  const { saleId } = await shop.sell();
  await shop.sell();
  await shop.void(saleId, { amount: 3_000 });
}

describe('a batch', () => {
  test('can be looked at while it is open', async () => {
    await trade();

    const { status, body } = await ledger.get(shop.batchPath());

    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'open',
      businessDate: '2026-03-02',
      currency: 'EUR',
      totals: TOTALS,
      settled: { count: 0, amount: 0, fee: 0, reserve: 0, net: 0 },
      reconciliation: 'not-sent',
      responseCode: '00',
    });
  });

  test('that was never used is not there: 404', async () => {
    const { status, body } = await ledger.get(shop.batchPath('000009'));

    expect([status, body.code]).toEqual([404, 'not-found']);
  });

  test('closes with the terminal’s totals, settles what is left, and says the same again', async () => {
    await trade();

    const closed = await shop.closeBatch({ totals: TOTALS });
    const again = await shop.closeBatch({ totals: TOTALS });
    const seen = await ledger.get(shop.batchPath());

    expect(closed.status).toBe(200);
    expect(closed.body).toEqual({
      merchantId: shop.merchantId,
      terminalId: 'T1',
      batchNo: '000001',
      status: 'closed',
      businessDate: '2026-03-02',
      currency: 'EUR',
      totals: TOTALS,
      settled: { count: 2, amount: 17_000, fee: 102, reserve: 0, net: 16_898 },
      reconciliation: 'matched',
      responseCode: '00',
      position: expect.stringMatching(/^\d{20}$/),
    });
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([200, 'true']);
    expect(again.body).toEqual(closed.body);
    expect(seen.body).toEqual(closed.body);
  });

  test('whose totals or items differ closes all the same, names the differences, and says 95', async () => {
    await trade();
    const items = [
      { stan: '000001', kind: 'sale', amount: 10_000 },
      { stan: '000003', kind: 'void', amount: 2_000 },
      { stan: '000009', kind: 'refund', amount: 1 },
    ];

    const { status, body } = await shop.closeBatch({
      totals: { ...TOTALS, saleCount: 3, voidAmount: 2_000 },
      items,
    });

    expect([status, body.reconciliation, body.responseCode]).toEqual([200, 'mismatched', '95']);
    expect(body.differences).toEqual([
      { field: 'saleCount', terminal: 3, ledger: 2 },
      { field: 'voidAmount', terminal: 2_000, ledger: 3_000 },
      { stan: '000002', kind: 'sale', terminal: null, ledger: 10_000 },
      { stan: '000003', kind: 'void', terminal: 2_000, ledger: 3_000 },
      { stan: '000009', kind: 'refund', terminal: 1, ledger: null },
    ]);
  });

  test('takes totals of any size, however they are written', async () => {
    const { status, body } = await shop.closeBatch({ totals: { ...TOTALS, saleAmount: 1e21 } });

    expect([status, body.reconciliation]).toEqual([200, 'mismatched']);
    expect(body.differences).toContainEqual({
      field: 'saleAmount',
      terminal: 1_000_000_000_000_000_000_000n,
      ledger: 0,
    });
  });

  test('takes an item that is listed more often than it can be, with any amount', async () => {
    await trade();
    const most = { stan: '000001', kind: 'sale', amount: 999_999_999_999 };

    const { status, body } = await shop.closeBatch({ items: [most, { ...most, amount: 1 }] });

    expect([status, body.status, body.reconciliation]).toEqual([200, 'closed', 'mismatched']);
    expect(body.differences).toContainEqual({
      ...{ stan: '000001', kind: 'sale' },
      ...{ terminal: 1_000_000_000_000, ledger: 10_000 },
    });
  });

  test('is compared anew only where other totals or items come than came last', async () => {
    await shop.sell({ amount: 10_000 });
    const item = { stan: '000001', kind: 'sale', amount: 10_000 };
    const [right, wrong] = [{ items: [item] }, { items: [{ ...item, amount: 1 }] }];
    const sides = [wrong, right, right, wrong, wrong];
    const closes = [];
    for (const side of sides) closes.push(await shop.closeBatch(side));
    const said = closes.map(({ body, headers }) => [
      body.reconciliation,
      body.responseCode,
      headers['idempotency-replayed'],
    ]);
    expect(said).toEqual([
      ['mismatched', '95', undefined],
      ['matched', '00', undefined],
      ['matched', '00', 'true'],
      ['mismatched', '95', undefined],
      ['mismatched', '95', 'true'],
    ]);
    expect(closes[2]?.body).toEqual(closes[1]?.body);
    expect(closes[4]?.body).toEqual(closes[3]?.body);
    expect((await ledger.get(shop.batchPath())).body).toEqual(closes[3]?.body);
  });

  test('that had nothing closes with zeros', async () => {
    const { status, body } = await shop.closeBatch({}, '000007');

    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'closed', settled: { count: 0, net: 0 } });
    expect(Object.values(body.totals as object)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('that is closed takes no sale: 409, 77', async () => {
    await shop.closeBatch();

    const { status, body } = await shop.trySale();

    expect([status, body.code, body.responseCode]).toEqual([409, 'batch-closed', '77']);
  });

  test('of yesterday takes no sale of today: 409, 77', async () => {
    await shop.set({ dayCloseAt: '23:00' });
    await shop.sell();
    shop.batchNo = '000002';
    await ledger.setClock('2026-03-02T22:59:59.999Z');
    await shop.sell();
    await ledger.setClock('2026-03-02T23:00:00Z');

    const { status, body } = await shop.trySale();

    expect([status, body.responseCode]).toEqual([409, '77']);
  });

  test.each([
    [{ total: {} }],
    [{ totals: {} }],
    [{ totals: { ...TOTALS, saleCount: -1 } }],
    [{ totals: { ...TOTALS, saleAmount: 1.5 } }],
    [{ totals: { ...TOTALS, saleAmount: '1' } }],
    [{ totals: { ...TOTALS, tips: 1 } }],
    [{ items: {} }],
    [{ items: [{ stan: '1', kind: 'sale', amount: 1 }] }],
    [{ items: [{ stan: '000001', kind: 'tip', amount: 1 }] }],
    [{ items: [{ stan: '000001', kind: 'sale', amount: 0 }] }],
    [{ items: [null] }],
    ['null'],
    ['[]'],
  ])('is not closed by %j: 400', async (body) => {
    await shop.sell();

    const { status } = await ledger.post(`${shop.batchPath()}/close`, body);
    const seen = await ledger.get(shop.batchPath());

    expect([status, seen.body.status]).toEqual([400, 'open']);
  });

  test.each([
    ['closed', (path: string) => ledger.post(`${path}/close`)],
    ['shown', (path: string) => ledger.get(path)],
  ])('of an unknown merchant, terminal or number is not %s', async (_, ask) => {
    const merchant = await ask('/v1/merchants/Nobody/terminals/T1/batches/000001');
    const terminal = await ask(shop.batchPath('000001', 'T9'));
    const number = await ask(shop.batchPath('1'));

    expect([merchant.status, merchant.body.responseCode]).toEqual([404, '03']);
    expect([terminal.status, terminal.body.responseCode]).toEqual([404, '97']);
    expect([number.status, number.body.responseCode]).toEqual([400, '30']);
  });
});

describe('POST /v1/merchants/{merchantId}/day-close', () => {
  test('closes every open batch of the merchant, or of one store', async () => {
    await shop.assign('T2', 'S2');
    await shop.sell();
    await shop.sell({ terminalId: 'T2' });
    await shop.sell({ terminalId: 'T2', batchNo: '000005' });

    const store = await shop.dayClose({ storeId: 'S1' });
    const merchant = await shop.dayClose();
    const nothing = await shop.dayClose();

    const named = (batches: { terminalId: string; batchNo: string; status: string }[]) =>
      batches.map(({ terminalId, batchNo, status }) => `${terminalId} ${batchNo} ${status}`);
    expect(store.status).toBe(200);
    expect(named(store.body.batches)).toEqual(['T1 000001 closed']);
    expect(named(merchant.body.batches).sort()).toEqual(['T2 000001 closed', 'T2 000005 closed']);
    expect([nothing.status, nothing.body]).toEqual([200, { batches: [], responseCode: '00' }]);
  });

  test('comes by itself when the business date ends', async () => {
    const { saleId } = await shop.sell();

    await ledger.setClock('2026-03-03T00:00:00Z');

    const batch = await ledger.get(shop.batchPath());
    const sale = await ledger.get(`/v1/sales/${saleId}`);
    expect([batch.body.status, batch.body.reconciliation]).toEqual(['closed', 'not-sent']);
    expect(sale.body).toMatchObject({
      status: 'settled',
      settlement: { fee: 60, reserve: 0, net: 9_940, valueDate: '2026-03-03', kind: 'batch' },
    });
    const nothing = { saleCount: 0, saleAmount: 0, voidCount: 0, voidAmount: 0 };
    const totals = { ...nothing, refundCount: 0, refundAmount: 0 };
    const late = await ledger.post(`${shop.batchPath()}/close`, { totals });
    const again = await ledger.post(`${shop.batchPath()}/close`, { totals });
    expect(late.body.reconciliation).toBe('mismatched');
    expect(again.body).toEqual(late.body);
    const repeated = [late, again].map(({ headers }) => headers['idempotency-replayed']);
    expect(repeated).toEqual([undefined, 'true']);
  });

  test('of a store that is not there answers as that store does, and closes nothing', async () => {
    await shop.sell();
    await ledger.put(`${shop.path}/stores/EMPTY`, { limits: { single: { void: 1 } } });

    const close = await shop.dayClose({ storeId: 'TYPO' });
    const store = await ledger.get(`${shop.path}/stores/TYPO`);
    const empty = await shop.dayClose({ storeId: 'EMPTY' });
    const batch = await ledger.get(shop.batchPath());

    expect([close.status, close.body]).toEqual([404, store.body]);
    expect([empty.status, empty.body.batches]).toEqual([200, []]);
    expect(batch.body.status).toBe('open');
  });

  test('of an unknown merchant answers 404, and of a bad store 400', async () => {
    const merchant = await ledger.post('/v1/merchants/Nobody/day-close');
    const store = await shop.dayClose({ storeId: 'S 1' });
    const unknown = await shop.dayClose({ store: 'S1' });

    expect([merchant.status, store.status, unknown.status]).toEqual([404, 400, 400]);
  });
});

describe('POST /v1/sales/{saleId}/settle', () => {
  test('asked many times at once settles once: every answer but one says that it is repeated', async () => {
    const { saleId } = await shop.sell();
    const ask = () => ledger.post(`/v1/sales/${saleId}/settle`);
    const answers = await Promise.all(Array.from({ length: 10 }, ask));
    const first = answers.filter(({ headers }) => headers['idempotency-replayed'] !== 'true');
    expect(first).toHaveLength(1);
    for (const { status, body } of answers) expect([status, body]).toEqual([200, first[0]?.body]);
  });

  test('settles a sale at once, and answers the same again', async () => {
    const { saleId } = await shop.sell();

    const first = await ledger.post(`/v1/sales/${saleId}/settle`);
    const again = await ledger.post(`/v1/sales/${saleId}/settle`, {});

    expect([first.status, first.headers['etag']]).toEqual([200, '"1"']);
    expect(first.body).toMatchObject({
      saleId,
      status: 'settled',
      settlement: { fee: 60, net: 9_940, valueDate: '2026-03-02', kind: 'instant' },
      responseCode: '00',
      revision: 1,
    });
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([200, 'true']);
    expect(again.body).toEqual(first.body);
  });

  test('is of the revision that If-Match names, and told again whatever that is', async () => {
    const { saleId } = await shop.sell();
    const settle = (ifMatch: string) =>
      ledger.post(`/v1/sales/${saleId}/settle`, undefined, { 'if-match': ifMatch });
    const stale = await settle('"7"');
    expect([stale.status, stale.body.code]).toEqual([412, 'revision']);
    for (const ifMatch of ['"0"', '"7"']) {
      expect((await settle(ifMatch)).body).toMatchObject({ status: 'settled', revision: 1 });
    }
  });

  test('answers 409 when nothing is left, 404 when there is no sale, 400 to a body', async () => {
    const { saleId } = await shop.sell();
    await shop.void(saleId);

    const voided = await ledger.post(`/v1/sales/${saleId}/settle`);
    const absent = await ledger.post(`/v1/sales/${shop.merchantId}.T1.000001.999999/settle`);
    const body = await ledger.post(`/v1/sales/${saleId}/settle`, { amount: 1 });
    const type = await ledger.post(`/v1/sales/${saleId}/settle`, 'x', { 'content-type': 'a/b' });

    expect([voided.status, voided.body.code]).toEqual([409, 'amount-remaining']);
    expect([absent.status, absent.body.responseCode]).toEqual([404, '25']);
    expect([body.status, type.status]).toEqual([400, 415]);
  });

  test('takes an empty body of any type', async () => {
    const { saleId } = await shop.sell();

    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const { status } = await ledger.post(`/v1/sales/${saleId}/settle`, '', type);

    expect(status).toBe(200);
  });
});
