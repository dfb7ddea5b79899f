import { beforeAll, describe, expect, test } from '@jest/globals';
import { accounts, matchOf, settledSale } from '../support/funding.js';
import { requestOf, Shop } from '../support/shop.js';
import { MORNING, Tillbook } from '../support/tillbook.js';

const TODAY = '2026-03-02';

let ledger: Tillbook;
let payments = 0;

beforeAll(async () => {
  ledger = await Tillbook.start();
});

function pay(shop: Shop, line: object, fields: object = {}) {
  payments += 1;
  return ledger.post('/v1/acquirer/payments', {
    paymentId: `P${payments}`,
    currency: 'EUR',
    receivedOn: '2026-03-04',
    lines: [{ merchantId: shop.merchantId, businessDate: TODAY, ...line }],
    ...fields,
  });
}

describe('the acquirer’s payments', () => {
  test('match what it owes for a date, cost included', async () => {
    const { shop, position } = await settledSale(ledger);
    expect((await matchOf(ledger, shop, position))[0]).toMatchObject({
      businessDate: TODAY,
      expected: 10_000,
      difference: 10_000,
      status: 'awaited',
    });

    const { status, body } = await pay(shop, { amount: 9_880, schemeCost: 120 });

    expect(status).toBe(201);
    expect(body).toMatchObject({ amount: 9_880, schemeCost: 120 });
    expect(await matchOf(ledger, shop, body.position)).toEqual([
      {
        merchantId: shop.merchantId,
        currency: 'EUR',
        businessDate: TODAY,
        status: 'matched',
        expected: 10_000,
        received: 9_880,
        schemeCost: 120,
        difference: 0,
        claims: [
          {
            terminalId: 'T1',
            batchNo: '000001',
            expected: 10_000,
            received: 0,
            schemeCost: 0,
            difference: 10_000,
            isClosed: true,
          },
          { expected: 0, received: 9_880, schemeCost: 120, difference: -10_000, isClosed: true },
        ],
      },
    ]);
    const balances = await ledger.get(`${shop.path}/balances?after=${body.position}`);
    expect(balances.body).toMatchObject([{ available: 9_800, paidOut: 0 }]);
    expect(await accounts(ledger, shop, body.position)).toEqual({
      settlement_bank: 9_880,
      scheme_cost: 120,
      merchant_available: -9_800,
      mdr_revenue: -200,
    });
  });

  test('are listed by the date of their arrival, in pages, each with the sums of its lines', async () => {
    const { shop } = await settledSale(ledger);
    const line = { merchantId: shop.merchantId, businessDate: TODAY };
    const lines = [
      { ...line, amount: 9_000, schemeCost: 100 },
      { ...line, amount: -50 },
    ];
    const late = await pay(shop, {}, { receivedOn: '2031-05-02', reference: 'R1', lines });
    const early = await pay(shop, { amount: 1 }, { receivedOn: '2031-05-01' });
    const list = async (query: string) => {
      const path = `/v1/acquirer/payments?from=2031-05-01&to=2031-05-02&${query}`;
      return (await ledger.get(path)).body;
    };
    const { payments: listed } = await list(`after=${early.body.position}`);
    const told = { currency: 'EUR', occurredAt: MORNING };
    expect(listed).toEqual([
      {
        ...{ ...told, paymentId: early.body.paymentId, receivedOn: '2031-05-01' },
        ...{ amount: 1, schemeCost: 0, lineCount: 1 },
      },
      {
        ...{ ...told, paymentId: late.body.paymentId, receivedOn: '2031-05-02', reference: 'R1' },
        ...{ amount: 8_950, schemeCost: 100, lineCount: 2 },
      },
    ]);
    const first = await list('limit=1');
    expect(first).toMatchObject({ payments: [listed[0]], next: expect.any(String) });
    expect(await list(`limit=1&after=${first.next}`)).toEqual({ payments: [listed[1]] });
  });

  test('are no longer awaited once there was one, though it brought nothing but its cost', async () => {
    const { shop } = await settledSale(ledger);
    const { body } = await pay(shop, { amount: 0, schemeCost: 120 });
    const [match] = await matchOf(ledger, shop, body.position);
    expect(match).toMatchObject({ status: 'short', received: 0, difference: 9_880 });
  });

  test('that differ are listed with what is missing', async () => {
    const { shop } = await settledSale(ledger);
    const batch = { terminalId: 'T1', batchNo: '000001' };
    const { body } = await pay(shop, { ...batch, amount: 9_000, schemeCost: 100 });
    const query = `merchantId=${shop.merchantId}&status=short&after=${body.position}`;
    const short = await ledger.get(`/v1/acquirer/settlements?${query}`);
    expect(short.body.settlements[0]).toMatchObject({ difference: 900, status: 'short' });
    expect(short.body.settlements[0].claims).toEqual([
      {
        ...batch,
        expected: 10_000,
        received: 9_000,
        schemeCost: 100,
        difference: 900,
        isClosed: true,
      },
    ]);
  });

  test('are compared for a date while no batch of it is open, whatever other batches they name', async () => {
    const { shop, saleId } = await settledSale(ledger);
    const unknown = await pay(shop, { terminalId: 'T1', batchNo: '000777', amount: 9_000 });
    expect((await matchOf(ledger, shop, unknown.body.position))[0]).toMatchObject({
      status: 'short',
      difference: 1_000,
    });

    const { body: refunded } = await shop.refund(saleId, { amount: 1_000 });
    expect((await matchOf(ledger, shop, refunded.position))[0].status).toBe('open');
    const { body: closed } = await shop.closeBatch();
    expect((await matchOf(ledger, shop, closed.position))[0]).toMatchObject({
      status: 'matched',
      difference: 0,
    });
  });

  test('of a batch stand under its own date, also where they came before it with another', async () => {
    const { shop } = await settledSale(ledger);
    const batch = { terminalId: 'T1', batchNo: shop.batchNo };
    const early = await pay(shop, { ...batch, businessDate: '2026-02-27', amount: 500 });
    expect(await matchOf(ledger, shop, early.body.position)).toHaveLength(2);
    await shop.sell({ amount: 700 });
    const { body } = await shop.closeBatch();
    expect(await matchOf(ledger, shop, body.position)).toMatchObject([
      { businessDate: TODAY, expected: 10_700, received: 500 },
    ]);
  });

  test('are for the batch of the sale, whichever batch it was voided or reversed from', async () => {
    const shop = await Shop.open(ledger, { voidPolicy: { partial: true } });
    const [kept, gone] = [await shop.sell(), await shop.sell()];
    const batchNo = shop.batchNo;
    shop.batchNo = '000002';
    await shop.void(kept.saleId, { amount: 1_000 });
    const { position } = (await shop.timeOut(requestOf(gone.saleId))).body;

    const query = `merchantId=${shop.merchantId}&from=${TODAY}&to=${TODAY}&after=${position}`;
    const { settlements } = (await ledger.get(`/v1/acquirer/settlements?${query}`)).body;
    expect(settlements).toMatchObject([{ claims: [{ batchNo, expected: 9_000 }] }]);
  });

  test('sent again are one payment; another under the same name is refused', async () => {
    const { shop } = await settledSale(ledger);
    const first = await pay(shop, { amount: 100 }, { paymentId: 'SAME' });
    const again = await pay(shop, { amount: 100 }, { paymentId: 'SAME' });
    const fields = { currency: 'USD', receivedOn: '2026-03-05', reference: 'again' };
    const other = await pay(shop, { amount: 101 }, { ...fields, paymentId: 'SAME' });

    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toEqual(first.body);
    expect([other.status, other.body.responseCode, other.body.fields]).toEqual([
      409,
      '94',
      ['currency', 'receivedOn', 'reference', 'lines'],
    ]);
    expect((await ledger.get('/v1/acquirer/payments/SAME')).body).toEqual(first.body);
  });

  test.each(['1969-12-31', '9999-12-31'])(
    'came on a date that a clock can show: %s',
    async (date) => {
      const { shop } = await settledSale(ledger);
      const { status, body } = await pay(shop, { amount: 1 }, { receivedOn: date });
      expect([status, body.errors]).toEqual([
        400,
        [expect.objectContaining({ field: 'receivedOn' })],
      ]);
    },
  );

  test('of nothing are malformed, and their name stays free', async () => {
    const { shop } = await settledSale(ledger);
    const empty = await pay(shop, {}, { paymentId: 'EMPTY', lines: [] });
    expect([empty.status, empty.body.errors]).toEqual([
      400,
      [expect.objectContaining({ field: 'lines' })],
    ]);
    expect((await pay(shop, { amount: 1 }, { paymentId: 'EMPTY' })).status).toBe(201);
  });

  test.each([{ terminalId: 'T1' }, { batchNo: '000001' }])(
    'name a batch as a whole, not by %j alone',
    async (half) => {
      const { shop } = await settledSale(ledger);
      const { status, body } = await pay(shop, { ...half, amount: 1 });
      expect([status, body.errors]).toEqual([400, [expect.objectContaining({ field: 'lines.0' })]]);
    },
  );

  test('are not looked for from a later date to an earlier one', async () => {
    const query = 'from=2026-03-03&to=2026-03-02';
    const { status, body } = await ledger.get(`/v1/acquirer/settlements?${query}`);
    expect([status, body.code]).toEqual([400, 'malformed']);
  });

  test('of an unknown merchant are refused and change nothing', async () => {
    const { shop } = await settledSale(ledger);
    const refused = await pay(shop, { merchantId: 'NOBODY', amount: 1 }, { paymentId: 'NONE' });
    expect([refused.status, refused.body.responseCode]).toEqual([404, '03']);
    expect((await ledger.get('/v1/acquirer/payments/NONE')).status).toBe(404);
  });
});

describe('the settlement report', () => {
  /** Undone by a request of another batch than the refund's. */
  const refundAndUndo = async (shop: Shop, saleId: string) => {
    const request = shop.request();
    await shop.refund(saleId, { ...request, amount: 1_000 });
    await shop.timeOut(request, { batchNo: '000009' });
  };

  test('has each batch and day with a line for each fee, and fees given back', async () => {
    const shop = await Shop.open(ledger, {
      fee: { basisPoints: 200, perCardType: { debit: { basisPoints: 50, cap: 20 } } },
      refundPolicy: { feeReturn: 'proportional' },
    });
    const card = { token: 'tok_d', last4: '1111' };
    const credit = await shop.sell({ amount: 10_000, card: { ...card, type: 'credit' } });
    await shop.sell({ amount: 10_000, card: { ...card, type: 'debit' } });
    await shop.closeBatch();
    shop.batchNo = '000002';
    await shop.refund(credit.saleId, { amount: 5_000 });
    await refundAndUndo(shop, credit.saleId);
    const { body: closed } = await shop.closeBatch();

    const { body } = await ledger.get(`${shop.path}/settlements?after=${closed.position}`);

    expect(
      body.batches.map(({ batchNo, fee, feeReturned }: never) => [batchNo, fee, feeReturned]),
    ).toEqual([
      ['000001', 220, 0],
      ['000002', 0, 100],
    ]);
    expect(
      body.batches[0].lines.map(({ cardType, amount, fee }: never) => [cardType, amount, fee]),
    ).toEqual([
      ['credit', 10_000, 200],
      ['debit', 10_000, 20],
    ]);
    expect(body.days).toEqual([
      expect.objectContaining({
        count: 2,
        amount: 20_000,
        fee: 220,
        net: 19_780,
        refundAmount: 5_000,
        feeReturned: 100,
      }),
    ]);
    const { next } = (await ledger.get(`${shop.path}/settlements?limit=1`)).body;
    const rest = (await ledger.get(`${shop.path}/settlements?limit=1&after=${next}`)).body;
    expect([rest.batches, rest.next]).toEqual([body.batches.slice(1), undefined]);
    const later = await ledger.get(`${shop.path}/settlements?from=2026-03-03&after=${next}`);
    expect(later.body.batches).toEqual([]);
  });

  test('tells a refund of before the settlement with the sale, and not as one of what has settled', async () => {
    const shop = await Shop.open(ledger, { refundPolicy: { whileVoidable: 'allow' } });
    const { saleId } = await shop.sell({ amount: 10_000 });
    await shop.refund(saleId, { amount: 4_000 });
    await refundAndUndo(shop, saleId);
    const { body: closed } = await shop.closeBatch();
    const { body } = await ledger.get(`${shop.path}/settlements?after=${closed.position}`);
    expect(body.days).toMatchObject([
      { gross: 10_000, refunded: 4_000, amount: 6_000, refundAmount: 0 },
    ]);
  });
});
