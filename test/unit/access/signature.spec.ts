import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { FastifyRequest } from 'fastify';
import type { Key } from '../../../src/access/domain/key.js';
import { readSignature, Signatures } from '../../../src/access/signature.js';
import { sign } from '../../support/sign.js';

const SECRET = 'ab'.repeat(32);
const KEY: Key = {
  keyId: 'abcdefghijk1',
  holder: { scope: 'operator' },
  hash: createHash('sha256').update(Buffer.from(SECRET, 'hex')).digest('hex'),
  isSigned: true,
  addedAt: '2026-11-24T00:00:00.000Z',
};
const SIGNED_MS = Date.parse('2026-11-24T12:00:00Z');
const SKEW_MS = 300_000;

/** Signed at noon. */
function signedRequest(headers: object = {}) {
  const timestamp = SIGNED_MS / 1_000;
  const signed = sign(`tb_${KEY.keyId}_${SECRET}`, 'POST', '/v1/sales', '{}', { timestamp });
  const request = { method: 'POST', url: '/v1/sales', headers: { ...signed, ...headers } };
  return request as unknown as FastifyRequest;
}

/** What comes of a signed request that arrives at these times after noon, one after the other. */
function arrives(...times: number[]) {
  let now = 0;
  const signatures = new Signatures(() => now);
  const request = signedRequest();
  const signature = readSignature(request);
  if (!signature) throw new Error('not well-formed');
  return times.map((off) => {
    now = SIGNED_MS + off;
    return signatures.admit(request, { ...signature, key: KEY }, '{}');
  });
}

test.each([-SKEW_MS, 0, SKEW_MS])('a request is let in where its time is off by %d ms', (off) => {
  expect(arrives(off)).toEqual(['admitted']);
});

test.each([-SKEW_MS - 1, SKEW_MS + 1])('none is where its time is off by %d ms', (off) => {
  expect(arrives(off)).toEqual(['unproved']);
});

test('one that was let in as early as can be is not let in again as late as can be', () => {
  expect(arrives(-SKEW_MS, SKEW_MS)).toEqual(['admitted', 'unproved']);
});

const PROOF = 'ab'.repeat(32);

test.each([
  ['another scheme', { authorization: `Bearer keyId=${KEY.keyId},proof=${PROOF}` }],
  ['no key', { authorization: `Tillbook-HMAC-SHA256 proof=${PROOF}` }],
  ['no proof', { authorization: `Tillbook-HMAC-SHA256 keyId=${KEY.keyId}` }],
  ['half a proof', { authorization: `Tillbook-HMAC-SHA256 keyId=${KEY.keyId},proof=abab` }],
  ['no time', { 'x-timestamp': undefined }],
  ['a time in milliseconds', { 'x-timestamp': String(SIGNED_MS) }],
  ['a time in words', { 'x-timestamp': 'noon' }],
  ['no nonce', { 'x-nonce': undefined }],
  ['a short nonce', { 'x-nonce': 'a'.repeat(15) }],
  ['a long nonce', { 'x-nonce': 'a'.repeat(65) }],
  ['a nonce of other characters', { 'x-nonce': 'nonce with blanks' }],
])('one that has %s is not well-formed', (_what, headers) => {
  expect(readSignature(signedRequest())).toBeDefined();
  expect(readSignature(signedRequest(headers))).toBeUndefined();
});
