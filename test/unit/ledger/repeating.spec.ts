import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { StoreUnavailableError } from '../../../src/event-store/event-store.js';
import { Repeating } from '../../../src/ledger/repeating.js';
import { letTimePass } from '../../support/time-passes.js';

const MINUTE_MS = 60_000;
const away = new StoreUnavailableError('no server answers', 'not-done');

describe('work that is done again and again', () => {
  let outcomes: (Error | undefined)[];
  let told: unknown[];
  let repeating: Repeating;

  beforeEach(() => {
    outcomes = [];
    told = [];
    repeating = new Repeating(1, () => outcome());
    repeating.start((fault) => told.push(fault));
  });

  afterEach(() => repeating.stop());

  /** Of each time, the last of all times to come. */
  function outcome(): Promise<void> {
    const fault = outcomes.length > 1 ? outcomes.shift() : outcomes[0];
    return fault ? Promise.reject(fault) : Promise.resolve();
  }

  /** Lets it be done so often, and once more, so that all of it is told. */
  async function times(...next: (Error | undefined)[]): Promise<void> {
    outcomes = [...next, next.at(-1)];
    while (outcomes.length > 1) await pause(1);
    await pause(5);
  }

  test('tells of a store that is away once, however long that goes on, and again in a minute', async () => {
    await times(away, away, away);
    expect(told).toEqual([away]);

    letTimePass(MINUTE_MS - 10_000);
    await times(away, away);
    expect(told).toEqual([away]);

    letTimePass(10_000);
    await times(away, away);
    expect(told).toEqual([away, away]);
  });

  test('tells of any other fault each time', async () => {
    const other = new TypeError('of another kind');
    await times(away, other, undefined);
    expect(told).toEqual([away, other]);
  });

  test('tells of the store at once when it has been there meanwhile', async () => {
    await times(away, undefined);
    await times(away, undefined);
    expect(told).toEqual([away, away]);
  });
});
