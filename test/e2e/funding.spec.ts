import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Answer } from '../support/http-client.js';
import { Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';

const TODAY = '2026-03-02';

let ledger: Tillbook;
let payments = 0;

beforeAll(async () => {
  ledger = await Tillbook.start();
});

async function settledSale(settings: object = {}) {
  const shop = await Shop.open(ledger, { fee: { basisPoints: 200 }, ...settings });
  const { saleId } = await shop.sell({ amount: 10_000 });
  const { body } = await shop.closeBatch();
  shop.batchNo = '000002';
  return { shop, saleId, position: body.position };
}

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

async function matchOf(shop: Shop, position: string) {
  const query = `merchantId=${shop.merchantId}&after=${position}`;
  return (await ledger.get(`/v1/acquirer/settlements?${query}`)).body.settlements;
}

async function accounts(shop: Shop, position: string): Promise<Record<string, number>> {
  const query = `merchantId=${shop.merchantId}&after=${position}`;
  const { body } = await ledger.get(`/v1/ledger/trial-balance?${query}`);
  const rows = body.accounts as { account: string; debit: number; credit: number }[];
  return Object.fromEntries(rows.map(({ account, debit, credit }) => [account, debit - credit]));
}

describe('the acquirer’s payments', () => {
  test('match what it owes for a date, cost included', async () => {
    const { shop, position } = await settledSale();
    expect((await matchOf(shop, position))[0]).toMatchObject({
      businessDate: TODAY,
      expected: 10_000,
      difference: 10_000,
      status: 'awaited',
    });

    const { status, body } = await pay(shop, { amount: 9_880, schemeCost: 120 });

    expect(status).toBe(201);
    expect(await matchOf(shop, body.position)).toEqual([
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
    expect(await accounts(shop, body.position)).toEqual({
      settlement_bank: 9_880,
      scheme_cost: 120,
      merchant_available: -9_800,
      mdr_revenue: -200,
    });
  });

  test('are no longer awaited once there was one, though it brought nothing but its cost', async () => {
    const { shop } = await settledSale();
    const { body } = await pay(shop, { amount: 0, schemeCost: 120 });
    const [match] = await matchOf(shop, body.position);
    expect(match).toMatchObject({ status: 'short', received: 0, difference: 9_880 });
  });

  test('that differ are listed with what is missing', async () => {
    const { shop } = await settledSale();
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
    const { shop, saleId } = await settledSale();
    const unknown = await pay(shop, { terminalId: 'T1', batchNo: '000777', amount: 9_000 });
    expect((await matchOf(shop, unknown.body.position))[0]).toMatchObject({
      status: 'short',
      difference: 1_000,
    });

    const { body: refunded } = await shop.refund(saleId, { amount: 1_000 });
    expect((await matchOf(shop, refunded.position))[0].status).toBe('open');
    const { body: closed } = await shop.closeBatch();
    expect((await matchOf(shop, closed.position))[0]).toMatchObject({
      status: 'matched',
      difference: 0,
    });
  });

  test('of a batch stand under its own date, also where they came before it with another', async () => {
    const { shop } = await settledSale();
    const batch = { terminalId: 'T1', batchNo: shop.batchNo };
    const early = await pay(shop, { ...batch, businessDate: '2026-02-27', amount: 500 });
    expect(await matchOf(shop, early.body.position)).toHaveLength(2);
    await shop.sell({ amount: 700 });
    const { body } = await shop.closeBatch();
    expect(await matchOf(shop, body.position)).toMatchObject([
      { businessDate: TODAY, expected: 10_700, received: 500 },
    ]);
  });

  test('are for the batch of the sale, whichever batch it was voided or reversed from', async () => {
    const shop = await Shop.open(ledger, { voidPolicy: { partial: true } });
    const [kept, gone] = [await shop.sell(), await shop.sell()];
    const batchNo = shop.batchNo;
    shop.batchNo = '000002';
    await shop.void(kept.saleId, { amount: 1_000 });
    const original = { batchNo, stan: gone.saleId.slice(-6) };
    const undone = { ...shop.request(), original };
    const { position } = (await ledger.post('/v1/timeout-reversals', undone)).body;

    const query = `merchantId=${shop.merchantId}&from=${TODAY}&to=${TODAY}&after=${position}`;
    const { settlements } = (await ledger.get(`/v1/acquirer/settlements?${query}`)).body;
    expect(settlements).toMatchObject([{ claims: [{ batchNo, expected: 9_000 }] }]);
  });

  test('sent again are one payment; another under the same name is refused', async () => {
    const { shop } = await settledSale();
    const first = await pay(shop, { amount: 100 }, { paymentId: 'SAME' });
    const again = await pay(shop, { amount: 100 }, { paymentId: 'SAME' });
    const other = await pay(shop, { amount: 101 }, { paymentId: 'SAME' });

    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toEqual(first.body);
    expect([other.status, other.body.responseCode, other.body.fields]).toEqual([
      409,
      '94',
      ['lines'],
    ]);
    expect((await ledger.get('/v1/acquirer/payments/SAME')).body).toEqual(first.body);
  });

  test.each(['1969-12-31', '9999-12-31'])(
    'came on a date that a clock can show: %s',
    async (date) => {
      const { shop } = await settledSale();
      const { status, body } = await pay(shop, { amount: 1 }, { receivedOn: date });
      expect([status, body.errors]).toEqual([
        400,
        [expect.objectContaining({ field: 'receivedOn' })],
      ]);
    },
  );

  test('of nothing are malformed, and their name stays free', async () => {
    const { shop } = await settledSale();
    const empty = await pay(shop, {}, { paymentId: 'EMPTY', lines: [] });
    expect([empty.status, empty.body.errors]).toEqual([
      400,
      [expect.objectContaining({ field: 'lines' })],
    ]);
    expect((await pay(shop, { amount: 1 }, { paymentId: 'EMPTY' })).status).toBe(201);
  });

  test('of an unknown merchant are refused and change nothing', async () => {
    const { shop } = await settledSale();
    const refused = await pay(shop, { merchantId: 'NOBODY', amount: 1 }, { paymentId: 'NONE' });
    expect([refused.status, refused.body.responseCode]).toEqual([404, '03']);
    expect((await ledger.get('/v1/acquirer/payments/NONE')).status).toBe(404);
  });
});

describe('a chargeback', () => {
  const open = (saleId: string, fields: object = {}) =>
    ledger.post(`/v1/sales/${saleId}/chargebacks`, {
      chargebackId: 'CB1',
      reason: 'not received',
      ...fields,
    });

  test('takes the money and its fee from the merchant; won, the money comes back', async () => {
    const { shop, saleId } = await settledSale();

    const opened = await open(saleId, { amount: 4_000, fee: 1_500 });
    expect(opened.status).toBe(201);
    expect(opened.body).toMatchObject({
      status: 'open',
      amount: 4_000,
      fee: 1_500,
      remaining: 6_000,
    });
    expect(await accounts(shop, opened.body.position)).toEqual({
      acquirer_receivable: 6_000,
      merchant_available: -4_300,
      mdr_revenue: -200,
      chargeback_fee: -1_500,
    });

    const won = await ledger.post(`/v1/sales/${saleId}/chargebacks/CB1/won`, {});
    expect(won.body).toMatchObject({ status: 'won', remaining: 10_000 });
    expect(await accounts(shop, won.body.position)).toEqual({
      acquirer_receivable: 10_000,
      merchant_available: -8_300,
      mdr_revenue: -200,
      chargeback_fee: -1_500,
    });
    const { body: list } = await ledger.get(`${shop.path}/sales?after=${won.body.position}`);
    expect(list.sales).toMatchObject([{ saleId, remaining: 10_000 }]);
    expect(await matchOf(shop, won.body.position)).toMatchObject([{ expected: 10_000 }]);
    const lost = await ledger.post(`/v1/sales/${saleId}/chargebacks/CB1/lost`);
    expect([lost.status, lost.body.code]).toEqual([409, 'chargeback-status']);
  });

  test('that is told again has its first answer, and another story under its name is refused', async () => {
    const { saleId } = await settledSale();
    const told = { amount: 4_000, fee: 1_500, evidenceRef: 'IMG-1' };
    const differing = async (answer: Promise<Answer>) => {
      const { status, body, headers } = await answer;
      return [status, status === 409 ? body.detail : headers['idempotency-replayed']];
    };
    await open(saleId, told);
    expect(await differing(open(saleId, told))).toEqual([201, 'true']);
    const other = { ...told, fee: 1_400, reason: 'not ordered', evidenceRef: 'IMG-2' };
    expect(await differing(open(saleId, other))).toEqual([
      409,
      expect.stringContaining('fee, reason, evidenceRef'),
    ]);
    const won = (fields: object) =>
      differing(ledger.post(`/v1/sales/${saleId}/chargebacks/CB1/won`, fields));
    expect(await won({ returnFee: false })).toEqual([200, undefined]);
    expect(await won({})).toEqual([200, 'true']);
    expect(await won({ returnFee: true })).toEqual([409, expect.stringContaining('returnFee')]);
  });

  test('is lost without a body: one that says something is refused, and leaves it open', async () => {
    const { saleId } = await settledSale();
    await open(saleId);
    const lost = (sent: object) => ledger.post(`/v1/sales/${saleId}/chargebacks/CB1/lost`, sent);
    expect(await lost({ returnFee: true })).toMatchObject({
      status: 400,
      body: { code: 'malformed' },
    });
    expect((await lost({})).body.status).toBe('lost');
    const won = await ledger.post(`/v1/sales/${saleId}/chargebacks/CB1/won`, {});
    expect([won.status, won.body.code]).toEqual([409, 'chargeback-status']);
  });

  test('without a fee is won once, whether or not the fee is to be given back', async () => {
    const { saleId } = await settledSale();
    await open(saleId);
    const won = (fields: object) => ledger.post(`/v1/sales/${saleId}/chargebacks/CB1/won`, fields);
    const first = await won({});
    expect(first.status).toBe(200);
    expect((await won({ returnFee: true })).body).toEqual(first.body);
  });

  test('and refunds together are never more than the sale', async () => {
    const { shop, saleId } = await settledSale();
    await shop.refund(saleId, { amount: 7_000 });

    const above = await open(saleId, { amount: 3_001 });
    expect([above.status, above.body.responseCode]).toEqual([422, '61']);
    const rest = await open(saleId);
    expect(rest.body).toMatchObject({ amount: 3_000, remaining: 0 });
    const lost = await ledger.post(`/v1/sales/${saleId}/chargebacks/CB1/lost`);
    expect(lost.body.status).toBe('lost');

    const refund = await shop.refund(saleId, { amount: 1 });
    expect([refund.status, refund.body.code]).toEqual([409, 'amount-remaining']);
    const sale = await ledger.get(`/v1/sales/${saleId}`);
    expect(sale.body).toMatchObject({ chargedBack: 3_000, remaining: 0, status: 'refunded' });
    const { body } = await ledger.get(`${shop.path}/sales?after=${lost.body.position}`);
    const { revision } = sale.body;
    const gone = { chargedBack: 3_000, remaining: 0, status: 'refunded', revision };
    expect(body.sales[0]).toMatchObject(gone);
  });

  test('of all that there is leaves the sale settled: nothing of it was voided', async () => {
    const { shop, saleId } = await settledSale();
    const { body } = await open(saleId);
    const gone = { chargedBack: 10_000, remaining: 0, status: 'settled' };
    expect((await ledger.get(`/v1/sales/${saleId}`)).body).toMatchObject(gone);
    const list = await ledger.get(`${shop.path}/sales?after=${body.position}`);
    expect(list.body.sales).toMatchObject([gone]);
  });

  test('of a sale that has not settled is refused', async () => {
    const shop = await Shop.open(ledger);
    const { saleId } = await shop.sell();
    const { status, body } = await open(saleId);
    expect([status, body.code, body.nextStep]).toEqual([409, 'not-settled', 'wait']);

    await shop.void(saleId);
    const never = await open(saleId);
    expect([never.status, never.body.code, never.body.nextStep]).toEqual([
      422,
      'amount-allowed',
      'none',
    ]);
  });

  test('sent again is one chargeback', async () => {
    const { saleId } = await settledSale();
    const first = await open(saleId, { amount: 1_000 });
    const again = await open(saleId, { amount: 1_000 });
    const other = await open(saleId, { amount: 2_000 });
    expect(again.body).toEqual(first.body);
    expect([other.status, other.body.fields]).toEqual([409, ['amount']]);
  });
});

describe('a write-off', () => {
  test('gives up what a merchant owes, and never more', async () => {
    const { shop, saleId } = await settledSale();
    const { body } = await shop.refund(saleId);
    const owed = await ledger.get(`${shop.path}/balances?after=${body.position}`);
    expect(owed.body[0]).toMatchObject({ available: 0, receivable: 200 });

    const writeOff = (fields: object) =>
      ledger.post(`${shop.path}/write-offs`, { writeOffId: 'W1', reason: 'gone', ...fields });
    const above = await writeOff({ amount: 201 });
    expect([above.status, above.body.code]).toEqual([422, 'above-receivable']);
    const done = await writeOff({});
    expect([done.status, done.body.amount]).toEqual([201, 200]);
    expect((await writeOff({})).headers['idempotency-replayed']).toBe('true');
    expect((await writeOff({ evidenceRef: 'letter' })).body.fields).toEqual(['evidenceRef']);

    expect(await accounts(shop, done.body.position)).toMatchObject({ bad_debt: 200 });
  });

  test('asked for several times at once gives up what is owed once', async () => {
    const { shop, saleId } = await settledSale();
    await shop.refund(saleId);
    const answers = await Promise.all(
      ['W1', 'W2', 'W3'].map((writeOffId) =>
        ledger.post(`${shop.path}/write-offs`, { writeOffId, reason: 'gone' }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422, 422]);
    const done = answers.find(({ status }) => status === 201)?.body;
    const balances = await ledger.get(`${shop.path}/balances?after=${done.position}`);
    expect(balances.body[0]).toMatchObject({ available: 0, receivable: 0 });
  });

  test('is not needed where later settlements set off what is owed', async () => {
    const { shop, saleId } = await settledSale();
    await shop.refund(saleId);
    shop.batchNo = '000003';
    await shop.sell({ amount: 1_000 });
    const { body } = await shop.closeBatch();
    const { body: balances } = await ledger.get(`${shop.path}/balances?after=${body.position}`);
    expect(balances[0]).toMatchObject({ available: 780, receivable: 0 });
  });
});

describe('the settlement report', () => {
  /** Undone by a request of another batch than the refund's. */
  const refundAndUndo = async (shop: Shop, saleId: string) => {
    const { batchNo, stan, ...terminal } = shop.request();
    await shop.refund(saleId, { ...terminal, batchNo, stan, amount: 1_000 });
    const own = { ...shop.request(), batchNo: '000009' };
    await ledger.post('/v1/timeout-reversals', { ...own, original: { batchNo, stan } });
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
