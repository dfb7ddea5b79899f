import { expect, test } from '@jest/globals';
import { inGroups, inTurn } from '../../../src/ledger/all-of.js';
import { turnsDuring } from '../../support/turns.js';

test('others have their turn between works that are done one after the other', async () => {
  const works = Array.from({ length: 100 }, () => () => Promise.resolve());
  expect(await turnsDuring(() => inTurn(works))).toBeGreaterThanOrEqual(99);
});

test('groups hold so many each, in order, and the last what is left', () => {
  expect(inGroups([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(inGroups([], 2)).toEqual([]);
});
