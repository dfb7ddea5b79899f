import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { expectStatus, Shop } from '../support/shop.js';
import { MORNING, Tillbook } from '../support/tillbook.js';

let ledger: Tillbook;
let shop: Shop;

beforeAll(async () => {
  ledger = await Tillbook.start();
});

beforeEach(async () => {
  shop = await Shop.open(ledger);
});

const REQUIRED = { name: 'Corner shop', currency: 'EUR', timeZone: 'Europe/Paris' };

describe('PUT /v1/merchants/{merchantId}', () => {
  test('registers a merchant with 201, changes it with 200, and fills in every default', async () => {
    const path = `${shop.path}x`;

    const created = await ledger.put(path, REQUIRED);
    const changed = await ledger.put(path, { ...REQUIRED, dayCloseAt: '23:00' });
    const same = await ledger.put(path, { ...REQUIRED, dayCloseAt: '23:00' });
    const seen = await ledger.get(path);

    expect([created.status, changed.status, same.status]).toEqual([201, 200, 200]);
    expect(created.body).toEqual({
      merchantId: `${shop.merchantId}x`,
      ...REQUIRED,
      dayCloseAt: '00:00',
      settlementCycle: 'T1',
      holidays: [],
      fee: { basisPoints: 0 },
      voidPolicy: { partial: false, consent: false, cardPresent: false },
      refundPolicy: {
        windowDays: 180,
        whileVoidable: 'refuse',
        feeReturn: 'keep',
        negativeBalance: true,
      },
      voidRight: 'active',
      payoutRight: 'active',
      refundRight: 'active',
      responseCode: '00',
      position: expect.stringMatching(/^\d{20}$/),
    });
    expect(same.body.position).toBe(changed.body.position);
    const { position, ...settings } = changed.body as Record<string, unknown>;
    expect(seen.body).toEqual(settings);
    expect(settings['responseCode']).toBe('00');
    expect(position).not.toBe(created.body.position);
  });

  test('has the defaults that the OpenAPI document tells', async () => {
    const { body } = await ledger.put(`${shop.path}y`, REQUIRED);
    const { schemas } = (await ledger.get('/openapi.json')).body.components;
    const defaultsOf = (schema: string) =>
      Object.entries(schemas[schema].properties as Record<string, { default?: unknown }>)
        .filter(([, field]) => field.default !== undefined)
        .map(([name, field]) => [name, field.default]);
    const { voidPolicy, refundPolicy, dayCloseAt, settlementCycle } = body;
    expect(Object.fromEntries(defaultsOf('VoidPolicyDto'))).toEqual(voidPolicy);
    expect(Object.fromEntries(defaultsOf('RefundPolicyDto'))).toEqual(refundPolicy);
    expect(Object.fromEntries(defaultsOf('MerchantBody'))).toEqual({ dayCloseAt, settlementCycle });
  });

  test('keeps all that it is told', async () => {
    const settings = {
      ...REQUIRED,
      dayCloseAt: '23:30',
      settlementCycle: 'T2',
      holidays: ['2026-05-01'],
      fee: {
        basisPoints: 60,
        minimum: 5,
        cap: 10_000,
        perCardType: { debit: { basisPoints: 50, cap: 2_000 }, credit: { basisPoints: 80 } },
      },
      reserve: { basisPoints: 500, days: 90 },
      payoutMinimum: 1_000,
      voidPolicy: {
        partial: true,
        windowMinutes: 30,
        supervisorAbove: 50_000,
        consent: true,
        cardPresent: true,
        approvalAbove: 100_000,
      },
      refundPolicy: {
        windowDays: 30,
        whileVoidable: 'allow',
        feeReturn: 'proportional',
        negativeBalance: false,
        supervisorAbove: 0,
        approvalAbove: 1,
      },
      limits: {
        single: { sale: 1_000_000, void: 1_000, refund: 1_000 },
        daily: { sale: { count: 100, amount: 5 }, void: { count: 0 }, refund: { amount: 0 } },
        cardTypes: ['debit'],
      },
    };

    const { status } = await ledger.put(shop.path, settings);
    const { body } = await ledger.get(shop.path);

    expect(status).toBe(200);
    expect(body).toMatchObject(settings);
  });

  test('keeps an IBAN in its electronic form, and the same in another spelling changes nothing', async () => {
    const put = (iban: string) =>
      ledger.put(shop.path, { ...REQUIRED, payoutAccount: { name: 'A shop', iban } });
    const first = await put('de89 3704 0044 0532 0130 00');
    const account = { name: 'A shop', iban: 'DE89370400440532013000' };
    expect(first.body.payoutAccount).toEqual(account);
    expect((await ledger.get(shop.path)).body.payoutAccount).toEqual(account);
    const again = await put('DE89-3704-0044-0532-0130-00');
    expect([again.status, again.body.position]).toEqual([200, first.body.position]);
  });

  test.each(['XCG', 'ZWG'])('takes %s, which ISO 4217 has of late', async (currency) => {
    await Shop.open(ledger, { currency });
  });

  test('charges a card type without basis points the merchant’s, within bounds of its own', async () => {
    const fee = { basisPoints: 60, minimum: 5, perCardType: { debit: { cap: 2_000 } } };
    await ledger.put(shop.path, { ...REQUIRED, fee });
    const { body } = await ledger.get(shop.path);
    expect(body.fee).toEqual({
      ...fee,
      perCardType: { debit: { basisPoints: 60, cap: 2_000 } },
    });
  });

  test.each([
    ['name', undefined],
    ['currency', undefined],
    ['timeZone', undefined],
    ['name', ''],
    ['name', 'card 4242 4242 4242 4242'],
    ['name', 'Corner\uffffshop'],
    ['payoutAccount', { name: 'Corner\ufffeshop' }],
    ['currency', 'EURO'],
    ['currency', 'eur'],
    ['timeZone', 'Europe/Atlantis'],
    ['timeZone', ''],
    ['dayCloseAt', '24:00'],
    ['dayCloseAt', '9:00'],
    ['settlementCycle', 'T3'],
    ['holidays', '2026-05-01'],
    ['holidays', ['2026-02-29']],
    ['fee', { basisPoints: 10_001 }],
    ['fee', { basisPoints: 0.5 }],
    ['fee', { basisPoints: 1, perCardType: { prepaid: { basisPoints: 1 } } }],
    ['fee', { minimum: 10, cap: 5 }],
    ['fee', { perCardType: { debit: { minimum: 10, cap: 5 } } }],
    ['reserve', { basisPoints: 500 }],
    ['payoutMinimum', -1],
    ['voidPolicy', { partial: 'yes' }],
    ['voidPolicy', { windowMinutes: 0 }],
    ['refundPolicy', { windowDays: -1 }],
    ['refundPolicy', { whileVoidable: 'maybe' }],
    ['limits', { single: { sale: 0 } }],
    ['limits', { daily: { sale: { count: -1 } } }],
    ['limits', { cardTypes: ['prepaid'] }],
    ['voidRight', 'frozen'],
    ['constructor', {}],
  ])('refuses %s of %j, and changes nothing', async (field, value) => {
    const before = await ledger.get(shop.path);

    const { status, body } = await shop.set({ [field]: value });
    const after = await ledger.get(shop.path);

    expect([status, body.responseCode]).toEqual([400, '30']);
    expect(body.errors[0].field).toMatch(new RegExp(`^${field}`));
    expect(after.body).toEqual(before.body);
  });
});

describe('what belongs to a merchant', () => {
  test('a terminal is assigned with 201 and moved with 200', async () => {
    const assigned = await shop.assign('T2', 'S1', 'USD');
    const moved = await shop.assign('T2', 'S2');

    expect([assigned.status, moved.status]).toEqual([201, 200]);
    expect(assigned.body).toMatchObject({ terminalId: 'T2', storeId: 'S1', currency: 'USD' });
    expect(moved.body.currency).toBeUndefined();
  });

  test.each(['void', 'refund'])('the right to %s is frozen and restored', async (right) => {
    const path = `${shop.path}/${right}-right`;

    const frozen = await ledger.put(path, { status: 'frozen', reason: 'fraud' });
    const { body } = await ledger.get(shop.path);
    const active = await ledger.put(path, { status: 'active', reason: 'cleared' });

    const { merchantId } = shop;
    expect(frozen.status).toBe(200);
    expect(frozen.body).toMatchObject({ merchantId, right, status: 'frozen' });
    expect(body[`${right}Right`]).toBe('frozen');
    expect(active.body.status).toBe('active');
  });

  test('a right that is frozen again is frozen for the reason that was given last, once', async () => {
    const path = `${shop.path}/void-right`;
    for (const reason of ['fraud', 'court order', 'court order']) {
      expectStatus(await ledger.put(path, { status: 'frozen', reason }), 200);
    }
    for (const reason of ['cleared', 'all is well']) {
      expectStatus(await ledger.put(path, { status: 'active', reason }), 200);
    }
    const { events } = (await ledger.get(`/v1/audit/events?merchantId=${shop.merchantId}`)).body;
    const rights = (events as { type: string; data: { reason: string } }[])
      .filter(({ type }) => type.startsWith('Right'))
      .map(({ type, data }) => [type, data.reason]);
    expect(rights).toEqual([
      ['RightFrozen', 'fraud'],
      ['RightFrozen', 'court order'],
      ['RightRestored', 'cleared'],
    ]);
  });

  test.each([
    ['terminals/T2', {}],
    ['terminals/T2', { storeId: 'S 1' }],
    ['terminals/T2', { storeId: 'S1', currency: 'eur' }],
    ['terminals/T2', { storeId: 'S1', name: 'x' }],
    ['terminals/T-2', { storeId: 'S1' }],
    ['void-right', { status: 'frozen' }],
    ['void-right', { status: 'off', reason: 'x' }],
    ['refund-right', { status: 'frozen', reason: '' }],
    ['refund-right', { reason: 'x' }],
  ])('%s is not set to %j: 400', async (path, body) => {
    expect((await ledger.put(`${shop.path}/${path}`, body)).status).toBe(400);
  });

  test('is unknown with the merchant: 404, 03', async () => {
    const nobody = '/v1/merchants/Nobody';
    const answers = await Promise.all([
      ledger.get(nobody),
      ledger.put(`${nobody}/terminals/T1`, { storeId: 'S1' }),
      ledger.put(`${nobody}/void-right`, { status: 'frozen', reason: 'x' }),
      ledger.put(`${nobody}/refund-right`, { status: 'frozen', reason: 'x' }),
      ledger.get(`${nobody}/sales`),
      ledger.get(`${nobody}/balances`),
    ]);

    for (const { status, body } of answers)
      expect([status, body.responseCode]).toEqual([404, '03']);
  });
});

describe('PUT /v1/cards/{token}/status', () => {
  test('reports and restores a card; what it already is writes nothing', async () => {
    const path = `/v1/cards/tok_${shop.merchantId}/status`;

    const lost = await ledger.put(path, { status: 'lost' });
    const again = await ledger.put(path, { status: 'lost' });
    const active = await ledger.put(path, { status: 'active' });

    expect(lost.status).toBe(200);
    expect(lost.body).toEqual({
      token: `tok_${shop.merchantId}`,
      status: 'lost',
      responseCode: '00',
      position: expect.stringMatching(/^\d{20}$/),
    });
    expect(again.body).toEqual(lost.body);
    expect(active.body.position > lost.body.position).toBe(true);
  });

  test('is told as it stands, of a card that was never reported, too', async () => {
    const path = `/v1/cards/tok2_${shop.merchantId}/status`;
    const unheard = await ledger.get(path);
    const frozen = await ledger.put(path, { status: 'frozen' });
    const told = await ledger.get(path);

    expect([unheard.status, unheard.body]).toMatchObject([200, { status: 'active' }]);
    expect([told.status, told.body]).toEqual([200, frozen.body]);
  });

  test.each([
    ['tok_1', { status: 'stolen' }],
    ['tok_1', {}],
    ['tok_1', { status: 'lost', why: 'x' }],
    ['tok.1', { status: 'lost' }],
    ['x'.repeat(65), { status: 'lost' }],
  ])('of %s refuses %j: 400', async (token, body) => {
    expect((await ledger.put(`/v1/cards/${token}/status`, body)).status).toBe(400);
  });
});

describe('lists', () => {
  test('of merchants are in pages by their ids, with what was set last', async () => {
    const own = await Tillbook.start();
    for (const merchantId of ['B2', 'A1', 'C3'])
      await own.put(`/v1/merchants/${merchantId}`, REQUIRED);
    const changed = { ...REQUIRED, name: 'Market hall' };
    const { position } = (await own.put('/v1/merchants/B2', changed)).body;
    const list = async (query: string) => (await own.get(`/v1/merchants?${query}`)).body;
    const whole = await list(`after=${position}`);
    const registeredAt = MORNING;
    expect(whole).toEqual({
      merchants: [
        { merchantId: 'A1', ...REQUIRED, registeredAt },
        { merchantId: 'B2', ...changed, registeredAt },
        { merchantId: 'C3', ...REQUIRED, registeredAt },
      ],
    });
    const first = await list('limit=2');
    expect(first).toEqual({ merchants: whole.merchants.slice(0, 2), next: 'B2' });
    expect(await list('limit=2&after=B2')).toEqual({ merchants: whole.merchants.slice(2) });
  });

  test('of terminals are in pages by their ids, of a merchant or of one store, as they are now', async () => {
    const path = `${shop.path}/terminals`;
    await ledger.put(`${path}/T9`, { storeId: 'S2', currency: 'USD' });
    await ledger.put(`${path}/T5`, { storeId: 'S2' });
    const { position } = (await ledger.put(`${path}/T5`, { storeId: 'S3' })).body;
    const list = async (query: string) => (await ledger.get(`${path}?${query}`)).body;
    const { merchantId, terminalId } = shop;
    const [t5, t9] = [
      { terminalId: 'T5', storeId: 'S3' },
      { terminalId: 'T9', storeId: 'S2', currency: 'USD' },
    ];
    const whole = await list(`after=${position}`);
    expect(whole).toMatchObject({ merchantId, terminals: [{ terminalId }, t5, t9] });
    expect(await list('storeId=S2')).toEqual({ merchantId, terminals: [t9] });
    expect(await list('limit=2')).toEqual({
      merchantId,
      terminals: whole.terminals.slice(0, 2),
      next: 'T5',
    });
    expect(await list('after=T5')).toEqual({ merchantId, terminals: [t9] });
    const odd = await ledger.get(`${path}?after=T5.1`);
    expect([odd.status, odd.body.errors]).toMatchObject([400, [{ field: 'after' }]]);
  });
});
