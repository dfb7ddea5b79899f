import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Projector } from '../../../../src/projections/projector.js';
import { build } from '../../../../src/projections/rebuild/build.js';
import { rebuildOffline } from '../../../../src/projections/rebuild/offline.js';
import { openToRead, viewFile } from '../../../../src/projections/view-file.js';
import { settings } from '../../../support/facts.js';
import { back, sell, timeout } from '../../../support/requests.js';
import { newFolder } from '../../../support/store-folder.js';
import { TestLedger } from '../../../support/test-ledger.js';
import { cashiersProjection } from './cashiers.projection.js';
import { CashiersView } from './cashiers.view.js';

const DATE = '2026-11-24';

let ledger: TestLedger;
let viewsDir: string;

beforeEach(async () => {
  viewsDir = newFolder();
  ledger = await TestLedger.open();
  await ledger.register('M1', settings(), { T1: 'S1' });
  for (const stan of [1, 2, 3]) await ledger.send(sell(stan));
});

describe('the view of docs/new-projection.md', () => {
  test('sums what each cashier gave back, without what was reversed and who is not known', async () => {
    await ledger.send(back('void', 1, 4, { amount: 1_000, operatorId: 'op-1' }));
    await ledger.send(back('void', 2, 5, { amount: 2_000, operatorId: 'op-2' }));
    await ledger.send(back('void', 2, 6, { amount: 500, operatorId: 'op-1' }));
    await ledger.send(back('void', 3, 7, { amount: 9_000, operatorId: 'op-2' }));
    await ledger.send(timeout(8, 7));
    await ledger.send(back('void', 3, 9, { amount: 100 }));
    await follow();

    expect(read(1)).toEqual([
      { operatorId: 'op-2', currency: 'CNY', count: 1n, amount: 2_000n },
      { operatorId: 'op-1', currency: 'CNY', count: 2n, amount: 1_500n },
    ]);
  });

  test('is rebuilt alike, and goes on from there', async () => {
    await ledger.send(back('void', 1, 4, { amount: 1_000, operatorId: 'op-1' }));
    await follow();
    const [built] = await rebuildOffline(
      [cashiersProjection],
      viewsDir,
      (buildings, signal, done) => build(buildings, ledger.store, signal, done),
      new AbortController().signal,
      () => undefined,
    );
    expect(built?.compared).toMatchObject({ rows: 1, differing: 0 });
    await ledger.send(back('void', 1, 5, { amount: 500, operatorId: 'op-1' }));
    await follow();

    expect(read(2)).toEqual([{ operatorId: 'op-1', currency: 'CNY', count: 2n, amount: 1_500n }]);
  });
});

test.each(['cashiers.projection.ts', 'cashiers.view.ts'])(
  'docs/new-projection.md has %s as it is run here',
  (name) => {
    const code = readFileSync(`test/unit/projections/new-projection/${name}`, 'utf8');
    const asInPlace = code.replaceAll('../../../../src/projections/', './');
    const text = readFileSync('docs/new-projection.md', 'utf8');
    expect(text).toContain(`\`\`\`ts\n// src/projections/${name}\n${asInPlace}\`\`\`\n`);
  },
);

test.each(['read-models.ts', 'views.ts'])(
  'docs/new-projection.md adds to %s what the views that are there have in it',
  (name) => {
    const text = readFileSync('docs/new-projection.md', 'utf8');
    const [, piece = ''] =
      new RegExp(`// src/projections/${name}.*\\n([^]*?)\`\`\``).exec(text) ?? [];
    const asOfAppeals = piece.replaceAll('cashiers', 'appeals').replaceAll('Cashiers', 'Appeals');
    const lines = asOfAppeals.trimEnd().split('\n');
    expect(piece).not.toBe('');
    const code = readFileSync(`src/projections/${name}`, 'utf8').split('\n');
    expect(code).toEqual(expect.arrayContaining(lines));
  },
);

async function follow(): Promise<void> {
  const projector = await Projector.open(viewsDir, ledger.store, [cashiersProjection]);
  projector.apply(await ledger.store.readAll({ limit: 1_000 }));
  projector.close();
}

function read(generation: number) {
  const database = openToRead(viewFile(viewsDir, 'cashiers', generation));
  try {
    return new CashiersView(database).on('M1', DATE);
  } finally {
    database.close();
  }
}
