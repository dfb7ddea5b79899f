import { beforeAll, describe, expect, test } from '@jest/globals';
import { CARD, expectStatus, Shop } from '../support/shop.js';
import { MORNING, Tillbook } from '../support/tillbook.js';

let ledger: Tillbook;

beforeAll(async () => {
  ledger = await Tillbook.start();
});

describe('a second swipe', () => {
  test('of a card for the same amount at the same terminal is warned of, and taken', async () => {
    const shop = await Shop.open(ledger);
    const first = await shop.sell();
    const own = shop.saleBody();

    const second = await ledger.post('/v1/sales', own);
    const repeat = await ledger.post('/v1/sales', own);

    expect(first).not.toHaveProperty('warnings');
    expect(second.status).toBe(201);
    expect(second.body.warnings).toMatchObject([{ code: 'duplicate-swipe', of: first.saleId }]);
    expect([repeat.headers['idempotency-replayed'], repeat.body]).toEqual(['true', second.body]);
    const sale = (await ledger.get(`/v1/sales/${second.body.saleId}`)).body;
    expect(sale.repeats).toBe(first.saleId);
  });

  test('is none with another card, amount or terminal, nor after some minutes', async () => {
    const shop = await Shop.open(ledger);
    await shop.assign('T2', 'S1');
    await shop.sell();

    for (const other of [
      { amount: 9_999 },
      { card: { ...CARD, token: 'tok_other' } },
      { terminalId: 'T2' },
    ]) {
      expect(await shop.sell(other)).not.toHaveProperty('warnings');
    }
    await ledger.setClock('2026-03-02T10:05:00.000Z');
    expect(await shop.sell()).not.toHaveProperty('warnings');
    await ledger.setClock(MORNING);
  });

  test('is none where the first was undone or never counted', async () => {
    const shop = await Shop.open(ledger);
    const standing = await shop.sell({ amount: 2_000 });
    const [late, undone] = [shop.saleBody(), shop.saleBody()];
    await shop.timeOut(late);
    expect((await ledger.post('/v1/sales', late)).status).toBe(409);
    expect((await ledger.post('/v1/sales', undone)).body).not.toHaveProperty('warnings');
    await shop.timeOut(undone);

    const third = await shop.sell();
    await shop.void(third.saleId);

    expect(third).not.toHaveProperty('warnings');
    expect(await shop.sell()).not.toHaveProperty('warnings');
    const doubled = shop.saleBody({ amount: 2_000 });
    await ledger.post('/v1/sales', doubled);
    await shop.timeOut(doubled);
    const again = await shop.sell({ amount: 2_000 });
    expect(again.warnings).toMatchObject([{ of: standing.saleId }]);
  });

  test('is warned of after a restart as well, but not of a sale that was taken long before', async () => {
    let own = await Tillbook.start();
    const shop = await Shop.open(own);
    await shop.sell({ amount: 1_000 });
    await own.setClock('2026-03-02T10:10:00.000Z');
    const first = await shop.sell();
    own = await own.restart({ clock: '2026-03-02T10:11:00.000Z' });
    const again = shop.through(own);

    // The clock ran for a moment: the day may have been closed by then.
    const batchNo = '000002';
    const second = await again.sell({ batchNo });

    expect(second.warnings).toMatchObject([{ code: 'duplicate-swipe', of: first.saleId }]);
    expect(await again.sell({ batchNo, amount: 1_000 })).not.toHaveProperty('warnings');
    own.close();
  });

  test('is told of the one that was paid where another between the two was refused', async () => {
    const shop = await Shop.open(ledger);
    const first = await shop.sell();
    expectStatus(await ledger.post('/v1/sales', shop.saleBody({ currency: 'USD' })), 422);
    await shop.sell({ batchNo: '000002', amount: 1 });
    await ledger.post(`${shop.batchPath('000002')}/close`);
    expectStatus(await ledger.post('/v1/sales', shop.saleBody({ batchNo: '000002' })), 409);

    expect((await shop.sell()).warnings).toMatchObject([{ of: first.saleId }]);
  });

  test('is none of a request whose number another sale had used', async () => {
    const shop = await Shop.open(ledger);
    const own = shop.saleBody();
    expectStatus(await ledger.post('/v1/sales', own), 201);
    const card = { ...CARD, token: 'tok_other' };
    expectStatus(await ledger.post('/v1/sales', { ...own, card }), 409);

    expect(await shop.sell({ card })).not.toHaveProperty('warnings');
  });

  test('is told by the terminals’ own times where sales are sent in later', async () => {
    const shop = await Shop.open(ledger);
    await shop.sell({ transactedAt: '2026-03-02T08:00:00Z' });

    expect(await shop.sell({ transactedAt: '2026-03-02T09:00:00Z' })).not.toHaveProperty(
      'warnings',
    );
    expect((await shop.sell({ transactedAt: '2026-03-02T09:01:00Z' })).warnings).toHaveLength(1);
  });
});

test('a refund of the same amount of the same sale is warned of, unless the first was undone', async () => {
  const shop = await Shop.open(ledger);
  const { saleId } = await shop.sell();
  await ledger.post(`/v1/sales/${saleId}/settle`);
  const first = await shop.refund(saleId, { amount: 1_000 });
  const own = { ...shop.request(), amount: 1_000 };

  const second = await shop.refund(saleId, own);
  const repeat = await shop.refund(saleId, own);

  expect(first.body).not.toHaveProperty('warnings');
  expect([second.status, second.body.warnings]).toMatchObject([
    201,
    [{ code: 'double-refund', of: first.body.refundId }],
  ]);
  expect(repeat.body).toEqual(second.body);
  const undone = { ...shop.request(), amount: 999 };
  expect((await shop.refund(saleId, undone)).body).not.toHaveProperty('warnings');
  await shop.timeOut(undone);
  expect((await shop.refund(saleId, { amount: 999 })).body).not.toHaveProperty('warnings');

  await ledger.setClock('2026-03-02T10:04:59.999Z');
  const late = await shop.refund(saleId, { amount: 999 });
  expect(late.body.warnings).toHaveLength(1);
  await ledger.setClock('2026-03-02T10:09:59.999Z');
  expect((await shop.refund(saleId, { amount: 999 })).body).not.toHaveProperty('warnings');
  await ledger.setClock(MORNING);
});

test('a refund of as much as was voided of the sale is no second one', async () => {
  const shop = await Shop.open(ledger, { voidPolicy: { partial: true } });
  const { saleId } = await shop.sell();
  await shop.void(saleId, { amount: 1_000 });
  await ledger.post(`/v1/sales/${saleId}/settle`);
  const { status, body } = await shop.refund(saleId, { amount: 1_000 });
  expect(status).toBe(201);
  expect(body).not.toHaveProperty('warnings');
});
