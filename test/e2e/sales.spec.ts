import { beforeAll, describe, expect, test } from '@jest/globals';
import { malformedFields } from '../support/http-client.js';
import { CARD, Shop } from '../support/shop.js';
import { MORNING, Tillbook } from '../support/tillbook.js';

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
    expect(headers['idempotency-replayed']).toBeUndefined();
    expect(taken).toEqual({
      saleId,
      rrn: `606110${body.stan}`,
      status: 'open',
      amount: 10_000,
      currency: 'EUR',
      businessDate: '2026-03-02',
      occurredAt: MORNING,
      responseCode: '00',
      revision: 0,
      position: expect.stringMatching(/^\d{20}$/),
    });
  });

  test('answers a repeat as it did before, marks it, and takes nothing', async () => {
    const body = shop.saleBody({ operatorId: 'ann', transactedAt: '2026-03-02T09:59:00+01:00' });
    const first = await ledger.post('/v1/sales', body);

    const repeat = await ledger.post('/v1/sales', body);

    expect([repeat.status, repeat.headers['idempotency-replayed']]).toEqual([201, 'true']);
    expect(repeat.body).toEqual(first.body);
    const history = await ledger.get(`/v1/sales/${first.body.saleId}/history`);
    expect(history.body.events).toHaveLength(1);
  });

  test.each([
    [{ amount: 1 }, ['amount']],
    [{ card: { ...CARD, token: 'tok_other' } }, ['card.token']],
    [{ operatorId: 'ann' }, ['operatorId']],
    [{ amount: 1, authCode: '1' }, ['amount', 'authCode']],
  ])('refuses %j under a used name: 409, 94, and the fields', async (other, fields) => {
    const body = shop.saleBody();
    await ledger.post('/v1/sales', body);

    const { status, body: problem } = await ledger.post('/v1/sales', { ...body, ...other });

    expect(status).toBe(409);
    expect(problem).toMatchObject({ code: 'request-name-used', responseCode: '94', fields });
  });

  test('takes no other currency than the terminal’s: 422, 13, and that is final', async () => {
    await shop.assign('T2', 'S1', 'USD');
    const body = shop.saleBody({ terminalId: 'T2' });

    const first = await ledger.post('/v1/sales', body);
    const repeat = await ledger.post('/v1/sales', body);
    const other = await ledger.post('/v1/sales', { ...body, currency: 'USD' });
    const taken = await shop.trySale({ terminalId: 'T2', currency: 'USD' });

    expect(first.status).toBe(422);
    expect(first.body).toMatchObject({
      code: 'currency',
      responseCode: '13',
      message: { en: 'The terminal sells in USD.', zh: '该终端的交易币种为 USD。' },
      position: expect.stringMatching(/^\d{20}$/),
    });
    expect(repeat.body).toEqual(first.body);
    expect(repeat.headers['idempotency-replayed']).toBe('true');
    expect([other.status, other.body.fields]).toEqual([409, ['currency']]);
    expect([taken.status, taken.body.currency]).toEqual([201, 'USD']);
  });

  test('of an unknown merchant or terminal is refused, and may come again once it is known', async () => {
    const body = shop.saleBody({ terminalId: 'T9' });

    const merchant = await shop.trySale({ merchantId: 'Nobody' });
    const terminal = await ledger.post('/v1/sales', body);
    await shop.assign('T9', 'S1');
    const again = await ledger.post('/v1/sales', body);

    expect([merchant.status, merchant.body.responseCode]).toEqual([404, '03']);
    expect([terminal.status, terminal.body.responseCode]).toEqual([404, '97']);
    expect(again.status).toBe(201);
  });

  test.each([
    [0],
    [-1],
    [1.5],
    [1e21],
    [1_000_000_000_000],
    [Number.MAX_SAFE_INTEGER],
    ['100'],
    [null],
    [true],
    [[1]],
    [{ value: 1 }],
  ])('takes no amount of %j: 400, 13', async (amount) => {
    const answer = await shop.trySale({ amount });

    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'malformed', responseCode: '13' });
    expect(malformedFields(answer)).toContain('amount');
  });

  test.each([
    '9007199254740993',
    '18446744073709551616',
    '1e999',
    '0.1',
    '-0.5',
    '0.99999999999999999999',
    '999999999999.00000001',
  ])('takes no amount written as %s: 400, 13', async (digits) => {
    const text = JSON.stringify(shop.saleBody({ amount: 4_711 })).replace('4711', digits);

    const { status, body } = await ledger.post('/v1/sales', text);

    expect([status, body.responseCode]).toEqual([400, '13']);
  });

  test.each([1, 999_999_999_999])('takes an amount of %d', async (amount) => {
    expect((await shop.sell({ amount })).amount).toBe(amount);
  });

  test.each([
    ['merchantId', ''],
    ['merchantId', 'M'.repeat(16)],
    ['merchantId', 'M 1'],
    ['merchantId', 'M.1'],
    ['merchantId', 1],
    ['terminalId', 'T'.repeat(9)],
    ['batchNo', '1'],
    ['batchNo', 'aaaaaa'],
    ['batchNo', '１２３４５６'],
    ['batchNo', 1],
    ['stan', '0000001'],
    ['stan', null],
    ['currency', 'eur'],
    ['currency', 'XYZ'],
    ['currency', 978],
    ['card', 'tok_1'],
    ['card', null],
    ['card', []],
    ['authCode', ''],
    ['authCode', 'x'.repeat(17)],
    ['operatorId', 'null\u0000byte'],
    ['operatorId', 'half \ud800'],
    ['operatorId', 'bell\u0007'],
    ['operatorId', 'no character \ufffe'],
    ['authCode', 'nor this \ufdd0'],
    ['operatorId', 'nor that \u{10ffff}'],
    ['transactedAt', '2026-03-02 10:00'],
    ['transactedAt', '2026-03-02T10:00:00'],
    ['transactedAt', '2026-02-30T10:00:00Z'],
    ['transactedAt', '2026-03-02T24:00:00Z'],
    ['transactedAt', 1_772_445_600],
    ['tip', 1],
    ['__proto__x', 1],
  ])('refuses %s of %j: 400, 30, naming the field', async (field, value) => {
    const { status, body } = await shop.trySale({ [field]: value });

    expect([status, body.code, body.responseCode]).toEqual([400, 'malformed', '30']);
    expect(body.errors[0].field).toBe(field);
  });

  test.each([
    [{ token: 'tok 1' }, 'card.token'],
    [{ token: 'x'.repeat(65) }, 'card.token'],
    [{ last4: '123' }, 'card.last4'],
    [{ last4: 4_242 }, 'card.last4'],
    [{ type: 'prepaid' }, 'card.type'],
    [{ number: '1' }, 'card.number'],
    [{ cvv: '123' }, 'card.cvv'],
  ])('refuses a card with %j', async (wrong, field) => {
    const { status, body } = await shop.trySale({ card: { ...CARD, ...wrong } });

    expect([status, body.errors[0].field]).toEqual([400, field]);
  });

  test.each(['merchantId', 'terminalId', 'batchNo', 'stan', 'amount', 'currency', 'card'])(
    'refuses a sale without %s',
    async (field) => {
      const { status, body } = await shop.trySale({ [field]: undefined });

      expect(status).toBe(400);
      expect(body.errors).toEqual([{ field, message: 'is missing' }]);
    },
  );

  test('that was refused as malformed has not used its name', async () => {
    const body = shop.saleBody();
    await ledger.post('/v1/sales', { ...body, amount: 0 });

    const { status } = await ledger.post('/v1/sales', body);

    expect(status).toBe(201);
  });
});

describe('GET /v1/sales/{saleId}', () => {
  test.each([
    ['"0"', 304],
    ['W/"0"', 304],
    ['"7", "0"', 304],
    ['*', 304],
    ['"1"', 200],
    ['"10"', 200],
    ['0', 200],
    ['', 200],
  ])('with If-None-Match %s answers %d', async (ifNoneMatch, expected) => {
    const { saleId } = await shop.sell();
    const path = `/v1/sales/${saleId}`;

    const { status, headers, text } = await ledger.get(path, { 'if-none-match': ifNoneMatch });

    expect([status, headers['etag']]).toEqual([expected, '"0"']);
    expect(text === '').toBe(expected === 304);
    await shop.void(saleId);
    expect((await ledger.get(path, { 'if-none-match': '"0"' })).status).toBe(200);
  });

  test('shows the sale, and its revision as the ETag', async () => {
    const sent = shop.saleBody({ amount: 8_765, authCode: 'A1B2', operatorId: 'ann' });
    const { body: taken } = await ledger.post('/v1/sales', sent);

    const { status, headers, body } = await ledger.get(`/v1/sales/${taken.saleId}`);

    const { saleId, rrn, position } = taken;
    expect([status, headers['etag']]).toEqual([200, '"0"']);
    expect(body).toEqual({
      ...sent,
      saleId,
      rrn,
      storeId: 'S1',
      status: 'open',
      voided: 0,
      refunded: 0,
      remaining: 8_765,
      businessDate: '2026-03-02',
      businessDateEndsAt: '2026-03-03T00:00:00.000Z',
      occurredAt: '2026-03-02T10:00:00.000Z',
      operations: [],
      responseCode: '00',
      revision: 0,
      position,
    });
  });

  test.each([
    ...['M1.T1.000001.000001', 'nothing', 'M1.T1.1.1', '%00', '..%2f..', '4242424242424242'],
    'x'.repeat(2_000),
  ])('of %s, which is no sale, answers 404, 25, and does not repeat it', async (saleId) => {
    const paths = ['', '/history'].map((rest) => `/v1/sales/${saleId}${rest}`);
    for (const path of paths) {
      const { status, body, text } = await ledger.get(path);

      expect([status, body.code, body.responseCode]).toEqual([404, 'sale-approved', '25']);
      expect(text).not.toContain(saleId);
    }
  });
});

describe('GET /v1/requests', () => {
  test('tells of a sale that it was taken, and of a refused one why not', async () => {
    const taken = await shop.sell();
    const refused = shop.saleBody({ currency: 'USD' });
    await ledger.post('/v1/sales', refused);

    const done = await ledger.get(`/v1/requests/${String(taken.saleId).replaceAll('.', '/')}`);
    const not = await ledger.get(`/v1/requests/${shop.merchantId}/T1/000001/${refused.stan}`);

    const { saleId, amount, currency, rrn, position } = taken;
    expect(done.body).toEqual({
      kind: 'sale',
      outcome: 'done',
      ...{ saleId, amount, currency, rrn, position },
      responseCode: '00',
    });
    expect(not.body).toMatchObject({
      kind: 'sale',
      outcome: 'refused',
      code: 'currency',
      responseCode: '13',
      nextStep: 'none',
    });
  });

  test('answers 404 for a name that was never used', async () => {
    const { status, body } = await ledger.get(`/v1/requests/${shop.merchantId}/T1/000001/999999`);

    expect([status, body.code, body.responseCode]).toEqual([404, 'not-found', '25']);
  });
});
