import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Shop } from '../support/shop.js';
import { newFolder } from '../support/store-folder.js';
import { Tillbook } from '../support/tillbook.js';
import { operatorKey } from '../support/tool.js';

const CARD_NUMBER = '4111111111111111';

let ledger: Tillbook;

/** One that does not hang up when the other side does, and what that says until then. */
function connection(): { socket: Socket; said: Promise<string> } {
  const socket = connect({ port: Number(new URL(ledger.url).port), allowHalfOpen: true });
  let heard = '';
  socket.on('data', (chunk: Buffer) => (heard += String(chunk)));
  return { socket, said: once(socket, 'end').then(() => heard) };
}

beforeAll(async () => {
  ledger = await Tillbook.start({
    env: { REFUSED_PER_TERMINAL: '30', REQUEST_TIMEOUT_SECONDS: '1', LOG_LEVEL: 'trace' },
  });
});

describe('who is refused over and over', () => {
  test('on one sale is told to wait from the twenty-first time on, and other sales are not held up', async () => {
    const shop = await Shop.open(ledger);
    const { saleId } = await shop.sell();
    const other = await shop.sell();
    for (let attempt = 1; attempt <= 20; attempt += 1) {
      const { status, body } = await shop.void(saleId, { amount: 10_001 });
      expect([attempt, status, body.code]).toEqual([attempt, 422, 'amount-allowed']);
    }
    const sent = shop.request();
    const slowed = await shop.void(saleId, sent);
    expect(slowed).toMatchObject({ status: 429, body: { code: 'too-many-refused' } });
    expect(slowed.body).toMatchObject({ responseCode: '65', nextStep: 'wait' });
    expect(slowed.headers['ratelimit-policy']).toBe('"refused-sale";q=20;w=60');
    const wait = Number(slowed.headers['retry-after']);
    expect(slowed.headers['ratelimit']).toBe(`"refused-sale";r=0;t=${wait}`);
    expect(wait > 0 && wait <= 60).toBe(true);
    const { merchantId, terminalId, batchNo, stan } = sent;
    const asked = await ledger.get(`/v1/requests/${merchantId}/${terminalId}/${batchNo}/${stan}`);
    expect(asked.status).toBe(404);
    expect((await shop.void(other.saleId)).status).toBe(201);
  });

  test('is not who asks with a revision that the sale no longer has', async () => {
    const shop = await Shop.open(ledger, { voidPolicy: { partial: true } });
    const { saleId } = await shop.sell();
    for (let attempt = 1; attempt <= 20; attempt += 1) {
      const { status } = await shop.void(saleId, { amount: 1 }, { 'if-match': '"7"' });
      expect([attempt, status]).toEqual([attempt, 412]);
    }
    expect((await shop.void(saleId, { amount: 1 }, { 'if-match': '"0"' })).status).toBe(201);
  });

  test('still gets the first answer to a request that came before, and is told of other content', async () => {
    const shop = await Shop.open(ledger, { voidPolicy: { partial: true } });
    const { saleId } = await shop.sell();
    const done = { ...shop.request(), amount: 100 };
    const first = await shop.void(saleId, done);
    for (let attempt = 1; attempt <= 20; attempt += 1) await shop.void(saleId, { amount: 10_001 });
    expect((await shop.void(saleId, { amount: 100 })).status).toBe(429);

    const repeat = await shop.void(saleId, done);
    const changed = await shop.void(saleId, { ...done, amount: 101 });

    expect([repeat.status, repeat.body]).toEqual([201, first.body]);
    expect(repeat.headers['idempotency-replayed']).toBe('true');
    expect([changed.status, changed.body.responseCode]).toEqual([409, '94']);
  });

  test('from one terminal is told to wait, and other terminals are not held up', async () => {
    const shop = await Shop.open(ledger);
    await shop.assign('T2', 'S1');
    for (let attempt = 1; attempt <= 30; attempt += 1) {
      expect((await shop.trySale({ currency: 'USD' })).status).toBe(422);
    }
    expect((await shop.trySale()).status).toBe(429);
    const lines = [{ op: 'sale', ...shop.saleBody() }];
    const bulk = await ledger.post(
      '/v1/bulk',
      lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
      { 'content-type': 'application/x-ndjson' },
    );
    expect(JSON.parse(bulk.text)).toMatchObject({ status: 429, body: { nextStep: 'wait' } });
    expect((await shop.trySale({ terminalId: 'T2', batchNo: '000007' })).status).toBe(201);
  });
});

describe('a time-out reversal', () => {
  test('is taken from a terminal that was refused too often for all else', async () => {
    const shop = await Shop.open(ledger);
    const lost = shop.saleBody();
    await ledger.post('/v1/sales', lost);
    for (let attempt = 1; attempt <= 30; attempt += 1) await shop.trySale({ currency: 'USD' });
    expect((await shop.trySale()).status).toBe(429);

    const { status, body } = await shop.timeOut(lost);

    expect([status, body.outcome]).toEqual([200, 'reversed']);
  });

  test('that is refused may be repeated without end, and holds up nothing', async () => {
    const shop = await Shop.open(ledger);
    const sale = shop.saleBody();
    const { saleId } = (await ledger.post('/v1/sales', sale)).body;
    await ledger.post(`/v1/sales/${saleId}/settle`);
    const own = shop.request();
    for (let attempt = 1; attempt <= 31; attempt += 1) {
      const { status, body } = await shop.timeOut(sale, own);
      expect([attempt, status, body.code]).toEqual([attempt, 409, 'settled-since']);
    }
    expect((await shop.refund(saleId)).status).toBe(201);
  });
});

describe('a client that is too slow', () => {
  const start = 'POST /v1/sales HTTP/1.1\r\nHost: x\r\n';
  test.each([
    ['headers', start],
    ['body', `${start}Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"merch`],
  ])('with its %s is cut off', async (_what, sent) => {
    const socket = connect(Number(new URL(ledger.url).port), '127.0.0.1');
    socket.write(sent);
    const said = text(socket);
    await once(socket, 'close');
    expect(await said).toMatch(/^HTTP\/1\.1 408 [^]*"code":"too-slow"/);
  });

  test('with its body is not served any more once it was told so', async () => {
    const body = JSON.stringify({ name: 'Late', currency: 'EUR', timeZone: 'Europe/Berlin' });
    const { socket, said } = connection();
    const head = `PUT /v1/merchants/LATE HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
    socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body.slice(0, 9)}`);
    expect(await said).toMatch(/^HTTP\/1\.1 408 /);
    socket.on('error', () => undefined).write(body.slice(9));
    await delay(200);
    expect((await ledger.get('/v1/merchants/LATE')).status).toBe(404);
    socket.destroy();
  });

  test('with a body that nobody waits for, since it is answered, is cut off as well', async () => {
    const socket = connect(Number(new URL(ledger.url).port), '127.0.0.1');
    socket.write('POST /v1/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{');
    const said = text(socket);
    await once(socket, 'close');
    expect((await said).match(/HTTP.1.1 \d+/g)).toEqual(['HTTP/1.1 404']);
  });

  test.each([
    ['with its headers', start],
    ['and speaks no HTTP', 'HELLO\r\n\r\n'],
  ])('%s is hung up on, also where it does not do so itself', async (_what, sent) => {
    const { socket, said } = connection();
    socket.write(sent);
    await said;
    await delay(1_500);
    const faults: Error[] = [];
    socket.on('error', (fault) => faults.push(fault));
    for (let time = 0; time < 2; time += 1) {
      socket.write('x');
      await delay(100);
    }
    expect(faults).toHaveLength(1);
  });

  test('with its lines is served as long as they come, and cut off when they stop', async () => {
    const shop = await Shop.open(ledger);
    const { port } = new URL(ledger.url);
    const headers = { 'content-type': 'application/x-ndjson' };
    const sent = request({ port, path: '/v1/bulk', method: 'POST', headers });
    const answering = once(sent, 'response') as Promise<[IncomingMessage]>;
    for (let line = 0; line < 4; line += 1) {
      sent.write(`${JSON.stringify({ op: 'sale', ...shop.saleBody() })}\n`);
      await delay(500);
    }
    const [answer] = await answering;
    let answered = '';
    answer.on('data', (chunk: Buffer) => (answered += String(chunk)));
    await expect(finished(answer)).rejects.toThrow('aborted');
    const statuses = answered.trimEnd().split('\n');
    expect(statuses.map((line) => (JSON.parse(line) as { status: number }).status)).toEqual([
      201, 201, 201, 201,
    ]);
  });
});

describe('what is no HTTP', () => {
  test('is told so behind the answers to what came before it', async () => {
    const { socket, said } = connection();
    socket.write('GET /v1/projections HTTP/1.1\r\nHost: x\r\n\r\nHELLO\r\n\r\n');
    expect(await said).toMatch(
      /^HTTP\/1\.1 200 [^]*"projections"[^]*HTTP\/1\.1 400 [^]*"malformed"/,
    );
    socket.destroy();
  });

  test('among the lines of a bulk cuts it off, and is not answered in the midst of their answers', async () => {
    const shop = await Shop.open(ledger);
    const line = `${JSON.stringify({ op: 'sale', ...shop.saleBody() })}\n`;
    const { socket, said } = connection();
    const head = 'POST /v1/bulk HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n';
    socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
    socket.write(`${line.length.toString(16)}\r\n${line}\r\n`);
    await once(socket, 'data');
    socket.write('no length\r\n');
    const answered = await said;
    expect(answered).toMatch(/^HTTP\/1\.1 200 [^]*"status":201/);
    expect(answered).not.toContain('HTTP/1.1 400');
    socket.destroy();
  });
});

describe('every answer', () => {
  test('tells browsers to load nothing, to guess nothing and to frame nothing', async () => {
    for (const path of ['/v1/projections', '/docs', '/no-such']) {
      const { headers } = await ledger.get(path);
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
      });
    }
  });

  test.each(['/docs/no-such', '/docs/%2e%2e/%2e%2e/package.json', '/docs/..%2f..%2fpackage.json'])(
    'shows nothing beside the files of /docs: %s',
    async (path) => {
      const { status, body } = await ledger.get(path);
      expect([status, body.code]).toEqual([404, 'no-such-route']);
    },
  );

  test('leaves the page at /docs all that it needs: scripts and styles of the service’s own', async () => {
    const { status, text: page } = await ledger.get('/docs');
    expect(status).toBe(200);
    const scripts = [...page.matchAll(/<script([^>]*)>([^]*?)<\/script>/g)];
    expect(scripts.length).toBeGreaterThan(1);
    for (const [, attributes = '', inside = ''] of scripts) {
      const [, source = ''] = /src=['"]([^'"]+)['"]/.exec(attributes) ?? [];
      expect(inside.trim()).toBe('');
      expect(source).not.toMatch(/^https?:/);
      const { status: found } = await ledger.get(new URL(source, `${ledger.url}/docs`).pathname);
      expect([source, found]).toEqual([source, 200]);
    }
  });

  test('names its request: as the sender did, or by a name of its own', async () => {
    const given = await ledger.get('/v1/projections', { 'x-request-id': 'till-7.42' });
    expect(given.headers['x-request-id']).toBe('till-7.42');
    await ledger.service.writes(
      /"requestId":"till-7.42","method":"GET","route":"[^"]*","status":200/,
    );
    for (const name of ['', 'a b', CARD_NUMBER, 'x'.repeat(200)]) {
      const { headers } = await ledger.get('/v1/projections', { 'x-request-id': name });
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

describe('the log of the service', () => {
  test('has no card number, no password and no key in it, whatever is sent', async () => {
    const folder = newFolder();
    const key = await operatorKey(folder);
    const own = await Tillbook.start({ folder, key, env: { AUTH: 'keys', LOG_LEVEL: 'trace' } });
    const shop = await Shop.open(own, { voidPolicy: { supervisorAbove: 0 } });
    const password = 'seven-Tills-4';
    await own.put(`${shop.path}/supervisors/ann`, { name: 'Ann', password });
    const { saleId } = await shop.sell();
    await shop.void(saleId, { supervisor: { id: 'ann', password: 'wrong-Tills-9' } });
    await shop.void(saleId, { supervisor: { id: 'ann', password } });
    await shop.trySale({ card: { token: CARD_NUMBER, last4: '1111' } });
    await shop.trySale({ operatorId: CARD_NUMBER });
    await own.get(`/v1/sales/${CARD_NUMBER}`);
    await own.get(`/v1/no-such/${CARD_NUMBER}?card=${CARD_NUMBER}`);
    await own.post('/v1/sales', `{"card": "${CARD_NUMBER}`);
    await own.as(`${key}x`).get('/v1/projections');
    await own.get('/health/live', { 'x-request-id': 'the-end' });
    await own.service.writes('the-end');
    const { output } = own.service;
    expect(output).toContain('"level":20');
    for (const secret of [CARD_NUMBER, password, 'wrong-Tills-9', key, key.split('_')[2] ?? key]) {
      expect(output).not.toContain(secret);
    }
  });
});

describe('the OpenAPI document', () => {
  test('passes Redocly’s recommended rules', async () => {
    const { text: source } = await ledger.get('/openapi.json');
    const config = await createConfig({
      extends: ['recommended'],
      // Nothing about a probe can be wrong.
      rules: { 'operation-4xx-response': 'off' },
    });
    const found = await lintFromString({ source, config });
    expect(
      found.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer]),
    ).toEqual([]);
  });
});
