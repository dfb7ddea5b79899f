import { expect, test } from '@jest/globals';
import { closedBy, type Key } from '../../../src/access/domain/key.js';

const EXPIRY = '2026-11-24T12:00:00.000Z';
const key: Key = {
  keyId: 'abcdefghij12',
  holder: { scope: 'operator' },
  hash: '00',
  isSigned: false,
  addedAt: '2026-11-24T02:00:00.000Z',
  expiresAt: EXPIRY,
};

test.each([
  [-1, undefined],
  [0, 'expired'],
])('a key %d ms from its expiry is closed by %p', (milliseconds, why) => {
  expect(closedBy(key, Date.parse(EXPIRY) + milliseconds)).toBe(why);
});
