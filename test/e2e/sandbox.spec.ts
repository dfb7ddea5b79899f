import { beforeAll, describe, expect, test } from '@jest/globals';
import { malformedFields } from '../support/http-client.js';
import { Shop } from '../support/shop.js';
import { MORNING, Tillbook } from '../support/tillbook.js';

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

  test('a lost answer to a bulk: the connection is cut when all its lines are done', async () => {
    const sale = () => JSON.stringify({ op: 'sale', ...shop.saleBody() });
    const text = `${Array.from({ length: 600 }, sale).join('\n')}\n`;
    const headers = { 'content-type': 'application/x-ndjson' };
    const send = (fault: object = {}) => ledger.post('/v1/bulk', text, { ...headers, ...fault });
    await expect(send({ 'sandbox-fault': 'answer-lost' })).rejects.toThrow();
    const again = (await send()).text;
    expect(again.match(/"replayed":true/g)?.length).toBe(600);
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

describe('the clock', () => {
  test.each(['0000-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '9999-12-31T23:59:59Z'])(
    'goes to no year that dates can not go on from, as at %s',
    async (now) => {
      const answer = await ledger.put('/v1/sandbox/clock', { now });
      expect([answer.status, malformedFields(answer)]).toEqual([400, ['now']]);
    },
  );

  test('goes to the last that it may be put to, and money is due behind it', async () => {
    await ledger.setClock('9900-12-31T23:00:00Z');
    const { saleId } = (await ledger.post('/v1/sales', shop.saleBody({ batchNo: '000099' }))).body;
    const { status, body } = await ledger.post(`/v1/sales/${saleId}/settle`);
    expect([status, body.settlement.valueDate.slice(0, 4)]).toEqual([200, '9900']);
    await ledger.setClock(MORNING);
  });

  test('says where it stands', async () => {
    const { status, body } = await ledger.get('/v1/sandbox/clock');
    expect([status, body]).toEqual([200, { now: new Date(MORNING).toISOString() }]);
  });
});

test('the past and the future are asked about as far as times go', async () => {
  const open = { batchNo: '000100' };
  const { saleId } = (await ledger.post('/v1/sales', shop.saleBody(open))).body;
  for (const at of ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59Z']) {
    const asked = encodeURIComponent(at);
    const voidability = await ledger.get(`/v1/sales/${saleId}/voidability?at=${asked}`);
    const balances = await ledger.get(`${shop.path}/balances?at=${asked}`);
    const trial = await ledger.get(`/v1/ledger/trial-balance?at=${asked}`);
    const sold = await ledger.post('/v1/sales', shop.saleBody({ ...open, transactedAt: at }));
    const statuses = [voidability, balances, trial, sold].map(({ status }) => status);
    expect([at, statuses]).toEqual([at, [200, 200, 200, 201]]);
  }
});

test.each(['9999-12-31T23:59:59-12:00', '0000-01-01T00:00:00+01:00'])(
  'a time that has no year of four figures in UTC is malformed: %s',
  async (at) => {
    const answer = await ledger.post('/v1/sales', shop.saleBody({ transactedAt: at }));
    expect([answer.status, malformedFields(answer)]).toEqual([400, ['transactedAt']]);
  },
);

test('without the sandbox nobody asks for faults', async () => {
  const own = await Tillbook.start({ env: { SANDBOX: 'off' }, clock: 'running' });
  const other = await Shop.open(own);
  const headers = { 'sandbox-fault': 'store-away' };
  expect((await own.post('/v1/sales', other.saleBody(), headers)).status).toBe(201);
});
