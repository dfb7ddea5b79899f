import { beforeAll, describe, expect, test } from '@jest/globals';
import { HttpClient } from '../support/http-client.js';
import { sign, type SignOptions } from '../support/sign.js';
import { Shop } from '../support/shop.js';
import { newFolder } from '../support/store-folder.js';
import { Tillbook } from '../support/tillbook.js';
import { operatorKey } from '../support/tool.js';

let ledger: Tillbook;
let anonymous: HttpClient;
let shop: Shop;
let key: string;

beforeAll(async () => {
  const folder = newFolder();
  const operator = await operatorKey(folder);
  ledger = await Tillbook.start({ folder, key: operator, env: { AUTH: 'keys' } });
  anonymous = new HttpClient(ledger.url);
  shop = await Shop.open(ledger);
  const { merchantId, terminalId } = shop;
  const body = { scope: 'terminal', merchantId, terminalId, signed: true };
  key = (await ledger.post('/v1/keys', body)).body.key as string;
});

const signed = (method: string, path: string, body: string, options?: SignOptions) =>
  sign(key, method, path, body, options);

async function sell(body: string, headers: Record<string, string>) {
  const answer = await anonymous.post('/v1/sales', body, headers);
  return answer.status;
}

const saleText = (): string => JSON.stringify(shop.saleBody());

describe('a signed request', () => {
  test('is taken from who has the secret, which is not sent', async () => {
    const body = saleText();
    const headers = signed('POST', '/v1/sales', body);
    expect(JSON.stringify(headers)).not.toContain(key.split('_')[2]);
    expect(await sell(body, headers)).toBe(201);
  });

  test('is refused when the same comes again', async () => {
    const body = saleText();
    const headers = signed('POST', '/v1/sales', body);
    expect(await sell(body, headers)).toBe(201);
    expect(await sell(body, headers)).toBe(401);
  });

  test('that makes a key is refused when the same comes again after a restart', async () => {
    const folder = newFolder();
    const opener = await operatorKey(folder);
    let own = await Tillbook.start({ folder, key: opener, env: { AUTH: 'keys' } });
    const operator = (await own.post('/v1/keys', { scope: 'operator', signed: true })).body.key;
    const body = JSON.stringify({ scope: 'operator' });
    const headers = sign(operator as string, 'POST', '/v1/keys', body);
    const send = () => new HttpClient(own.url).post('/v1/keys', body, headers);
    expect((await send()).status).toBe(201);
    expect((await send()).status).toBe(401);
    own = await own.restart({ key: opener, env: { AUTH: 'keys' } });
    expect((await send()).status).toBe(401);
    const named = await Shop.open(own);
    const sale = JSON.stringify(named.saleBody());
    const sold = sign(operator as string, 'POST', '/v1/sales', sale);
    expect((await new HttpClient(own.url).post('/v1/sales', sale, sold)).status).toBe(201);
    const { events } = (await own.get('/v1/audit/events?type=SignatureUsed')).body;
    expect(events).toHaveLength(1);
    own.close();
  });

  test('is the same request to the ledger when it is signed anew', async () => {
    const body = saleText();
    expect(await sell(body, signed('POST', '/v1/sales', body))).toBe(201);
    const again = await anonymous.post('/v1/sales', body, signed('POST', '/v1/sales', body));
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, 'true']);
  });

  test.each([-301, 301])('is refused when its time is off by %d seconds', async (seconds) => {
    const body = saleText();
    const timestamp = Math.floor(Date.now() / 1_000) + seconds;
    expect(await sell(body, signed('POST', '/v1/sales', body, { timestamp }))).toBe(401);
  });

  test('is refused with another body, another address or another method than it was signed for', async () => {
    const body = saleText();
    expect(await sell(body.replace('10000', '10001'), signed('POST', '/v1/sales', body))).toBe(401);
    expect(await sell(body, signed('POST', '/v1/sales?', body))).toBe(401);
    expect(await sell(body, signed('PUT', '/v1/sales', body))).toBe(401);
    expect(await sell(body, signed('POST', '/v1/sales', body))).toBe(201);
  });

  test('may ask, too, and not about others', async () => {
    const own = `/v1/merchants/${shop.merchantId}`;
    expect((await anonymous.get(own, signed('GET', own, ''))).status).toBe(200);
    const foreign = '/v1/merchants/OTHER';
    expect((await anonymous.get(foreign, signed('GET', foreign, ''))).status).toBe(404);
    const list = '/v1/keys';
    expect((await anonymous.get(list, signed('GET', list, ''))).status).toBe(403);
  });

  test('may write its scheme in any case, and a blank behind its comma', async () => {
    const body = saleText();
    const headers = signed('POST', '/v1/sales', body);
    const authorization = headers.authorization
      .replace('Tillbook-HMAC', 'tillbook-hmac')
      .replace(',', ', ');
    expect(await sell(body, { ...headers, authorization })).toBe(201);
  });

  test('may be as long as any, and is told when it is too long', async () => {
    const longest = saleText().padEnd(1024 * 1024);
    expect(await sell(longest, signed('POST', '/v1/sales', longest))).toBe(201);
    const longer = saleText().padEnd(1024 * 1024 + 1);
    const { status, body } = await anonymous.post(
      '/v1/sales',
      longer,
      signed('POST', '/v1/sales', longer),
    );
    expect([status, body.code]).toEqual([413, 'too-large']);
  });

  test('is the only kind that such a key is good for', async () => {
    expect((await ledger.as(key).get(`/v1/merchants/${shop.merchantId}`)).status).toBe(401);
  });
});

describe('signed lines', () => {
  const BULK = '/v1/bulk';
  const lineOf = (): string => `${JSON.stringify({ op: 'sale', ...shop.saleBody() })}\n`;

  function send(lines: string, headers: Record<string, string>) {
    return anonymous.post(BULK, lines, { 'content-type': 'application/x-ndjson', ...headers });
  }

  test('are taken from who has signed just these', async () => {
    const lines = lineOf() + lineOf();
    const { status, text } = await send(lines, signed('POST', BULK, lines));
    expect(status).toBe(200);
    const answered = text.trimEnd().split('\n');
    expect(answered.map((line) => (JSON.parse(line) as { status: number }).status)).toEqual([
      201, 201,
    ]);
  });

  test.each([
    ['nothing', ''],
    ['other lines', '{"op":"sale"}\n'],
  ])('are refused as a whole when %s was signed, and nothing is written', async (_what, body) => {
    const sale = shop.saleBody();
    const lines = `${JSON.stringify({ op: 'sale', ...sale })}\n`;
    const refused = await send(lines, signed('POST', BULK, body));
    expect([refused.status, refused.body.code]).toEqual([401, 'unauthenticated']);
    const { merchantId, terminalId, batchNo, stan } = sale;
    const name = `${merchantId}/${terminalId}/${batchNo}/${stan}`;
    expect((await ledger.get(`/v1/requests/${name}`)).status).toBe(404);
  });

  test('are refused when one more was put in between', async () => {
    const lines = lineOf();
    expect((await send(lines + lineOf(), signed('POST', BULK, lines))).status).toBe(401);
  });

  test('are to be split when they are too much to keep', async () => {
    const line = lineOf();
    const lines = line.repeat(Math.ceil((4 * 1024 * 1024 + 1) / line.length));
    const { status, body } = await send(lines, signed('POST', BULK, lines));
    expect([status, body.code]).toEqual([413, 'too-large']);
    expect(body.detail).toMatch(/4 MiB; split/);
    expect((await send(line, signed('POST', BULK, line))).status).toBe(200);
  });
});
