import { beforeAll, describe, expect, test } from '@jest/globals';
import { Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';

let ledger: Tillbook;
let shop: Shop;

beforeAll(async () => {
  ledger = await Tillbook.start();
  shop = await Shop.open(ledger);
});

describe('POST /v1/sales', () => {
  test('takes a sale and says under which id, for which date, and where it stands', async () => {
    const body = shop.saleBody();

    const { status, headers, body: taken } = await ledger.post('/v1/sales', body);

    const saleId = `${shop.merchantId}.T1.000001.${body.stan}`;
    expect(status).toBe(201);
    expect(headers['etag']).toBe('"0"');
    expect(headers['location']).toBe(`/v1/sales/${saleId}`);
    expect(taken).toEqual({
      saleId,
      rrn: `606110${body.stan}`,
      status: 'open',
      amount: 10_000,
      currency: 'EUR',
      businessDate: '2026-03-02',
      responseCode: '00',
      revision: 0,
      position: expect.stringMatching(/^\d{20}$/),
    });
  });
});
