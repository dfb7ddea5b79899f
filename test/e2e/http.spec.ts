import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';

let ledger: Tillbook;
let shop: Shop;

beforeAll(async () => {
  ledger = await Tillbook.start();
  shop = await Shop.open(ledger);
});

/** Bytes that need not be HTTP, and the answer to them. */
function sendBytes(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(ledger.url).port), '127.0.0.1');
  socket.write(bytes);
  return text(socket);
}

describe('an address', () => {
  test('where nothing is answers 404 with a problem document', async () => {
    const { status, headers, body } = await ledger.get('/v1/nothing');

    expect(status).toBe(404);
    expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(body).toEqual({
      type: 'urn:tillbook:problem:no-such-route',
      title: 'No such address',
      status: 404,
      detail: 'There is nothing at this address.',
      code: 'no-such-route',
      responseCode: '30',
      message: { en: 'There is nothing at this address.', zh: '地址不存在。' },
      nextStep: 'none',
    });
  });

  test.each([
    ['DELETE', '/v1/sales', 'POST'],
    ['POST', '/v1/sales/M1.T1.000001.000001', 'GET, HEAD'],
    ['PATCH', '/v1/merchants/M1', 'GET, HEAD, PUT'],
    ['PUT', '/health/live', 'GET, HEAD'],
  ])('%s %s answers 405 and allows %s', async (method, path, allowed) => {
    const { status, headers, body } = await ledger.send(method, path, { body: {} });

    expect(status).toBe(405);
    expect(headers['allow']).toBe(allowed);
    expect(body.code).toBe('method-not-allowed');
  });

  test.each([
    ['of another type', 'text/plain', 'x'],
    ['no JSON', 'application/json', '{'],
    ['too large', 'application/json', `"${'x'.repeat(1024 * 1024)}"`],
  ])('answers 405, and 404 where nothing is, also to a body that is %s', async (_, type, body) => {
    const sending = { body, headers: { 'content-type': type } };
    const known = await ledger.send('POST', '/v1/sales/M1.T1.000001.000001', sending);
    const unknown = await ledger.send('POST', '/v1/nothing', sending);

    expect([known.status, known.headers['allow']]).toEqual([405, 'GET, HEAD']);
    expect([unknown.status, unknown.body.code]).toEqual([404, 'no-such-route']);
  });

  test('answers OPTIONS with the methods it takes, and 404 where nothing is', async () => {
    const known = await ledger.send('OPTIONS', '/v1/merchants/M1');
    const unknown = await ledger.send('OPTIONS', '/v1/nothing');

    expect([known.status, known.headers['allow'], known.text]).toEqual([204, 'GET, HEAD, PUT', '']);
    expect(unknown.status).toBe(404);
  });

  test('answers HEAD as GET, without the body', async () => {
    const got = await ledger.get(shop.path);
    const head = await ledger.send('HEAD', shop.path);

    expect(head.status).toBe(200);
    expect(head.text).toBe('');
    expect(head.headers['content-length']).toBe(got.headers['content-length']);
  });

  test.each(['/v1/sales/%zz', '/v1/sales/%', '/v1/merchants/%ff%fe', '/%c0%ae%c0%ae/etc'])(
    '%s can not be decoded: 400',
    async (path) => {
      const { status, body } = await ledger.get(path);

      expect(status).toBe(400);
      expect(body.code).toBe('malformed');
    },
  );

  test.each([
    `/v1/merchants/${'a'.repeat(2_000)}`,
    `/v1/merchants/${'a'.repeat(16)}`,
    '/v1/merchants/a%2Fb',
    '/v1/merchants/%00',
    '/v1/merchants/a%0d%0aSet-Cookie:x',
    '/v1/merchants/商户',
    '/v1/merchants/__proto__%20',
    '/v1/requests/M1/T1/1/000001',
  ])('%s can be nothing: 400', async (path) => {
    const { status } = await ledger.get(encodeURI(path).replaceAll('%25', '%'));

    expect(status).toBe(400);
  });

  test.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
    'of a merchant named %s is unknown until there is one',
    async (name) => {
      const { status, body } = await ledger.get(`/v1/merchants/${name}`);

      expect([status, body.code, body.responseCode]).toEqual([404, 'unknown-merchant', '03']);
    },
  );
});

describe('a body', () => {
  test.each([
    ['no JSON', '{"amount":'],
    ['followed by something else', '{} {}'],
    ['JSON with a comma too many', '{"a":1,}'],
    ['preceded by a byte order mark', '\ufeff{}'],
    ['nested deeper than the parser goes', `${'{"x":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['deep lists', `${'['.repeat(200_000)}${']'.repeat(200_000)}`],
    ['deep, with a number too large', `${'{"x":'.repeat(50_000)}${2n ** 64n}${'}'.repeat(50_000)}`],
    ['a list', '[]'],
    ['null', 'null'],
    ['a text', '"x"'],
    ['a number', '1'],
    ['empty', ''],
    ['a polluted prototype', '{"__proto__":{"amount":1,"currency":"EUR"}}'],
    ['a polluted prototype beside a large number', `{"__proto__":{"amount":1},"x":${2n ** 64n}}`],
    ['a polluted constructor', '{"constructor":{"prototype":{"amount":1}}}'],
    ['many unknown fields', `{${Array.from({ length: 20_000 }, (_, n) => `"f${n}":1`).join()}}`],
  ])('that is %s answers 400 and says why', async (_, body) => {
    const { status, body: problem } = await ledger.post('/v1/sales', body);

    expect(status).toBe(400);
    expect(problem).toMatchObject({ code: 'malformed', responseCode: '30', nextStep: 'none' });
    expect((problem.errors ?? []).length).toBeLessThanOrEqual(20);
    expect(({} as { amount?: number }).amount).toBeUndefined();
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'nonsense', ''])(
    'of the type "%s" answers 415',
    async (type) => {
      const sent = JSON.stringify(shop.saleBody());

      const { status, body } = await ledger.post('/v1/sales', sent, { 'content-type': type });

      expect([status, body.code]).toEqual([415, 'media-type']);
    },
  );

  test.each(['charset=UTF-8', 'charset="utf-8"', 'charset=utf8; profile=till', 'profile=till'])(
    'may say in its type: %s',
    async (parameter) => {
      const { status } = await ledger.post('/v1/sales', shop.saleBody(), {
        'content-type': `application/json; ${parameter}`,
        'content-encoding': 'identity',
      });

      expect(status).toBe(201);
    },
  );

  test.each<[string, Record<string, string>]>([
    ['in another charset', { 'content-type': 'application/json; charset=gbk' }],
    ['in another charset, in quotes', { 'content-type': 'application/json;charset="GB18030"' }],
    ['packed', { 'content-encoding': 'gzip' }],
  ])('%s answers 415, and so do lines', async (_how, headers) => {
    const type = (headers['content-type'] ?? '/json').replace(/^.*json/, 'application/x-ndjson');
    const answers = [
      await ledger.post('/v1/sales', shop.saleBody(), headers),
      await ledger.post('/v1/bulk', '{}\n', { ...headers, 'content-type': type }),
    ];

    for (const { status, body } of answers) {
      expect([status, body.code]).toEqual([415, 'media-type']);
    }
  });

  test('whose bytes are no UTF-8 answers 400', async () => {
    const [before, behind] = JSON.stringify(shop.saleBody({ operatorId: '?' })).split('?');
    const sent = [Buffer.from(before ?? ''), Buffer.from([0xbd, 0xf0]), Buffer.from(behind ?? '')];

    const { status, body } = await ledger.post('/v1/sales', Buffer.concat(sent));

    expect([status, body.code]).toEqual([400, 'malformed']);
    expect(body.errors).toEqual([{ field: '', message: 'is not UTF-8' }]);
  });

  test('that is no JSON is told so', async () => {
    const { status, body } = await ledger.post('/v1/sales', '{"amount":1');

    expect([status, body.code]).toEqual([400, 'malformed']);
    expect(body.errors).toEqual([{ field: '', message: 'is not JSON' }]);
  });

  test('of more than a mebibyte answers 413', async () => {
    const { status, body } = await ledger.post('/v1/sales', ' '.repeat(1024 * 1024 + 1));

    expect([status, body.code]).toEqual([413, 'too-large']);
  });

  test.each([
    ['too large', ' '.repeat(8 * 1024 * 1024), 413],
    ['no JSON', '{', 400],
  ])('that is %s is heard out, and the connection goes on', async (_, body, status) => {
    const head = `POST /v1/sales HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
    const next = 'GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

    const answers = await sendBytes(`${head}Content-Length: ${body.length}\r\n\r\n${body}${next}`);

    expect(answers.match(/HTTP.1.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`, 'HTTP/1.1 200']);
  });
});

describe('bytes that are no HTTP request', () => {
  test.each([
    ['an unknown method', 'FOO / HTTP/1.1\r\nHost: x\r\n\r\n', '400'],
    ['a line of noise', '\u0000\u0001\r\n\r\n', '400'],
    ['too many headers', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, '431'],
  ])('%s is answered %s with a problem document', async (_, bytes, status) => {
    const answer = await sendBytes(bytes);

    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('Content-Type: application/problem+json');
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ status: Number(status) });
  });
});

describe('a request that Node itself would refuse', () => {
  const sale = 'POST /v1/sales HTTP/1.1\r\nContent-Length: 2\r\nContent-Type: application/json\r\n';

  test.each([
    ['no host', sale, [400, 'malformed']],
    ['two hosts', `${sale}Host: x\r\nHOST: y\r\n`, [400, 'malformed']],
    ['another expectation', `${sale}Host: x\r\nExpect: 200-ok\r\n`, [417, 'expectation-failed']],
  ])('with %s is told so, and the connection goes on', async (_, head, problem) => {
    const next = 'GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

    const answers = await sendBytes(`${head}\r\n{}${next}`);

    const [told = '{}'] = /\{.*\}/.exec(answers) ?? [];
    const { status, code } = JSON.parse(told) as { status: number; code: string };
    expect([status, code]).toEqual(problem);
    expect(answers.match(/HTTP.1.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`, 'HTTP/1.1 200']);
  });

  test('is not one of HTTP/1.0, which knows of no host', async () => {
    expect(await sendBytes('GET /health/live HTTP/1.0\r\n\r\n')).toMatch(/^HTTP.1.1 200 /);
  });

  test('is not one that expects to be told to go on', async () => {
    const answers = await sendBytes(
      `${sale}Host: x\r\nExpect: 100-Continue\r\nConnection: close\r\n\r\n{}`,
    );

    expect(answers.match(/HTTP.1.1 \d+/g)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 400']);
  });
});

describe('a query', () => {
  test.each([
    ['limit=0'],
    ['limit=-1'],
    ['limit=1.5'],
    ['limit=1e2'],
    ['limit=0x10'],
    ['limit=%201'],
    ['limit='],
    ['limit=1001'],
    ['limit=1&limit=2'],
    ['status=gone'],
    ['status=open&status=open'],
    ['from=2026-02-30'],
    ['from=yesterday'],
    ['to=2026-3-1'],
    ['after=x'],
    ['after=1'],
    ['unknown=1'],
    ['__proto__=1'],
    ['__proto__[limit]=1'],
    ['limit=%zz'],
  ])('?%s of a list is refused: 400', async (query) => {
    const { status, body } = await ledger.get(`${shop.path}/sales?${query}`);

    expect([status, body.code, body.responseCode]).toEqual([400, 'malformed', '30']);
  });

  test.each([
    ['POST', '/v1/sales', 'dryRun'],
    ['GET', '/v1/sales/M1.T1.000001.000001', 'at'],
    ['GET', '/v1/projections', '__proto__'],
  ])('of %s %s, which takes none, is refused: 400', async (method, path, name) => {
    const body = method === 'POST' ? shop.saleBody() : undefined;
    const refused = await ledger.send(method, `${path}?${name}=1`, { body });

    const errors = [{ field: name, message: 'is not known here' }];
    expect([refused.status, refused.body.errors]).toEqual([400, errors]);
    if (body)
      expect((await ledger.post('/v1/sales', body)).headers).not.toHaveProperty(
        'idempotency-replayed',
      );
  });

  test('of a route that takes none shows no card number, nor more than twenty names', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `a${index}`);
    const { body } = await ledger.get(`/v1/projections?4111111111111111=1&${names.join('&')}`);

    expect(body.errors).toHaveLength(20);
    expect(JSON.stringify(body)).not.toContain('4111');
  });

  test('of a probe may be anything', async () => {
    expect((await ledger.get('/health/live?since=1')).status).toBe(200);
  });

  test.each([
    ['sales', '2026-03-02', '2026-03-01'],
    ['statement', '2026-03-02', '2026-03-01'],
    ['settlements', '2026-03-02', '2026-03-01'],
    ['/v1/acquirer/settlements', '2026-03-02', '2026-03-01'],
    ['/v1/reports/refusals', '2026-03-02', '2026-03-01'],
    ['/v1/audit/events', '2026-03-02T10:00:00Z', '2026-03-02T10:00:00%2B01:00'],
    ['/v1/audit/consistency', '2', '1'],
  ])('a span of %s that ends before it begins is refused: 400', async (list, from, to) => {
    const path = list.startsWith('/') ? list : `${shop.path}/${list}`;
    const { status, body } = await ledger.get(`${path}?from=${from}&to=${to}`);

    expect([status, body.errors]).toEqual([400, [{ field: 'to', message: 'is before `from`' }]]);
  });

  test('an event id that is none of the trail is refused: 400', async () => {
    const headers = { accept: 'text/event-stream', 'last-event-id': '5' };
    expect((await ledger.get('/v1/audit/events', headers)).status).toBe(400);
  });
});
