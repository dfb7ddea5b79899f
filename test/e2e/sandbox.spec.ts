import { beforeAll, describe, expect, test } from '@jest/globals';
import { Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';

let ledger: Tillbook;
let shop: Shop;

beforeAll(async () => {
  ledger = await Tillbook.start();
  shop = await Shop.open(ledger);
});

const sell = (body: object, fault?: string) =>
  ledger.post('/v1/sales', body, fault === undefined ? {} : { 'sandbox-fault': fault });

describe('a fault that a request asks for in the sandbox', () => {
  test('a lost request: the connection is cut, and nothing was done', async () => {
    const body = shop.saleBody();
    await expect(sell(body, 'request-lost')).rejects.toThrow();
    const again = await sell(body);
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, undefined]);
  });

  test('a lost answer: the connection is cut, and all was done', async () => {
    const body = shop.saleBody();
    await expect(sell(body, 'answer-lost')).rejects.toThrow();
    const again = await sell(body);
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, 'true']);
  });

  test('a store that is away: 503, to be sent again', async () => {
    const body = shop.saleBody();
    const { status, headers } = await sell(body, 'store-away');
    expect([status, headers['retry-after']]).toEqual([503, '1']);
    expect((await sell(body)).headers['idempotency-replayed']).toBeUndefined();
  });

  test('a late answer is the answer', async () => {
    const late = sell(shop.saleBody(), 'answer-late 400').then(() => 'late');
    const next = sell(shop.saleBody()).then(() => 'next');
    expect(await Promise.race([late, next])).toBe('next');
    expect(await late).toBe('late');
  });

  test.each(['', 'none', 'answer-late 60001', 'answer-late soon', 'answer-lost, store-away'])(
    'that there is none of is malformed: %p',
    async (fault) => {
      expect((await sell(shop.saleBody(), fault)).status).toBe(400);
    },
  );
});

test('without the sandbox nobody asks for faults', async () => {
  const own = await Tillbook.start({ env: { SANDBOX: 'off' }, clock: 'running' });
  const other = await Shop.open(own);
  const headers = { 'sandbox-fault': 'store-away' };
  expect((await own.post('/v1/sales', other.saleBody(), headers)).status).toBe(201);
});
