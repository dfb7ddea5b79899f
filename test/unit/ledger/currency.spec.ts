import { describe, expect, test } from '@jest/globals';
import { decimalText, isCurrency } from '../../../src/ledger/currency.js';

describe('a currency', () => {
  test.each(['EUR', 'JPY', 'BHD', 'XCG', 'ZWG', 'ZWL'])('may be %s', (code) => {
    expect(isCurrency(code)).toBe(true);
  });

  test.each(['XYZ', 'eur', 'xcg', 'XCGX', 'EU', ''])('is never %j', (code) => {
    expect(isCurrency(code)).toBe(false);
  });

  test.each([
    ['XCG', '-1.05'],
    ['ZWG', '-1.05'],
    ['JPY', '-105'],
    ['BHD', '-0.105'],
  ])('of code %s writes 105 minor units less than nothing as %s', (code, text) => {
    expect(decimalText(-105n, code)).toBe(text);
  });
});
