import type Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Projection } from '../../../src/projections/projection.js';
import { Comparison, type Comparing } from '../../../src/projections/rebuild/comparison.js';
import { ViewFile } from '../../../src/projections/view-file.js';
import { newFolderInMemory } from '../../support/store-folder.js';

/** More than are compared at a time, twice. */
const ROWS = 12_000;

const SUMS = `CREATE TABLE sums (day TEXT, shop INTEGER, amount INTEGER, PRIMARY KEY (day, shop)) STRICT;`;

const projection: Projection = {
  name: 'sums',
  version: 1,
  tables: { sums: SUMS },
  open: () => () => undefined,
};

const NEVER = new AbortController().signal;

let live: Database.Database;
let rebuilt: Database.Database;

beforeEach(() => {
  [live, rebuilt] = [filled(), filled()];
});

afterEach(() => {
  live.close();
  rebuilt.close();
});

/** Four days of every shop. */
function filled(): Database.Database {
  const { database } = ViewFile.begin(newFolderInMemory(), projection, 1, 'live');
  database.exec(`
    WITH RECURSIVE each (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM each WHERE n + 1 < ${ROWS})
    INSERT INTO sums SELECT 'day' || (n % 4), n / 4, 100 FROM each`);
  return database;
}

async function compared(signal = NEVER): Promise<Comparing> {
  const comparison = new Comparison(live.name, rebuilt.name, projection);
  try {
    return await comparison.run(signal);
  } finally {
    comparison.close();
  }
}

describe('two buildings of a view', () => {
  test('that have the same rows do not differ, however many there are', async () => {
    expect(await compared()).toEqual({ rows: ROWS, differing: 0, differences: [] });
  });

  test('are compared to the last row: what differs, what only the one has, and what only the other', async () => {
    live.exec(`UPDATE sums SET amount = NULL WHERE day = 'day3' AND shop = 2999`);
    live.exec(`DELETE FROM sums WHERE day = 'day3' AND shop = 2998`);
    rebuilt.exec(`DELETE FROM sums WHERE day = 'day0' AND shop = 0`);
    expect(await compared()).toEqual({
      rows: ROWS - 1,
      differing: 3,
      differences: [
        {
          table: 'sums',
          key: { day: 'day0', shop: 0n },
          live: { day: 'day0', shop: 0n, amount: 100n },
        },
        {
          table: 'sums',
          key: { day: 'day3', shop: 2999n },
          live: { day: 'day3', shop: 2999n, amount: null },
          rebuilt: { day: 'day3', shop: 2999n, amount: 100n },
        },
        {
          table: 'sums',
          key: { day: 'day3', shop: 2998n },
          rebuilt: { day: 'day3', shop: 2998n, amount: 100n },
        },
      ],
    });
  });

  test('that differ in thousands of rows show the first hundred, and count all', async () => {
    live.exec(`UPDATE sums SET amount = 99 WHERE shop < 1500`);
    const { differing, differences } = await compared();
    expect([differing, differences.length]).toEqual([6_000, 100]);
  });

  test('are compared in sums beyond what a number holds, and these are shown whole', async () => {
    live.exec(`UPDATE sums SET amount = 9007199254740993 WHERE day = 'day0' AND shop = 7`);
    rebuilt.exec(`UPDATE sums SET amount = 9007199254740992 WHERE day = 'day0' AND shop = 7`);
    const [difference] = (await compared()).differences;
    expect([difference?.live?.['amount'], difference?.rebuilt?.['amount']]).toEqual([
      9007199254740993n,
      9007199254740992n,
    ]);
  });

  test('are compared no further once that is cancelled', async () => {
    await expect(compared(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
