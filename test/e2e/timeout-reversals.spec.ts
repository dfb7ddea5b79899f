import { beforeAll, describe, expect, test } from '@jest/globals';
import { requestName } from '../../src/ledger/domain/request-name.js';
import type { Answer } from '../support/http-client.js';
import { requestOf, Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';

let ledger: Tillbook;
let shop: Shop;

beforeAll(async () => {
  ledger = await Tillbook.start();
});

const openShop = async (settings: object = {}): Promise<void> => {
  shop = await Shop.open(ledger, settings);
};

const sale = async (saleId: string): Promise<Answer['body']> =>
  (await ledger.get(`/v1/sales/${saleId}`)).body;

const pending = async (after: string): Promise<number> => {
  const { body } = await ledger.get(`${shop.path}/balances?after=${after}`);
  return Number(body[0]?.pending ?? 0);
};

describe('a time-out reversal of a sale', () => {
  test('undoes it: it is reversed, and nothing of it is pending', async () => {
    await openShop();
    const { saleId } = await shop.sell({ amount: 5_000 });

    const reversed = await shop.timeOut(requestOf(saleId));

    expect(reversed.status).toBe(200);
    expect(reversed.body).toEqual({
      outcome: 'reversed',
      saleId,
      responseCode: '00',
      position: expect.stringMatching(/^\d{20}$/),
    });
    expect(await sale(saleId)).toMatchObject({ status: 'reversed', remaining: 0, reversed: 5_000 });
    expect(await shop.outcomeOf(requestOf(saleId))).toMatchObject({
      kind: 'sale',
      outcome: 'reversed',
    });
    expect(await pending(reversed.body.position)).toBe(0);
    const listed = await ledger.get(`${shop.path}/sales?status=reversed`);
    expect(listed.body.sales).toMatchObject([{ saleId, status: 'reversed', remaining: 0 }]);
  });

  test('repeated, has the same answer; under a new STAN it finds the sale already reversed', async () => {
    await openShop();
    const { saleId } = await shop.sell();
    const own = shop.request();

    const first = await shop.timeOut(requestOf(saleId), own);
    const repeat = await shop.timeOut(requestOf(saleId), own);
    const another = await shop.timeOut(requestOf(saleId));

    expect(repeat.headers['idempotency-replayed']).toBe('true');
    expect(repeat.body).toEqual(first.body);
    expect(another.body).toMatchObject({ outcome: 'already-reversed', saleId });
    expect(await shop.outcomeOf(own)).toMatchObject({
      kind: 'timeout-reversal',
      reversal: 'reversed',
    });
  });

  test('takes the name of a sale that never arrived, so that it counts no more when it does', async () => {
    await openShop();
    const late = shop.saleBody();

    const reversed = await shop.timeOut(late);
    const arrived = await ledger.post('/v1/sales', late);

    expect(reversed.body).toMatchObject({ outcome: 'never-arrived', responseCode: '00' });
    expect(reversed.body).not.toHaveProperty('saleId');
    expect(arrived.status).toBe(409);
    expect(arrived.body).toMatchObject({ code: 'reversed', responseCode: '12' });
    expect(await shop.outcomeOf(late)).toMatchObject({ outcome: 'never-arrived' });
    expect((await shop.timeOut(late)).body).toMatchObject({ outcome: 'never-arrived' });
    expect((await ledger.get(`/v1/sales/${requestName(late)}`)).status).toBe(404);
  });

  test('stands against a late copy of a sale that it undid', async () => {
    await openShop();
    const body = shop.saleBody();
    await ledger.post('/v1/sales', body);
    await shop.timeOut(body);

    const copy = await ledger.post('/v1/sales', body);
    const other = await ledger.post('/v1/sales', { ...body, amount: 1 });

    expect(copy.status).toBe(409);
    expect(copy.body).toMatchObject({ code: 'reversed', responseCode: '12' });
    expect(other.body).toMatchObject({ code: 'request-name-used', fields: ['amount'] });
  });

  test('undoes what is left of it', async () => {
    await openShop({ voidPolicy: { partial: true } });
    const { saleId } = await shop.sell({ amount: 1_000 });
    await shop.void(saleId, { amount: 300 });

    const reversed = await shop.timeOut(requestOf(saleId));

    expect(reversed.body.outcome).toBe('reversed');
    expect(await sale(saleId)).toMatchObject({ status: 'reversed', voided: 300, reversed: 700 });
    expect(await pending(reversed.body.position)).toBe(0);
  });

  test('is refused once it has settled or was refunded: then it can only be refunded', async () => {
    await openShop({ refundPolicy: { whileVoidable: 'allow' } });
    const { saleId: settled } = await shop.sell();
    const { saleId: refunded } = await shop.sell();
    await ledger.post(`/v1/sales/${settled}/settle`);
    await shop.refund(refunded, { amount: 1 });

    for (const saleId of [settled, refunded]) {
      const own = shop.request();
      const refusal = await shop.timeOut(requestOf(saleId), own);
      expect(refusal.status).toBe(409);
      expect(refusal.body).toMatchObject({ code: 'settled-since', nextStep: 'refund' });
      expect((await shop.timeOut(requestOf(saleId), own)).body).toEqual(refusal.body);
      expect(await shop.outcomeOf(own)).toMatchObject({
        outcome: 'refused',
        code: 'settled-since',
      });
    }
  });

  test('finds nothing to undo of one that was refused', async () => {
    await openShop();
    const body = shop.saleBody({ currency: 'USD' });
    expect((await ledger.post('/v1/sales', body)).status).toBe(422);

    const reversed = await shop.timeOut(body);

    expect(reversed.body.outcome).toBe('never-arrived');
    expect(await shop.outcomeOf(body)).toMatchObject({ outcome: 'refused', code: 'currency' });
  });
});

describe('a time-out reversal of a void', () => {
  test('puts the sale back, and stands against a late copy of the void', async () => {
    await openShop();
    const { saleId } = await shop.sell({ amount: 2_000 });
    const own = shop.request();
    expect((await shop.void(saleId, own)).body.status).toBe('voided');

    const reversed = await shop.timeOut(own);

    expect(reversed.body).toMatchObject({ outcome: 'reversed', saleId });
    expect(await sale(saleId)).toMatchObject({
      status: 'open',
      voided: 0,
      remaining: 2_000,
      operations: [{ kind: 'void', id: requestName(own), isReversed: true }],
    });
    expect(await shop.outcomeOf(own)).toMatchObject({ kind: 'void', outcome: 'reversed' });
    expect(await pending(reversed.body.position)).toBe(2_000);
    expect((await shop.void(saleId, own)).body).toMatchObject({ code: 'reversed' });
    expect((await shop.void(saleId)).status).toBe(201);
  });

  test('that never arrived takes its name', async () => {
    await openShop();
    const { saleId } = await shop.sell();
    const own = shop.request();

    expect((await shop.timeOut(own)).body.outcome).toBe('never-arrived');
    const late = await shop.void(saleId, own);

    expect(late.status).toBe(409);
    expect(late.body).toMatchObject({ code: 'reversed', responseCode: '12' });
    expect((await sale(saleId)).status).toBe('open');
  });

  test('is refused once the sale has settled: then it can only be refunded', async () => {
    await openShop({ voidPolicy: { partial: true } });
    const { saleId } = await shop.sell();
    const own = shop.request();
    await shop.void(saleId, { ...own, amount: 100 });
    await ledger.post(`/v1/sales/${saleId}/settle`);

    const refusal = await shop.timeOut(own);

    expect(refusal.status).toBe(409);
    expect(refusal.body).toMatchObject({ code: 'settled-since', nextStep: 'refund' });
    expect(refusal.body.detail).toMatch(/^The void of EUR 1.00 stands, as the sale settled at /);
    expect(await sale(saleId)).toMatchObject({ status: 'settled', voided: 100 });
  });

  test('after its batch has closed, lets the sale settle with the next close of the terminal', async () => {
    await openShop();
    const { saleId } = await shop.sell({ amount: 4_000 });
    const own = shop.request();
    await shop.void(saleId, own);
    const first = (await shop.closeBatch()).body;
    shop.batchNo = '000002';

    expect((await shop.timeOut(own)).body.outcome).toBe('reversed');
    await shop.sell({ amount: 1_000 });
    const second = (await shop.closeBatch()).body;

    expect(first.totals).toMatchObject({ saleCount: 1, voidCount: 1, voidAmount: 4_000 });
    expect(first.settled).toMatchObject({ count: 0, amount: 0 });
    expect(second.totals).toMatchObject({ saleCount: 1, saleAmount: 1_000, voidCount: 0 });
    expect(second.settled).toMatchObject({ count: 2, amount: 5_000 });
    expect(second.carriedForward).toEqual([saleId]);
    expect((await sale(saleId)).status).toBe('settled');
    const again = await ledger.get(shop.batchPath('000001'));
    expect(again.body).toEqual(first);
  });
});

describe('a time-out reversal of a refund', () => {
  test('undoes it while its batch is open, with the fee that it gave back', async () => {
    await openShop({ fee: { basisPoints: 100 }, refundPolicy: { feeReturn: 'proportional' } });
    const { saleId } = await shop.sell({ amount: 10_000 });
    await ledger.post(`/v1/sales/${saleId}/settle`);
    const own = shop.request();
    await shop.refund(saleId, { ...own, amount: 5_000 });

    const reversed = await shop.timeOut(own);

    expect(reversed.body.outcome).toBe('reversed');
    expect(await sale(saleId)).toMatchObject({ status: 'settled', refunded: 0 });
    const { body } = await ledger.get(`${shop.path}/balances?after=${reversed.body.position}`);
    expect(body).toMatchObject([{ pending: 0, available: 9_900 }]);
    const { position } = (await shop.refund(saleId)).body;
    const then = await ledger.get(`${shop.path}/balances?after=${position}`);
    expect(then.body).toMatchObject([{ pending: 0, available: 0, receivable: 0 }]);
  });

  test('is refused once its batch is closed: the money is on its way', async () => {
    await openShop();
    const { saleId } = await shop.sell();
    await ledger.post(`/v1/sales/${saleId}/settle`);
    const own = shop.request();
    await shop.refund(saleId, own);
    await shop.closeBatch();
    shop.batchNo = '000002';

    const refusal = await shop.timeOut(own);

    expect(refusal.status).toBe(409);
    expect(refusal.body).toMatchObject({ code: 'refund-cleared', responseCode: '12' });
  });
});

describe('the batch', () => {
  test('counts what stands: neither reversed sales nor voids and refunds that were undone', async () => {
    await openShop({ voidPolicy: { partial: true } });
    const { saleId } = await shop.sell({ amount: 1_000 });
    const gone = await shop.sell({ amount: 500 });
    const [undone, stands] = [shop.request(), shop.request()];
    await shop.void(saleId, { ...undone, amount: 100 });
    await shop.void(saleId, { ...stands, amount: 50 });
    await shop.timeOut(undone);
    await shop.timeOut(requestOf(gone.saleId));

    const items = [
      { stan: requestOf(saleId).stan, kind: 'sale', amount: 1_000 },
      { stan: stands.stan, kind: 'void', amount: 50 },
    ];
    const totals = {
      saleCount: 1,
      saleAmount: 1_000,
      voidCount: 1,
      voidAmount: 50,
      refundCount: 0,
      refundAmount: 0,
    };
    const { body } = await shop.closeBatch({ totals, items });

    expect(body).toMatchObject({ reconciliation: 'matched', totals });
    expect(body.settled).toMatchObject({ count: 1, amount: 950 });
  });

  test('does not count a void that was undone after its sale, nor does the sale', async () => {
    await openShop({ voidPolicy: { partial: true } });
    const { saleId } = await shop.sell({ amount: 1_000 });
    const undone = shop.request();
    await shop.void(saleId, { ...undone, amount: 300 });
    await shop.timeOut(requestOf(saleId));
    expect(await sale(saleId)).toMatchObject({ voided: 300, reversed: 700 });
    const { position } = (await shop.timeOut(undone)).body;

    const figures = { status: 'reversed', voided: 0, reversed: 1_000, remaining: 0 };
    expect(await sale(saleId)).toMatchObject(figures);
    const listed = await ledger.get(`${shop.path}/sales?after=${position}`);
    expect(listed.body.sales).toMatchObject([figures]);
    const { body } = await shop.closeBatch();

    expect(body.totals).toMatchObject({ saleCount: 0, saleAmount: 0, voidCount: 0, voidAmount: 0 });
  });

  test('that is closed takes no time-out reversal in; the next one does', async () => {
    await openShop();
    const { saleId } = await shop.sell();
    await shop.closeBatch();

    expect((await shop.timeOut(requestOf(saleId))).body).toMatchObject({ code: 'batch-closed' });
  });
});

describe('the name of a time-out reversal', () => {
  test('is used up by it, whatever it comes to', async () => {
    await openShop();
    const { saleId } = await shop.sell();
    const own = shop.request();
    await shop.timeOut(requestOf(saleId), own);

    expect((await shop.void(saleId, own)).body).toMatchObject({ code: 'request-name-used' });
    expect((await shop.timeOut(shop.request(), own)).body).toMatchObject({
      code: 'request-name-used',
      fields: ['original.stan'],
    });
  });

  test('can not be reversed itself', async () => {
    await openShop();
    const own = shop.request();
    await shop.timeOut(shop.request(), own);

    expect((await shop.timeOut(own)).body).toMatchObject({
      code: 'not-reversible',
      nextStep: 'retry',
    });
  });

  test('of itself is malformed, and leaves its name free', async () => {
    await openShop();
    const own = shop.request();
    const answer = await shop.timeOut(own, own);

    expect([answer.status, answer.body.code]).toEqual([400, 'malformed']);
    expect(answer.body.errors).toEqual([{ field: 'original', message: 'is this reversal itself' }]);
    expect((await shop.timeOut(shop.request(), own)).status).toBe(200);
  });

  test('that is refused still says which sale it is about', async () => {
    await openShop();
    const { saleId } = await shop.sell();
    await ledger.post(`/v1/sales/${saleId}/settle`);
    const own = shop.request();
    expect((await shop.timeOut(requestOf(saleId), own)).body.code).toBe('settled-since');

    expect(await shop.outcomeOf(own)).toMatchObject({ outcome: 'refused', saleId });
  });

  test('of an unknown terminal is not used up', async () => {
    await openShop();
    const answer = await shop.timeOut(shop.request(), { terminalId: 'T9' });

    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({ code: 'unknown-terminal', responseCode: '97' });
  });
});
