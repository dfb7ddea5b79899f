import { describe, expect, test } from '@jest/globals';
import { isTimestamp } from '../../../src/ledger/timestamp.js';

describe('a time in RFC 3339', () => {
  test.each([
    '2026-03-02T00:00:00Z',
    '2026-03-02t23:59:59.999999999z',
    '2026-02-28T10:00:00+14:00',
    '2026-02-28T10:00:00-23:59',
  ])('may be %s', (text) => {
    expect(isTimestamp(text)).toBe(true);
  });
  test.each([
    '2026-03-02T24:00:00Z',
    '2026-03-02T24:00:00.000+08:00',
    '2026-03-02T25:00:00Z',
    '2026-03-02T10:60:00Z',
    '2026-02-30T10:00:00Z',
    '2026-03-02T10:00:00+24:00',
    '2026-03-02T10:00:00',
  ])('is never %s', (text) => {
    expect(isTimestamp(text)).toBe(false);
  });
});
