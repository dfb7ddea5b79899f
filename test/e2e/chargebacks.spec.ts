import { beforeAll, describe, expect, test } from '@jest/globals';
import { accounts, matchOf, settledSale } from '../support/funding.js';
import type { Answer } from '../support/http-client.js';
import { Shop } from '../support/shop.js';
import { MORNING, Tillbook } from '../support/tillbook.js';

let ledger: Tillbook;

beforeAll(async () => {
  ledger = await Tillbook.start();
});

describe('a chargeback', () => {
  const open = (saleId: string, fields: object = {}) =>
    ledger.post(`/v1/sales/${saleId}/chargebacks`, {
      chargebackId: 'CB1',
      reason: 'not received',
      ...fields,
    });

  test('takes the money and its fee from the merchant; won, the money comes back', async () => {
    const { shop, saleId } = await settledSale(ledger);

    const opened = await open(saleId, { amount: 4_000, fee: 1_500 });
    expect(opened.status).toBe(201);
    expect(opened.body).toMatchObject({
      status: 'open',
      amount: 4_000,
      fee: 1_500,
      remaining: 6_000,
    });
    expect(await accounts(ledger, shop, opened.body.position)).toEqual({
      acquirer_receivable: 6_000,
      merchant_available: -4_300,
      mdr_revenue: -200,
      chargeback_fee: -1_500,
    });

    const won = await ledger.post(`/v1/sales/${saleId}/chargebacks/CB1/won`, {});
    expect(won.body).toMatchObject({ status: 'won', remaining: 10_000 });
    expect(await accounts(ledger, shop, won.body.position)).toEqual({
      acquirer_receivable: 10_000,
      merchant_available: -8_300,
      mdr_revenue: -200,
      chargeback_fee: -1_500,
    });
    const { body: list } = await ledger.get(`${shop.path}/sales?after=${won.body.position}`);
    expect(list.sales).toMatchObject([{ saleId, remaining: 10_000 }]);
    expect(await matchOf(ledger, shop, won.body.position)).toMatchObject([{ expected: 10_000 }]);
    const lost = await ledger.post(`/v1/sales/${saleId}/chargebacks/CB1/lost`);
    expect([lost.status, lost.body.code]).toEqual([409, 'chargeback-status']);
  });

  test('that is told again has its first answer, and another story under its name is refused', async () => {
    const { saleId } = await settledSale(ledger);
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

  test('that is told many times at once is one: every answer but one says that it is repeated', async () => {
    const { saleId } = await settledSale(ledger);
    const path = `/v1/sales/${saleId}/chargebacks/CB1/lost`;
    for (const tell of [() => open(saleId), () => ledger.post(path)]) {
      const answers = await Promise.all(Array.from({ length: 10 }, tell));
      const first = answers.filter(({ headers }) => headers['idempotency-replayed'] !== 'true');
      expect(first).toHaveLength(1);
      for (const { body } of answers) expect(body).toEqual(first[0]?.body);
    }
  });

  test('that is told again has that answer also when the case has gone on since', async () => {
    const { shop, saleId } = await settledSale(ledger);
    const told = { amount: 4_000, fee: 1_500 };
    const opened = await open(saleId, told);
    const end = (chargebackId: string, how: string) =>
      ledger.post(`/v1/sales/${saleId}/chargebacks/${chargebackId}/${how}`, {});
    await open(saleId, { chargebackId: 'CB2', amount: 1_000 });
    const [won, lost] = [await end('CB1', 'won'), await end('CB2', 'lost')];
    expect([won.body.status, lost.body.status]).toEqual(['won', 'lost']);
    await shop.refund(saleId, { amount: 500 });
    const again = [await open(saleId, told), await end('CB1', 'won'), await end('CB2', 'lost')];
    expect(again.map(({ body }) => body)).toEqual([opened, won, lost].map(({ body }) => body));
    const revisions = [opened, won, lost].map(({ headers }) => headers['etag']);
    expect(revisions).toEqual(['"2"', '"4"', '"5"']);
    expect(again.map(({ headers }) => headers['etag'])).toEqual(revisions);
  });

  test('is lost without a body: one that says something is refused, and leaves it open', async () => {
    const { saleId } = await settledSale(ledger);
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

  test.each(['won', 'lost'])('that nobody has opened is not %s', async (how) => {
    const { saleId } = await settledSale(ledger);
    await open(saleId);
    const path = `/v1/sales/${saleId}/chargebacks/CB2/${how}`;
    const { status, body } = await ledger.post(path, {});
    expect([status, body.code, body.responseCode]).toEqual([404, 'unknown-chargeback', '25']);
  });

  test('without a fee is won once, whether or not the fee is to be given back', async () => {
    const { saleId } = await settledSale(ledger);
    await open(saleId);
    const won = (fields: object) => ledger.post(`/v1/sales/${saleId}/chargebacks/CB1/won`, fields);
    const first = await won({});
    expect(first.status).toBe(200);
    expect((await won({ returnFee: true })).body).toEqual(first.body);
  });

  test('that is won gives back its fee where the scheme does', async () => {
    const { shop, saleId } = await settledSale(ledger);
    await open(saleId, { amount: 4_000, fee: 1_500 });
    const path = `/v1/sales/${saleId}/chargebacks/CB1/won`;
    const { body } = await ledger.post(path, { returnFee: true });
    expect(await accounts(ledger, shop, body.position)).toEqual({
      acquirer_receivable: 10_000,
      merchant_available: -9_800,
      mdr_revenue: -200,
    });
  });

  test('and refunds together are never more than the sale', async () => {
    const { shop, saleId } = await settledSale(ledger);
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
    const { shop, saleId } = await settledSale(ledger);
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
    const { saleId } = await settledSale(ledger);
    const first = await open(saleId, { amount: 1_000 });
    const again = await open(saleId, { amount: 1_000 });
    const other = await open(saleId, { amount: 2_000 });
    expect(again.body).toEqual(first.body);
    expect([other.status, other.body.fields]).toEqual([409, ['amount']]);
  });

  test('is listed with what was told of it, by merchant, sale and status, in the order of opening', async () => {
    const { shop, saleId } = await settledSale(ledger);
    const told = { amount: 4_000, fee: 1_500, evidenceRef: 'IMG-1' };
    await open(saleId, told);
    await open(saleId, { chargebackId: 'CB2', amount: 1_000, reason: 'not ordered' });
    const { saleId: another } = await settledSale(ledger);
    await open(another, { amount: 2_000 });
    const path = `/v1/sales/${saleId}/chargebacks`;
    const won = await ledger.post(`${path}/CB1/won`, { returnFee: true });
    const list = async (query: string) => {
      const { status, body } = await ledger.get(`/v1/chargebacks?${query}`);
      expect(status).toBe(200);
      return body;
    };

    const { merchantId } = shop;
    const after = `merchantId=${merchantId}&after=${won.body.position}`;
    const { chargebacks } = await list(after);
    const case1 = { chargebackId: 'CB1', saleId, merchantId, currency: 'EUR' };
    expect(chargebacks).toEqual([
      {
        ...{ ...case1, ...told, reason: 'not received', status: 'won', feeReturned: 1_500 },
        businessDate: MORNING.slice(0, 10),
        openedAt: MORNING,
        decidedAt: MORNING,
      },
      {
        ...{ ...case1, chargebackId: 'CB2', amount: 1_000, fee: 0, reason: 'not ordered' },
        status: 'open',
        businessDate: MORNING.slice(0, 10),
        openedAt: MORNING,
      },
    ]);
    expect((await list(`merchantId=${merchantId}&status=open`)).chargebacks).toEqual([
      chargebacks[1],
    ]);
    expect((await list(`saleId=${another}`)).chargebacks).toMatchObject([{ amount: 2_000 }]);
    const first = await list(`merchantId=${merchantId}&limit=1`);
    expect(first.chargebacks).toEqual([chargebacks[0]]);
    const second = await list(`merchantId=${merchantId}&limit=1&after=${first.next}`);
    expect(second).toEqual({ chargebacks: [chargebacks[1]] });
  });

  test('is of the business date on which it is told', async () => {
    const { saleId } = await settledSale(ledger);
    await ledger.setClock('2026-03-03T10:00:00.000Z');
    await open(saleId);
    const { events } = (await ledger.get(`/v1/sales/${saleId}/history`)).body;
    expect(events.at(-1)).toMatchObject({
      type: 'ChargebackOpened',
      data: { businessDate: '2026-03-03' },
    });
  });
});

describe('a write-off', () => {
  test('gives up what a merchant owes, and never more', async () => {
    const { shop, saleId } = await settledSale(ledger);
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

    expect(await accounts(ledger, shop, done.body.position)).toMatchObject({ bad_debt: 200 });
  });

  test('asked for several times at once gives up what is owed once', async () => {
    const { shop, saleId } = await settledSale(ledger);
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
    const { shop, saleId } = await settledSale(ledger);
    await shop.refund(saleId);
    shop.batchNo = '000003';
    await shop.sell({ amount: 1_000 });
    const { body } = await shop.closeBatch();
    const { body: balances } = await ledger.get(`${shop.path}/balances?after=${body.position}`);
    expect(balances[0]).toMatchObject({ available: 780, receivable: 0 });
  });
});
