import { describe, expect, test } from '@jest/globals';
import { Lately } from '../../../src/audit/verify/lately.js';

/** Others have heard of a change by then. */
const HEARD_MS = 30_000;

describe('what was so a moment before', () => {
  test('is known as long as others may not have heard of the change, the newest first', () => {
    const value = new Lately('a');
    value.change('b', 1_000);
    value.change('c', 2_000);
    expect(value.now).toBe('c');
    expect(value.by(2_000)).toEqual(['c', 'b', 'a']);
    expect(value.by(1_000 + HEARD_MS)).toEqual(['c', 'b']);
    expect(value.by(2_000 + HEARD_MS)).toEqual(['c']);
    value.change('d', 10 * HEARD_MS);
    expect(value.by(10 * HEARD_MS)).toEqual(['d', 'c']);
  });

  test('is found again by a clock that is a little behind', () => {
    const value = new Lately('a');
    value.change('b', 0);
    expect(value.by(HEARD_MS + 500)).toEqual(['b']);
    expect(value.by(HEARD_MS - 500)).toEqual(['b', 'a']);
  });

  test('of very many changes at once costs no more for each', () => {
    const value = new Lately(0);
    const began = performance.now();
    for (let change = 1; change <= 60_000; change += 1) value.change(change, change / 10);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(value.by(6_000)).toHaveLength(60_001);
  });
});
