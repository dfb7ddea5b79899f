import { describe, expect, test } from '@jest/globals';
import { parseExactly } from '../../../src/http/json.js';

const amountIn = (text: string) => (parseExactly(text) as { amount: unknown }).amount;

describe('a number in a body', () => {
  test.each([
    ['1.0', 1],
    ['1e3', 1_000],
    ['1.00000000000000000000', 1],
    ['999999999999', 999_999_999_999],
    ['9007199254740993', 9_007_199_254_740_993n],
    ['-9007199254740993', -9_007_199_254_740_993n],
    ['0.5', 0.5],
    ['0.12345678901234567891', 0.12345678901234568],
  ])('written as %s is taken as it is', (written, number) => {
    expect(amountIn(`{"amount":${written}}`)).toBe(number);
    expect(amountIn(`{"amount" : ${written} }`)).toBe(number);
  });

  test.each([
    '0.99999999999999999999',
    '999999999999.00000001',
    '100.00000000000000000000001',
    '123456789012.0001234',
    '-1.00000000000000000001',
    '9007199254740992.5',
    '1e-400',
  ])('written as %s, with a part of a whole, is no whole number', (written) => {
    for (const text of [`{"amount":${written}}`, `{"amount":\n${written}}`]) {
      expect(Number.isInteger(amountIn(text))).toBe(false);
    }
  });
});

test.each(['tok', 'tok_00001234567890123456'])(
  'a field that comes twice counts as it came last, beside %s as beside anything else',
  (token) => {
    expect(amountIn(`{"amount":1,"token":"${token}","amount":2}`)).toBe(2);
  },
);
