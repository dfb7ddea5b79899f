import { describe, expect, test } from '@jest/globals';
import { body, refuseBody } from '../../../src/http/checked.pipe.js';
import { Amount, Sum } from '../../../src/http/fields.js';

class Sums {
  @Sum() total!: number;
}

class Payment {
  @Amount() amount!: number;
}

describe('a whole number too large for a double', () => {
  test('is taken as it is where any may come', () => {
    const given = { total: 9_007_199_254_740_993n };
    expect(body(Sums).transform(given, { type: 'body' })).toBe(given);
  });

  test('is refused where it is above what may come', () => {
    const given = { amount: 9_007_199_254_740_993n };
    expect(() => body(Payment).transform(given, { type: 'body' }) as unknown).toThrow('malformed');
  });
});

describe('where no body is taken', () => {
  test.each([[undefined], [{}]])('%j is none', (value) => {
    expect(() => {
      refuseBody(value);
    }).not.toThrow();
  });

  test.each([[{ amount: 1 }], [[]], [null], [0], ['']])('%j is one', (value) => {
    expect(() => {
      refuseBody(value);
    }).toThrow('malformed');
  });
});
