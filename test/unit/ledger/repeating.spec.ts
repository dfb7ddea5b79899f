import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { StoreUnavailableError } from '../../../src/event-store/event-store.js';
import { Repeating } from '../../../src/ledger/repeating.js';
import { letTimePass } from '../../support/time-passes.js';

const MINUTE_MS = 60_000;
const away = new StoreUnavailableError('no server answers', 'not-done');

describe('work that is done again and again', () => {
  let faults: Error[];
  let told: unknown[];
  let repeating: Repeating;

  beforeEach(() => {
    faults = [];
    told = [];
    repeating = new Repeating(1, () => {
      const fault = faults.shift();
      return fault ? Promise.reject(fault) : Promise.resolve();
    });
    repeating.start((fault) => told.push(fault));
  });

  afterEach(() => repeating.stop());

  /** What came of so many times, one after the other. */
  async function times(...outcomes: Error[]): Promise<void> {
    faults.push(...outcomes);
    while (faults.length > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }

  test('tells of a store that is away once, however long that goes on, and again in a minute', async () => {
    await times(away, away, away);
    expect(told).toEqual([away]);

    letTimePass(MINUTE_MS);
    await times(away);
    expect(told).toHaveLength(2);
  });

  test('tells of another fault at once', async () => {
    const other = new TypeError('of another kind');
    await times(away, other, other);
    expect(told).toEqual([away, other]);
  });

  test('tells of the same fault at once when it has been done meanwhile', async () => {
    await times(away);
    await times(away);
    expect(told).toEqual([away, away]);
  });
});
