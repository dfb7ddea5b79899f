import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CARD, Shop } from '../support/shop.js';
import { MORNING, Tillbook } from '../support/tillbook.js';

let ledger: Tillbook;
let shop: Shop;

beforeAll(async () => {
  ledger = await Tillbook.start();
});

beforeEach(async () => {
  shop = await Shop.open(ledger, { voidPolicy: { partial: true } });
});

const settle = (saleId: string) => ledger.post(`/v1/sales/${saleId}/settle`);

describe('POST /v1/sales/{saleId}/voids', () => {
  test('voids a part, then the rest, and says what is left each time', async () => {
    const { saleId } = await shop.sell();

    const part = await shop.void(saleId, { amount: 3_000 });
    const rest = await shop.void(saleId);

    const name = `${shop.merchantId}.T1.000001.000002`;
    expect(part.status).toBe(201);
    expect(part.headers['etag']).toBe('"1"');
    expect(part.headers['location']).toBe(`/v1/requests/${name.replaceAll('.', '/')}`);
    expect(part.body).toEqual({
      voidId: name,
      saleId,
      rrn: '606110000002',
      amount: 3_000,
      currency: 'EUR',
      remaining: 7_000,
      status: 'open',
      businessDate: '2026-03-02',
      occurredAt: MORNING,
      responseCode: '00',
      revision: 1,
      position: expect.stringMatching(/^\d{20}$/),
    });
    expect(rest.body).toMatchObject({ amount: 7_000, remaining: 0, status: 'voided', revision: 2 });
    const { body: sale } = await ledger.get(`/v1/sales/${saleId}`);
    expect(sale).toMatchObject({ status: 'voided', voided: 10_000, refunded: 0, remaining: 0 });
    expect(sale.operations).toMatchObject([
      { kind: 'void', id: name, rrn: '606110000002', amount: 3_000, revision: 1 },
      { kind: 'void', id: rest.body.voidId, amount: 7_000, revision: 2 },
    ]);
  });

  test('at a terminal of another currency goes into a batch of the sale’s own', async () => {
    const { saleId } = await shop.sell();
    await shop.assign('T2', 'S1', 'JPY');
    const elsewhere = { terminalId: 'T2' };
    await ledger.post('/v1/sales', shop.saleBody({ ...elsewhere, currency: 'JPY' }));

    const { status, body } = await shop.void(saleId, elsewhere);
    expect([status, body.code, body.responseCode]).toEqual([409, 'batch-currency', '77']);
    expect(body.nextStep).toBe('void');
    const own = await shop.void(saleId, { ...elsewhere, batchNo: '000099' });
    expect([own.status, own.body.status]).toEqual([201, 'voided']);
  });

  test('is readable where its Location says', async () => {
    const { saleId } = await shop.sell();
    const { headers, body } = await shop.void(saleId, { amount: 1 });

    const request = await ledger.get(headers['location'] ?? '');

    const { voidId, amount, currency, rrn, position } = body;
    expect(request.body).toEqual({
      kind: 'void',
      outcome: 'done',
      saleId,
      voidId,
      amount,
      currency,
      rrn,
      position,
      responseCode: '00',
    });
  });

  test('answers a repeat as before, even though the sale has changed since', async () => {
    const { saleId } = await shop.sell();
    const sent = { ...shop.request(), reason: 'double', amount: 3_000 };
    const first = await ledger.post(`/v1/sales/${saleId}/voids`, sent);
    await shop.void(saleId);

    const repeat = await ledger.post(`/v1/sales/${saleId}/voids`, sent, { 'if-match': '"0"' });

    expect([repeat.status, repeat.headers['idempotency-replayed']]).toEqual([201, 'true']);
    expect(repeat.body).toEqual(first.body);
  });

  test('refuses other content under a used name, and names the fields', async () => {
    const [one, two] = [await shop.sell(), await shop.sell()];
    const sent = { ...shop.request(), reason: 'double' };
    await ledger.post(`/v1/sales/${one.saleId}/voids`, sent);

    const reason = await ledger.post(`/v1/sales/${one.saleId}/voids`, { ...sent, reason: 'x' });
    const target = await ledger.post(`/v1/sales/${two.saleId}/voids`, sent);
    const kind = await ledger.post(`/v1/sales/${one.saleId}/refunds`, sent);

    expect([reason, target, kind].map(({ status }) => status)).toEqual([409, 409, 409]);
    expect(reason.body.fields).toEqual(['reason']);
    expect(target.body.fields).toEqual(['saleId']);
    expect(kind.body.fields).toEqual(['kind']);
  });

  test.each([
    ['"0"', 201],
    ['*', 201],
    ['"7", "0"', 201],
    ['"1"', 412],
    ['W/"0"', 412],
    ['"made-up"', 412],
    ['"00"', 412],
    ['0', 400],
    ['"0', 400],
    ['"0" "1"', 400],
    ['', 400],
  ])('with If-Match %s answers %d', async (ifMatch, expected) => {
    const { saleId } = await shop.sell();

    const { status, body } = await shop.void(saleId, {}, { 'if-match': ifMatch });

    expect(status).toBe(expected);
    if (status === 412) expect([body.code, body.nextStep]).toEqual(['revision', 'retry']);
  });

  test('that failed on If-Match may be sent again under its name', async () => {
    const { saleId } = await shop.sell();
    const sent = { ...shop.request(), reason: 'double' };
    await ledger.post(`/v1/sales/${saleId}/voids`, sent, { 'if-match': '"3"' });

    const { status } = await ledger.post(`/v1/sales/${saleId}/voids`, sent, { 'if-match': '"0"' });

    expect(status).toBe(201);
  });

  test('of a settled sale answers 409, 12, and sends the cashier to the refund; that is final', async () => {
    const { saleId } = await shop.sell();
    await settle(saleId);
    const sent = { ...shop.request(), reason: 'double' };

    const first = await ledger.post(`/v1/sales/${saleId}/voids`, sent);
    const repeat = await ledger.post(`/v1/sales/${saleId}/voids`, sent);

    expect(first.status).toBe(409);
    expect(first.body).toEqual({
      type: 'urn:tillbook:problem:funds-not-settled',
      title: 'The sale has settled',
      status: 409,
      detail: 'The sale settled at 2026-03-02 10:00:00 +00:00.',
      code: 'funds-not-settled',
      responseCode: '12',
      message: {
        en: 'The sale settled at 2026-03-02 10:00:00 +00:00.',
        zh: '原消费已于 2026-03-02 10:00:00 +00:00 结算。',
      },
      nextStep: 'refund',
      position: expect.stringMatching(/^\d{20}$/),
    });
    expect(repeat.headers['idempotency-replayed']).toBe('true');
    expect(repeat.body).toEqual(first.body);
  });

  test.each([
    [{ amount: 10_001 }, 422, '61', 'amount-allowed'],
    [{ originalAmount: 9_999 }, 422, '64', 'amount-allowed'],
    [{ card: { token: 'tok_other' } }, 422, '14', 'card'],
    [{ merchantId: 'Nobody' }, 404, '03', 'unknown-merchant'],
    [{ terminalId: 'T9' }, 404, '97', 'unknown-terminal'],
  ])('with %j answers %d, %s', async (fields, expected, responseCode, code) => {
    const { saleId } = await shop.sell();

    const { status, body } = await shop.void(saleId, fields);

    expect([status, body.responseCode, body.code]).toEqual([expected, responseCode, code]);
  });

  test.each([
    [{ partial: false }, { amount: 1 }, 422, '13'],
    [{ consent: true }, {}, 422, '12'],
    [{ consent: true }, { consent: true }, 201, '00'],
    [{ cardPresent: true }, {}, 422, '14'],
    [{ cardPresent: true }, { card: { token: CARD.token } }, 201, '00'],
    [{ cardPresent: true }, { card: { token: CARD.token, last4: '9999' } }, 422, '14'],
    [{ supervisorAbove: 0 }, { card: { token: 'tok_other' } }, 403, '55'],
    [{ consent: true }, { card: { token: 'tok_other' } }, 422, '14'],
  ])('under the policy %j with %j answers %d, %s', async (policy, fields, expected, code) => {
    await shop.set({ voidPolicy: policy });
    const { saleId } = await shop.sell();

    const { status, body } = await shop.void(saleId, fields);

    expect([status, body.responseCode]).toEqual([expected, code]);
  });

  test('of another merchant’s sale answers as if there were none', async () => {
    const { saleId } = await shop.sell();
    const other = await Shop.open(ledger);

    const { status, body } = await other.void(saleId);

    expect([status, body.responseCode]).toEqual([404, '25']);
  });

  test.each([
    ['amount', 0, '13'],
    ['amount', 1.5, '13'],
    ['amount', '1', '13'],
    ['originalAmount', -1, '13'],
    ['reason', '', '30'],
    ['reason', 'x'.repeat(257), '30'],
    ['reason', 'half \udfff', '30'],
    ['reason', 7, '30'],
    ['consent', 'yes', '30'],
    ['evidenceRef', '\u0000', '30'],
    ['supervisor', { id: 'ann' }, '30'],
    ['card', { number: 1, token: 't' }, '30'],
    ['amounts', 1, '30'],
  ])('refuses %s of %j: 400', async (field, value, responseCode) => {
    const { saleId } = await shop.sell();
    for (const route of ['voids', 'refunds', 'reversals']) {
      const sent = { ...shop.request(), reason: 'x', [field]: value };
      const { status, body } = await ledger.post(`/v1/sales/${saleId}/${route}`, sent);

      expect([status, body.responseCode]).toEqual([400, responseCode]);
      expect(body.errors[0].field).toMatch(new RegExp(`^${field}`));
    }
  });

  test.each(['x', 'M1.T1.1.1', '4242424242424242', '%00', 'a'.repeat(100)])(
    'of the sale %s answers 404, 25, and writes nothing',
    async (saleId) => {
      for (const route of ['voids', 'refunds', 'reversals']) {
        const sent = { ...shop.request(), reason: 'x' };
        const { status, body } = await ledger.post(`/v1/sales/${saleId}/${route}`, sent);
        const request = await ledger.get(`/v1/requests/${shop.merchantId}/T1/000001/${sent.stan}`);

        expect([status, body.responseCode, request.status]).toEqual([404, '25', 404]);
      }
    },
  );
});

describe('POST /v1/sales/{saleId}/refunds', () => {
  test('while a void is possible answers 409, 12, and sends the cashier to the void', async () => {
    const { saleId } = await shop.sell();

    const { status, body } = await shop.refund(saleId);

    expect([status, body.code, body.responseCode, body.nextStep]).toEqual([
      409,
      'not-voidable',
      '12',
      'void',
    ]);
  });

  test('gives back a part of a settled sale', async () => {
    const { saleId } = await shop.sell();
    await settle(saleId);

    const { status, headers, body } = await shop.refund(saleId, { amount: 2_500 });

    expect([status, headers['etag']]).toEqual([201, '"2"']);
    expect(body).toEqual({
      refundId: `${shop.merchantId}.T1.000001.000002`,
      saleId,
      rrn: '606110000002',
      amount: 2_500,
      currency: 'EUR',
      remaining: 7_500,
      status: 'settled',
      businessDate: '2026-03-02',
      occurredAt: MORNING,
      responseCode: '00',
      revision: 2,
      position: expect.stringMatching(/^\d{20}$/),
    });
  });

  test('is possible while a void is, where the policy allows that', async () => {
    await shop.set({ refundPolicy: { whileVoidable: 'allow' } });
    const { saleId } = await shop.sell();

    const { status, body } = await shop.refund(saleId);

    expect([status, body.status]).toEqual([201, 'refunded']);
  });
});

describe('POST /v1/sales/{saleId}/reversals', () => {
  test('becomes a void before the settlement and a refund after it, and says which', async () => {
    const [one, two] = [await shop.sell(), await shop.sell()];
    await settle(two.saleId);

    const before = await shop.reverse(one.saleId);
    const after = await shop.reverse(two.saleId);

    expect([before.status, after.status]).toEqual([201, 201]);
    expect(before.body).toMatchObject({ kind: 'void', voidId: expect.any(String) });
    expect(after.body).toMatchObject({ kind: 'refund', refundId: expect.any(String) });
    expect(after.body.voidId).toBeUndefined();
  });
});

describe('what else stands in the way', () => {
  test('a frozen right answers 403, 57, until it is restored', async () => {
    const { saleId } = await shop.sell();
    await ledger.put(`${shop.path}/void-right`, { status: 'frozen', reason: 'fraud' });

    const frozen = await shop.void(saleId);
    await ledger.put(`${shop.path}/void-right`, { status: 'active', reason: 'cleared' });
    const active = await shop.void(saleId);

    expect([frozen.status, frozen.body.responseCode]).toEqual([403, '57']);
    expect([frozen.body.code, frozen.body.nextStep]).toEqual(['void-right', 'contact-acquirer']);
    expect(active.status).toBe(201);
  });

  test.each([
    ['lost', '41'],
    ['frozen', '62'],
    ['cancelled', '62'],
  ])('a card that is %s answers 409, %s, and the sale can be refunded', async (status, code) => {
    const token = `tok_${shop.merchantId}`;
    const { saleId } = await shop.sell({ card: { ...CARD, token } });
    await ledger.put(`/v1/cards/${token}/status`, { status });

    const answer = await shop.void(saleId);
    const refund = await shop.refund(saleId);

    expect([answer.status, answer.body.responseCode, answer.body.nextStep]).toEqual([
      409,
      code,
      'refund',
    ]);
    expect(refund.status).toBe(201);
  });
});
