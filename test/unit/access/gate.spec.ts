import { describe, expect, test } from '@jest/globals';
import fastify, { type LightMyRequestResponse as Response } from 'fastify';
import { Gate } from '../../../src/access/gate.js';
import { KeyRate } from '../../../src/access/key-rate.js';
import type { Keyring, KeyRecord } from '../../../src/access/keyring.js';
import { Nonces } from '../../../src/access/nonces.js';
import { hashOf, keyText, newKey } from '../../../src/access/secret.js';
import { Signatures } from '../../../src/access/signature.js';
import { readJsonExactly } from '../../../src/http/json.js';
import { problemFor } from '../../../src/http/problem.filter.js';
import { sign } from '../../support/sign.js';

const { keyId, secret } = newKey();
const key = {
  keyId,
  hash: hashOf(secret),
  holder: { scope: 'operator' },
  isSigned: true,
  addedAt: '2026-11-24T02:00:00.000Z',
} as const;
const record: KeyRecord = { key, revision: 0, position: undefined };
/** Memory that has lost a key as soon as it was read. `later`: what is read of it from the second time on. */
const forgetful = (found = record, later = found) => {
  const first = [found];
  const reload = () => Promise.resolve(first.shift() ?? later);
  return { known: () => undefined, reload } as unknown as Keyring;
};

const text = keyText(keyId, secret);

/** What those of a key send, each with what `headers` says of who they are, and what they are answered. */
function sending(
  headers: (payload: string) => Record<string, string>,
  { nonces = new Nonces(), found = record, perMinute = 0 } = {},
  later = found,
): (payload?: string) => Promise<Response> {
  const server = fastify();
  readJsonExactly(server);
  server.setErrorHandler((error, _request, reply) => problemFor(error, server.log, reply));
  const signatures = new Signatures(Date.now, nonces);
  const used = { take: () => Promise.resolve(true) };
  const rate = new KeyRate(perMinute);
  new Gate(forgetful(found, later), Date.now, rate, used, signatures).guard(server);
  const rule = { scopes: ['operator', 'merchant'], isOpen: false, named: 'body' } as const;
  server.post('/v1/sales', { config: { rule } }, () => 'taken');
  return (payload = '{"merchantId":"M1"}') => {
    const all = { 'content-type': 'application/json', ...headers(payload) };
    return server.inject({ method: 'POST', url: '/v1/sales', headers: all, payload });
  };
}

/** What signed sales are answered. */
function serve(nonces = new Nonces(), found = record, perMinute = 0) {
  const signed = (payload: string) => sign(text, 'POST', '/v1/sales', payload);
  return sending(signed, { nonces, found, perMinute });
}

describe('a signed request', () => {
  test('is judged by the key that was found when it began, though memory has lost it since', async () => {
    const send = serve();
    const { statusCode, body } = await send();
    expect([statusCode, body]).toEqual([200, 'taken']);
  });

  test.each([
    ['M1', 200],
    ['M2', 404],
  ])('by a key of %s for M1 is answered %d', async (merchantId, status) => {
    const holder = { scope: 'merchant', merchantId } as const;
    const send = serve(new Nonces(), { ...record, key: { ...key, holder } });
    expect((await send()).statusCode).toBe(status);
  });

  test('waits when more of its key came than are remembered', async () => {
    const send = serve(new Nonces(1));
    await send();
    const { statusCode, headers, body } = await send();
    expect([statusCode, JSON.parse(body)]).toEqual([
      429,
      expect.objectContaining({ code: 'too-many-requests' }),
    ]);
    expect(Number(headers['retry-after'])).toBeGreaterThan(240);
  });

  test.each([
    ['that is none of its own', 'another body'],
    ['that can’t be read', '{"merchantId":'],
  ])('that proves nothing, with a body %s, spends nothing of its key', async (_, payload) => {
    const stranger = sending(() => sign(text, 'POST', '/v1/sales', ''), { perMinute: 5 });
    const { statusCode, headers } = await stranger(payload);
    expect([statusCode, headers['ratelimit']]).toEqual([401, undefined]);
    expect(headers['www-authenticate']).toMatch(/^Bearer .*, Tillbook-HMAC-SHA256 /);
  });

  test.each([
    ['{"merchantId":"M1"}', 200],
    ['{"merchantId":', 400],
  ])('spends of its key once it is proved, whatever is in it: %s', async (payload, status) => {
    const send = serve(new Nonces(), record, 1);
    const { statusCode, headers } = await send(payload);
    expect([statusCode, headers['ratelimit']]).toEqual([status, '"key";r=0;t=60']);
    expect((await send(payload)).statusCode).toBe(429);
  });
});

describe('a request with a key', () => {
  const bare = { ...record, key: { ...key, isSigned: false } };
  const bearing = (bearer: string, found: KeyRecord = bare, perMinute = 0) =>
    sending(() => ({ authorization: `Bearer ${bearer}` }), { found, perMinute });

  test.each(['Bearer ', 'bearer  '])('is let in by the secret of its key: %s', async (scheme) => {
    const send = sending(() => ({ authorization: `${scheme}${text}` }), { found: bare });
    expect((await send()).statusCode).toBe(200);
  });

  const past = '2026-11-24T02:00:00.000Z';
  test.each<[string, string, KeyRecord]>([
    ['with another secret', keyText(keyId, newKey().secret), bare],
    ['that was never made', text, { ...record, key: undefined }],
    ['that is revoked', text, { ...bare, key: { ...bare.key, revokedAt: past } }],
    ['that has expired', text, { ...bare, key: { ...bare.key, expiresAt: past } }],
    ['that is to be signed with', text, record],
    ['that is no key', `${text}0`, bare],
  ])('%s is told nothing but that', async (_, bearer, found) => {
    const { statusCode, headers, body } = await bearing(bearer, found, 5)();
    expect([statusCode, headers['ratelimit']]).toEqual([401, undefined]);
    expect(JSON.parse(body)).toMatchObject({ code: 'unauthenticated' });
    expect(headers['www-authenticate']).toMatch(/^Bearer .*, Tillbook-HMAC-SHA256 /);
  });

  test('that is not to be signed with is refused where it is', async () => {
    expect((await serve(new Nonces(), bare)()).statusCode).toBe(401);
  });

  test('that may not do this spends of it all the same', async () => {
    const auditor = { ...bare, key: { ...bare.key, holder: { scope: 'auditor' } as const } };
    const send = bearing(text, auditor, 2);
    const statuses = [(await send()).statusCode, (await send()).statusCode];
    expect([...statuses, (await send()).statusCode]).toEqual([403, 403, 429]);
  });

  test.each([
    ['is revoked', { revokedAt: past }],
    ['expires', { expiresAt: past }],
  ])('that %s while its body comes is not done', async (_, closed) => {
    const headers = () => ({ authorization: `Bearer ${text}` });
    const later = { ...bare, key: { ...bare.key, ...closed } };
    const { statusCode, body } = await sending(headers, { found: bare }, later)();
    expect([statusCode, JSON.parse(body)]).toEqual([
      401,
      expect.objectContaining({ code: 'unauthenticated' }),
    ]);
  });

  test('of a merchant says whose it is', async () => {
    const holder = { scope: 'merchant', merchantId: 'M1' } as const;
    const send = bearing(text, { ...bare, key: { ...bare.key, holder } });
    const answers = ['{}', '{"merchantId":"M2"}', '{"merchantId":"M1"}'].map((body) => send(body));
    const statuses = (await Promise.all(answers)).map(({ statusCode }) => statusCode);
    expect(statuses).toEqual([400, 404, 200]);
  });
});

describe('what goes on for long', () => {
  test.each([
    ['as long as its key is good', record, true],
    ['no longer once its key is revoked', { ...record, key: { ...key, revokedAt: 'then' } }, false],
    ['no longer once its key is gone', { ...record, key: undefined }, false],
  ])('is let in %s', async (_, found, admits) => {
    const keyring = { find: () => Promise.resolve(found) } as unknown as Keyring;
    const used = { take: () => Promise.resolve(true) };
    const gate = new Gate(keyring, Date.now, new KeyRate(0), used);
    expect(await gate.stillAdmits({ keyId })).toBe(admits);
    expect(await gate.stillAdmits({})).toBe(true);
  });
});
