import { describe, expect, test } from '@jest/globals';
import { Nonces } from '../../../src/access/nonces.js';

const MINUTE_MS = 60_000;
const NOON = Date.parse('2026-11-24T12:00:00Z');

const at = (now: number, minutes = 5) => ({ now, until: now + minutes * MINUTE_MS });

describe('a nonce', () => {
  test('is new once for each key, however far off the times of its requests are', () => {
    const nonces = new Nonces();
    expect(nonces.take('key1', 'n1', at(NOON))).toBe('new');
    expect(nonces.take('key1', 'n1', at(NOON))).toBe('seen');
    expect(nonces.take('key1', 'n1', at(NOON, 10))).toBe('seen');
    expect(nonces.take('key1', 'n1', at(NOON, 0))).toBe('seen');
    expect(nonces.take('key2', 'n1', at(NOON))).toBe('new');
    expect(nonces.take('key1', 'n2', at(NOON))).toBe('new');
  });

  test('is remembered until its time, and forgotten in the minute after it', () => {
    const nonces = new Nonces();
    nonces.take('key1', 'n1', at(NOON));
    expect(nonces.take('key1', 'n1', at(NOON + 5 * MINUTE_MS))).toBe('seen');
    expect(nonces.take('key1', 'n1', at(NOON + 6 * MINUTE_MS))).toBe('new');
  });
});

test('a key with too many nonces waits until its oldest are forgotten; others do not', () => {
  const nonces = new Nonces(3);
  nonces.take('key1', 'n1', at(NOON));
  nonces.take('key1', 'n2', at(NOON + MINUTE_MS));
  nonces.take('key1', 'n3', at(NOON + MINUTE_MS));

  expect(nonces.take('key1', 'n4', at(NOON + 2 * MINUTE_MS))).toEqual({ waitSeconds: 240 });
  expect(nonces.take('key1', 'n3', at(NOON + 2 * MINUTE_MS))).toBe('seen');
  expect(nonces.take('key2', 'n4', at(NOON + 2 * MINUTE_MS))).toBe('new');
  expect(nonces.take('key1', 'n4', at(NOON + 6 * MINUTE_MS))).toBe('new');
});
