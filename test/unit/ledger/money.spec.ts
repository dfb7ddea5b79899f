import { describe, expect, test } from '@jest/globals';
import { add, MAX_AMOUNT, minor, portion, subtract } from '../../../src/ledger/domain/money.js';

describe('an amount', () => {
  test.each([0, 1, 999_999_999_999])('may be %i', (value) => {
    expect(minor(value)).toBe(value);
  });
  test.each([-1, 0.5, 1_000_000_000_000, Number.NaN, Infinity])('is never %d', (value) => {
    expect(() => minor(value)).toThrow(RangeError);
  });
  test('does not go above the largest by adding, nor below zero by taking away', () => {
    expect(add(minor(MAX_AMOUNT - 1), minor(1))).toBe(MAX_AMOUNT);
    expect(() => add(minor(MAX_AMOUNT), minor(1))).toThrow(RangeError);
    expect(subtract(minor(1), minor(1))).toBe(0);
    expect(() => subtract(minor(0), minor(1))).toThrow(RangeError);
  });
});

describe('a portion', () => {
  test.each([
    [10_000, 60, 10_000, 60],
    [1, 1, 2, 1],
    [1, 499, 1_000, 0],
    [5, 1, 3, 2],
    [4, 1, 3, 1],
    [0, 1, 3, 0],
  ])('of %i × %i ÷ %i is %i: half a unit rounds up', (amount, numerator, denominator, expected) => {
    expect(portion(minor(amount), numerator, denominator)).toBe(expected);
  });
  test('is exact where the product is far beyond 2^53', () => {
    expect(portion(minor(999_999_999_999), 999_999_999_998, 999_999_999_999)).toBe(999_999_999_998);
    expect(portion(minor(999_999_999_999), 5_001, 10_000)).toBe(500_099_999_999);
  });
});
