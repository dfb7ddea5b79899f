import { expect, test } from '@jest/globals';
import { scratchDatabase } from '../../../src/audit/verify/scratch.js';
import { Shelf } from '../../../src/audit/verify/shelf.js';

/** More than stay in memory. */
const VALUES = 70_000;

test('a shelf gives back what it was given last, from memory or its table, and nothing under other names', () => {
  const database = scratchDatabase();
  const shelf = new Shelf<{ count: number }>(database, 'counts', {
    pack: ({ count }) => String(count),
    unpack: (text) => ({ count: Number(text) }),
  });
  for (let at = 0; at < VALUES; at += 1) shelf.set(`name-${at}`, { count: at });
  const first = shelf.get('name-0');
  if (first) first.count = -1;
  for (let at = VALUES; at < 2 * VALUES; at += 1) shelf.set(`name-${at}`, { count: at });
  const wrong = Array.from({ length: 2 * VALUES }, (_, at) => at).filter(
    (at) => shelf.get(`name-${at}`)?.count !== (at === 0 ? -1 : at),
  );
  expect(wrong).toEqual([]);
  expect(shelf.get(`name-${2 * VALUES}`)).toBeUndefined();
  database.close();
});
