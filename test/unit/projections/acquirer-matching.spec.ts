import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { createTables } from '../../../src/projections/projection.js';
import { settlementsProjection } from '../../../src/projections/settlements.projection.js';
import {
  type Matched,
  type MatchQuery,
  SettlementsView,
} from '../../../src/projections/settlements.view.js';

let database: Database.Database;
let view: SettlementsView;

beforeEach(() => {
  database = new Database(':memory:');
  createTables(database, settlementsProjection);
  view = new SettlementsView(database);
});

afterEach(() => {
  database.close();
});

/** Closed batches of a merchant's date, for each of which the acquirer has paid all but so much. */
function closed(merchantId: string, businessDate: string, batches: number, missing = 0): void {
  const claim = database.prepare(`INSERT INTO claims VALUES (?, ?, 'EUR', '', ?, 1, ?, 100, 0)`);
  const close = database.prepare('INSERT INTO closed_batches VALUES (?, ?)');
  database.transaction(() => {
    for (let number = 0; number < batches; number += 1) {
      const batch = `T${number}.${businessDate.slice(2).replaceAll('-', '')}`;
      claim.run(merchantId, batch, businessDate, 100 + missing);
      close.run(merchantId, batch);
    }
  })();
}

function pagesOf(query: Omit<MatchQuery, 'after'>): Matched[][] {
  const pages: Matched[][] = [];
  let after: string | undefined;
  do {
    const { settlements, next } = view.matching({ ...query, after });
    pages.push([...settlements]);
    after = next;
  } while (after !== undefined);
  return pages;
}

const datesOf = (pages: Matched[][]): string[][] =>
  pages.map((page) => page.map(({ merchantId, businessDate }) => `${merchantId} ${businessDate}`));

describe('a page of what the acquirer owes', () => {
  test('ends with its limit, and the last is told as such', () => {
    closed('A', '2026-03-02', 1);
    closed('B', '2026-03-02', 1);
    closed('A', '2026-03-03', 1);
    closed('A', '2026-03-04', 1);
    const days = ['A 2026-03-02', 'B 2026-03-02', 'A 2026-03-03', 'A 2026-03-04'];
    expect(datesOf(pagesOf({ limit: 2 }))).toEqual([days.slice(0, 2), days.slice(2)]);
    expect(datesOf(pagesOf({ limit: 4 }))).toEqual([days]);
  });

  test('ends where very many batches have been told, whatever its limit', () => {
    closed('A', '2026-03-02', 4_000);
    closed('A', '2026-03-03', 4_000);
    closed('A', '2026-03-04', 1);
    expect(datesOf(pagesOf({ limit: 1_000, merchantId: 'A' }))).toEqual([
      ['A 2026-03-02', 'A 2026-03-03'],
      ['A 2026-03-04'],
    ]);
  });

  test('of a status reads on over others only so far, and may be empty', () => {
    closed('A', '2026-03-02', 4_000);
    closed('B', '2026-03-02', 4_000);
    closed('A', '2026-03-03', 2, 5);
    expect(datesOf(pagesOf({ limit: 100, status: 'short' }))).toEqual([[], ['A 2026-03-03']]);
    expect(datesOf(pagesOf({ limit: 100, status: 'over' }))).toEqual([[], []]);
  });
});
