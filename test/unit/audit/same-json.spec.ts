import { describe, expect, test } from '@jest/globals';
import { isSameJson } from '../../../src/audit/verify/same-json.js';

describe('two values are the same JSON', () => {
  test.each<[unknown, unknown]>([
    [
      { a: 1, b: [2, { c: null }] },
      { b: [2, { c: null }], a: 1 },
    ],
    [{ a: 1, b: undefined }, { a: 1 }],
    [{ a: 1 }, { b: undefined, a: 1 }],
  ])('%j and %j', (one, other) => {
    expect(isSameJson(one, other)).toBe(true);
  });
});

describe('two values are not the same JSON', () => {
  test.each<[unknown, unknown]>([
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1, b: 2 }, { a: 1 }],
    [['x'], { 0: 'x' }],
    [['x'], ['x', 'y']],
    [{}, null],
    [{ a: 1 }, JSON.parse('{"__proto__": {}}')],
    [1, '1'],
  ])('%j and %j', (one, other) => {
    expect([isSameJson(one, other), isSameJson(other, one)]).toEqual([false, false]);
  });
});
