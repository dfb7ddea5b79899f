import { beforeAll, describe, expect, test } from '@jest/globals';
import { Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';

let ledger: Tillbook;

beforeAll(async () => {
  ledger = await Tillbook.start();
});

const BOUND = { refundPolicy: { negativeBalance: false } };

/** Two settled sales of 100.00 at 2 %, and so 196.00 available. */
async function settledShop(settings: object) {
  const shop = await Shop.open(ledger, { fee: { basisPoints: 200 }, ...settings });
  const first = await shop.sell({ amount: 10_000 });
  const second = await shop.sell({ amount: 10_000 });
  await shop.closeBatch();
  shop.batchNo = '000002';
  return { shop, first, second };
}

const conditionOf = (body: { conditions: { code: string }[] }) =>
  body.conditions.find(({ code }) => code === 'funds-available');

describe('a refund', () => {
  test('is refused with 51 where the balance does not cover it and may not go below zero', async () => {
    const { shop, first, second } = await settledShop(BOUND);
    expect((await shop.refund(first.saleId)).status).toBe(201);

    const refused = await shop.refund(second.saleId);
    expect([refused.status, refused.body.code, refused.body.responseCode]).toEqual([
      409,
      'funds-available',
      '51',
    ]);
    const { body } = await ledger.get(`/v1/sales/${second.saleId}/voidability`);
    expect(body.refund).toMatchObject({ allowed: true, maxAmount: 9_600 });
    expect(body.effect).toMatchObject({ amount: 9_600, after: { available: 0 } });
    expect((await shop.refund(second.saleId, { amount: 9_600 })).status).toBe(201);
    const empty = await ledger.get(`/v1/sales/${second.saleId}/voidability`);
    expect(empty.body.decision).toBe('none');
    expect(conditionOf(empty.body)).toMatchObject({ met: false, for: 'refund' });
  });

  test('is covered where the fee that comes back with it makes up what lacks, in one piece as in parts', async () => {
    const refundPolicy = { negativeBalance: false, feeReturn: 'proportional' };
    const { shop, first, second } = await settledShop({ refundPolicy });
    expect((await shop.refund(first.saleId)).status).toBe(201);
    const { body } = await ledger.get(`/v1/sales/${second.saleId}/voidability`);
    expect(body.refund).toMatchObject({ allowed: true, maxAmount: 10_000 });

    const done = await shop.refund(second.saleId);
    expect(done.status).toBe(201);
    const balances = await ledger.get(`${shop.path}/balances?after=${done.body.position}`);
    expect(balances.body[0]).toMatchObject({ available: 0, receivable: 0 });
  });

  test('is covered up to the amount that leaves nothing, its fee reckoned in', async () => {
    const refundPolicy = { negativeBalance: false, feeReturn: 'proportional' };
    const reserve = { basisPoints: 1_000, days: 90 };
    const { shop, first, second } = await settledShop({ refundPolicy, reserve });
    await shop.refund(first.saleId);
    const { refund } = (await ledger.get(`/v1/sales/${second.saleId}/voidability`)).body;
    expect(refund).toMatchObject({ allowed: true, maxAmount: 7_959 });

    expect((await shop.refund(second.saleId, { amount: 7_960 })).body.code).toBe('funds-available');
    const done = await shop.refund(second.saleId, { amount: 7_959 });
    const balances = await ledger.get(`${shop.path}/balances?after=${done.body.position}`);
    expect(balances.body[0]).toMatchObject({ available: 0, receivable: 0 });
  });

  test('of more than there ever was is refused for its amount, also where a part of it was refunded', async () => {
    const refundPolicy = { negativeBalance: false, feeReturn: 'proportional' };
    const { shop, first } = await settledShop({ refundPolicy });
    await shop.refund(first.saleId, { amount: 5_000 });
    const most = 999_999_999_999;
    const asked = await ledger.get(`/v1/sales/${first.saleId}/voidability?amount=${most}`);
    expect([asked.status, asked.body.decision]).toEqual([200, 'none']);
    const refused = await shop.refund(first.saleId, { amount: most });
    expect([refused.status, refused.body.code]).toEqual([422, 'amount-allowed']);
  });

  test('goes below zero where policy lets it', async () => {
    const { shop, first, second } = await settledShop({});
    await shop.refund(first.saleId);
    await shop.refund(second.saleId, { amount: 9_999 });
    const { effect } = (await ledger.get(`/v1/sales/${second.saleId}/voidability`)).body;
    expect(effect).toMatchObject({ before: { available: -399 }, after: { available: -400 } });
    const { body } = await shop.refund(second.saleId);
    const balances = await ledger.get(`${shop.path}/balances?after=${body.position}`);
    expect(balances.body[0]).toMatchObject({ available: 0, receivable: 400 });
  });

  test('of a sale that has not settled draws on its own money, whatever is available', async () => {
    const shop = await Shop.open(ledger, {
      refundPolicy: { negativeBalance: false, whileVoidable: 'allow' },
    });
    const { saleId } = await shop.sell();
    expect((await shop.refund(saleId)).status).toBe(201);
  });
});

describe('the effect of a void or refund is told before it is done', () => {
  test('of a void: pending goes, and no fee will be charged on it', async () => {
    const shop = await Shop.open(ledger, {
      fee: { basisPoints: 200 },
      voidPolicy: { partial: true },
    });
    const { saleId } = await shop.sell({ amount: 10_000 });
    const { body } = await ledger.get(`/v1/sales/${saleId}/voidability?amount=4000`);
    expect(body.effect).toEqual({
      kind: 'void',
      amount: 4_000,
      currency: 'EUR',
      change: { pending: -4_000, available: 0, reserve: 0 },
      fee: { returned: 0, notCharged: 80 },
      before: { pending: 10_000, available: 0, reserve: 0 },
      after: { pending: 6_000, available: 0, reserve: 0 },
    });
  });

  test('of a refund: what it then does is what it said', async () => {
    const { shop, first } = await settledShop({ refundPolicy: { feeReturn: 'proportional' } });
    const { body } = await ledger.get(`/v1/sales/${first.saleId}/voidability?amount=5000`);
    expect(body.effect).toMatchObject({
      kind: 'refund',
      change: { pending: 0, available: -4_900, reserve: 0 },
      fee: { returned: 100, notCharged: 0 },
      after: { available: 14_700 },
    });

    const done = await shop.refund(first.saleId, { amount: 5_000 });
    const balances = await ledger.get(`${shop.path}/balances?after=${done.body.position}`);
    expect(balances.body[0].available).toBe(14_700);
  });

  test('nothing, when neither is possible', async () => {
    const { shop, first } = await settledShop({});
    await shop.refund(first.saleId);
    const { body } = await ledger.get(`/v1/sales/${first.saleId}/voidability`);
    expect(body.decision).toBe('none');
    expect(body.effect).toBeUndefined();
  });
});
