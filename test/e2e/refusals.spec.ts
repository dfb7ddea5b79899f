import { beforeAll, expect, test } from '@jest/globals';
import { Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';

let ledger: Tillbook;

beforeAll(async () => {
  ledger = await Tillbook.start();
});

async function report(shop: Shop, after: string, more = '') {
  const query = `merchantId=${shop.merchantId}&after=${after}${more}`;
  const { status, body } = await ledger.get(`/v1/reports/refusals?${query}`);
  expect(status).toBe(200);
  return body;
}

test('refusals are facts with code, cause, condition and who asked, and are reported by reason and place', async () => {
  const shop = await Shop.open(ledger, {
    voidPolicy: { approvalAbove: 9_000 },
    limits: { single: { sale: 20_000 } },
  });
  await shop.assign('T2', 'S2');
  const { saleId } = await shop.sell();
  await shop.trySale({ amount: 20_001, terminalId: 'T2' });
  await shop.trySale({ currency: 'USD' });
  await shop.void(saleId, { originalAmount: 1 });
  const waiting = await shop.void(saleId);
  const { body: last } = await ledger.post(`/v1/approvals/${waiting.body.voidId}/decline`, {
    reason: 'no receipt',
  });

  const told = await report(shop, last.position);

  expect(told).toMatchObject({ attempts: 5, done: 1, refused: 4, failures: 0, successRate: 0.2 });
  expect(told.reasons).toEqual([
    { source: 'ledger', code: 'amount-allowed', cause: 'operator', count: 1 },
    { source: 'ledger', code: 'approval-declined', cause: 'right', count: 1 },
    { source: 'ledger', code: 'currency', cause: 'operator', count: 1 },
    { source: 'ledger', code: 'within-limits', cause: 'limit', count: 1 },
  ]);
  expect(told.causes).toContainEqual({ cause: 'operator', count: 2 });
  expect(told.stores).toMatchObject([
    { storeId: 'S1', attempts: 4, refused: 3, successRate: 0.25 },
    { storeId: 'S2', attempts: 1, refused: 1, successRate: 0 },
  ]);
  expect(told.terminals).toMatchObject([{ terminalId: 'T1' }, { terminalId: 'T2', refused: 1 }]);
  expect(told.days).toMatchObject([{ date: '2026-03-02', attempts: 5 }]);
  expect(told.kinds).toMatchObject([
    { kind: 'sale', done: 1, refused: 2 },
    { kind: 'void', done: 0, refused: 2 },
  ]);
  const today = await report(shop, last.position, '&from=2026-03-02&to=2026-03-02');
  expect(today).toMatchObject({ attempts: 5, refused: 4 });
  const tomorrow = await report(shop, last.position, '&from=2026-03-03');
  expect(tomorrow).toMatchObject({ attempts: 0, reasons: [] });
  expect(tomorrow).not.toHaveProperty('successRate');

  const { events } = (
    await ledger.get(`/v1/audit/events?merchantId=${shop.merchantId}&type=Refused`)
  ).body;
  expect(events[0]).toMatchObject({
    by: { kind: 'terminal', id: `${shop.merchantId}.T2` },
    data: { refusal: { code: 'within-limits', cause: 'limit', responseCode: '61' } },
  });
});

test('a reversal counts as one, whatever it became', async () => {
  const shop = await Shop.open(ledger);
  const { saleId } = await shop.sell();
  await shop.reverse(saleId);
  const { body } = await shop.reverse(saleId);
  const told = await report(shop, body.position);
  expect(told.kinds).toMatchObject([
    { kind: 'reversal', done: 1, refused: 1, successRate: 0.5 },
    { kind: 'sale', done: 1, refused: 0 },
  ]);
});

test('a reversal that has waited for an approval counts as one, too', async () => {
  const shop = await Shop.open(ledger, { voidPolicy: { partial: true, approvalAbove: 0 } });
  const { saleId } = await shop.sell();
  const { body: first } = await shop.reverse(saleId, { amount: 1_000 });
  const { body: second } = await shop.reverse(saleId, { amount: 2_000 });
  await ledger.post(`/v1/approvals/${first.voidId}/approve`);
  const { body } = await ledger.post(`/v1/approvals/${second.voidId}/decline`, { reason: 'no' });
  const told = await report(shop, body.position);
  expect(told.kinds).toMatchObject([
    { kind: 'reversal', done: 1, refused: 1, successRate: 0.5 },
    { kind: 'sale', done: 1, refused: 0 },
  ]);
});

test('a terminal reports its own failures, once each, and they are told apart from refusals', async () => {
  const shop = await Shop.open(ledger);
  const { merchantId, terminalId } = shop;
  const jam = { merchantId, terminalId, cause: 'hardware', code: 'printer-jam', kind: 'sale' };
  const first = await ledger.post('/v1/failures', { ...jam, failedAt: '2026-03-02T09:59:00Z' });
  await ledger.setClock('2026-03-02T10:00:01.000Z');
  const again = await ledger.post('/v1/failures', { ...jam, failedAt: '2026-03-02T09:59:00Z' });
  const rare = { ...jam, code: 'a-reader', failedAt: '2026-03-02T09:58:00Z' };
  await ledger.post('/v1/failures', rare);
  const other = await ledger.post('/v1/failures', { ...jam, failedAt: '2026-03-02T10:00:00Z' });

  expect([first.status, again.body]).toEqual([201, first.body]);
  expect(again.headers['idempotency-replayed']).toBe('true');
  expect(other.body.failureId).not.toBe(first.body.failureId);
  const told = await report(shop, other.body.position);
  expect(told).toMatchObject({ attempts: 0, failures: 3 });
  expect(told.reasons).toEqual([
    { source: 'terminal', code: 'printer-jam', cause: 'hardware', count: 2 },
    { source: 'terminal', code: 'a-reader', cause: 'hardware', count: 1 },
  ]);
});

test('a failure of no known cause, or with a card number in it, is malformed', async () => {
  const { merchantId, terminalId } = await Shop.open(ledger);
  const body = { merchantId, terminalId, cause: 'hardware', code: 'reader' };
  for (const wrong of [{ cause: 'bad luck' }, { detail: 'card 4111111111111111 stuck' }]) {
    const { status, text } = await ledger.post('/v1/failures', { ...body, ...wrong });
    expect(status).toBe(400);
    expect(text).not.toContain('4111111111111111');
  }
  const unknown = await ledger.post('/v1/failures', { ...body, terminalId: 'T9' });
  expect(unknown.body.code).toBe('unknown-terminal');
});
