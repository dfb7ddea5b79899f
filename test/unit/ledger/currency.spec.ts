import { describe, expect, test } from '@jest/globals';
import { isCurrency } from '../../../src/ledger/currency.js';
import { controlSum, decimalText } from '../../../src/ledger/domain/decimal.js';

describe('a currency', () => {
  test.each(['EUR', 'JPY', 'BHD', 'XAF', 'XCD', 'XCG', 'ZWG', 'ZWL'])('may be %s', (code) => {
    expect(isCurrency(code)).toBe(true);
  });

  test.each(['XYZ', 'eur', 'xcg', 'XCGX', 'EU', ''])('is never %j', (code) => {
    expect(isCurrency(code)).toBe(false);
  });

  test.each('XAG XAU XPD XPT XBA XBB XBC XBD XDR XSU XUA XTS XXX'.split(' '))(
    'is never %s: no card pays in it',
    (code) => {
      expect(isCurrency(code)).toBe(false);
    },
  );

  test.each([
    ['XCG', '-1.05'],
    ['ZWG', '-1.05'],
    ['JPY', '-105'],
    ['BHD', '-0.105'],
  ])('of code %s writes 105 minor units less than nothing as %s', (code, text) => {
    expect(decimalText(-105n, code)).toBe(text);
  });
});

test('amounts of several currencies add up as bare numbers, to the last digit of any of them', () => {
  const amounts = [
    { amount: 9_007_199_254_740_993n, currency: 'EUR' },
    { amount: 490n, currency: 'JPY' },
    { amount: 1n, currency: 'BHD' },
  ];
  expect(controlSum(amounts)).toBe('90071992547899.931');
  expect(controlSum(amounts.slice(1, 2))).toBe('490');
});
