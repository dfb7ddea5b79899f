import { expect, test } from '@jest/globals';
import fastify from 'fastify';
import { Gate } from '../../../src/access/gate.js';
import { KeyRate } from '../../../src/access/key-rate.js';
import type { Keyring, KeyRecord } from '../../../src/access/keyring.js';
import { hashOf, keyText, newKey } from '../../../src/access/secret.js';
import { readJsonExactly } from '../../../src/http/json.js';
import { sign } from '../../support/sign.js';

test('a signed request is judged by the key that was found when it began, though memory has lost it since', async () => {
  const { keyId, secret } = newKey();
  const key = {
    keyId,
    hash: hashOf(secret),
    holder: { scope: 'operator' },
    isSigned: true,
    addedAt: '2026-11-24T02:00:00.000Z',
  } as const;
  const record: KeyRecord = { key, revision: 0, position: undefined };
  const forgetful = { known: () => undefined, reload: () => Promise.resolve(record) };
  const server = fastify();
  readJsonExactly(server);
  new Gate(forgetful as unknown as Keyring, Date.now, new KeyRate(0)).guard(server);
  const rule = { scopes: ['operator'], isOpen: false, named: 'body' } as const;
  server.post('/v1/sales', { config: { rule } }, () => 'taken');

  const payload = '{"amount":1}';
  const headers = sign(keyText(keyId, secret), 'POST', '/v1/sales', payload);
  const type = { 'content-type': 'application/json' };
  const answer = await server.inject({
    method: 'POST',
    url: '/v1/sales',
    headers: { ...type, ...headers },
    payload,
  });

  expect([answer.statusCode, answer.body]).toEqual([200, 'taken']);
});
