import { expect, test } from '@jest/globals';
import { Peaks } from '../../../src/audit/verify/peaks.js';

const SECOND_MS = 1_000;

/** Goes from zero to each of these in turn, so many seconds apart. */
function peaks(values: readonly bigint[], seconds: number): Peaks {
  const made = new Peaks();
  values.forEach((value, index) => {
    made.change(values[index - 1] ?? 0n, value, index * seconds * SECOND_MS);
  });
  return made;
}

test('what was larger a moment before may be all that was known', () => {
  const falling = peaks([9n, 7n, 4n], 40);
  expect(falling.largest(4n, 80 * SECOND_MS)).toBe(9n);
  expect(falling.largest(4n, 140 * SECOND_MS)).toBe(7n);
  expect(falling.largest(4n, 180 * SECOND_MS)).toBe(4n);
});

test('what is larger than all before it is the largest', () => {
  expect(peaks([9n, 2n, 8n, 3n], 5).largest(3n, 15 * SECOND_MS)).toBe(9n);
  expect(peaks([9n, 2n, 12n], 5).largest(12n, 15 * SECOND_MS)).toBe(12n);
});

test('what falls step by step within a second is known by where it began', () => {
  const values = Array.from({ length: 1_000 }, (_, index) => BigInt(1_000 - index));
  expect(peaks(values, 0.0005).largest(1n, SECOND_MS)).toBe(1_000n);
});

test('a clock that is ahead of the others changes nothing for long', () => {
  const made = peaks([9n, 4n], 1_000_000);
  expect(made.largest(4n, 5 * SECOND_MS)).toBe(4n);
});

test('what came behind is known from then on', () => {
  const made = peaks([9n, 4n], 1);
  made.clear();
  expect(made.largest(4n, SECOND_MS)).toBe(4n);
});
