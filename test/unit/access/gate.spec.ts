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
/** Memory that has lost a key as soon as it was read. */
const forgetful = (found = record) =>
  ({ known: () => undefined, reload: () => Promise.resolve(found) }) as unknown as Keyring;

/** What signed sales are answered. */
function serve(nonces = new Nonces(), found = record): () => Promise<Response> {
  const server = fastify();
  readJsonExactly(server);
  server.setErrorHandler((error, _request, reply) => problemFor(error, server.log, reply));
  const signatures = new Signatures(Date.now, nonces);
  new Gate(forgetful(found), Date.now, new KeyRate(0), signatures).guard(server);
  const rule = { scopes: ['operator', 'merchant'], isOpen: false, named: 'body' } as const;
  server.post('/v1/sales', { config: { rule } }, () => 'taken');
  const payload = '{"merchantId":"M1"}';
  return () => {
    const headers = {
      'content-type': 'application/json',
      ...sign(keyText(keyId, secret), 'POST', '/v1/sales', payload),
    };
    return server.inject({ method: 'POST', url: '/v1/sales', headers, payload });
  };
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
});
