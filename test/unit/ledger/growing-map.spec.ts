import { expect, test } from '@jest/globals';
import { GrowingMap } from '../../../src/ledger/domain/growing-map.js';

const grown = GrowingMap.empty<number>().with('b', 1).with('a', 2);

const held = (map: GrowingMap<number>): unknown => ({
  a: map.get('a'),
  b: map.get('b'),
  values: [...map.values()],
  size: map.size,
});

test('a map that was changed is as it was, and the next one has the change', () => {
  const changed = grown.with('b', 3);
  const without = changed.with('b', undefined);
  expect(held(grown)).toEqual({ a: 2, b: 1, values: [1, 2], size: 2 });
  expect(held(changed)).toEqual({ a: 2, b: 3, values: [3, 2], size: 2 });
  expect(held(without)).toEqual({ a: 2, b: undefined, values: [2], size: 1 });
  expect(held(without.with('b', 4))).toEqual({ a: 2, b: 4, values: [4, 2], size: 2 });
});

test('two that grow out of the same map know nothing of each other', () => {
  const one = grown.with('a', 5);
  const other = grown.with('b', 6);
  expect(held(one)).toEqual({ a: 5, b: 1, values: [1, 5], size: 2 });
  expect(held(other)).toEqual({ a: 2, b: 6, values: [6, 2], size: 2 });
  expect(held(one.with('b', 7))).toEqual({ a: 5, b: 7, values: [7, 5], size: 2 });
});

test('what is taken out twice is gone once', () => {
  expect(grown.with('b', undefined).with('b', undefined).size).toBe(1);
});
