import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import type { Position } from '../../../src/event-store/event-store.js';
import { toPosition } from '../../../src/event-store/event-store.js';
import type { LedgerEvent } from '../../../src/ledger/domain/ledger-event.js';
import { booksProjection } from '../../../src/projections/books.projection.js';
import { createTables, type Fold, type Projection } from '../../../src/projections/projection.js';
import { settlementsProjection } from '../../../src/projections/settlements.projection.js';

const MOST = String(2n ** 63n - 1n);

let database: Database.Database;

beforeEach(() => {
  database = new Database(':memory:');
});

afterEach(() => {
  database.close();
});

let payments = 0;

/** The acquirer paid M1 so much, in several payments at once. */
function paid(...amounts: readonly string[]) {
  return amounts.map((amount, index): { event: LedgerEvent; position: Position } => {
    const line = { merchantId: 'M1', businessDate: '2026-11-24', amount, schemeCost: '0' };
    payments += 1;
    const payment = { paymentId: `P${payments}`, currency: 'CNY', receivedOn: '2026-11-24' };
    const data = { ...payment, lines: [line], occurredAt: '2026-11-24T02:00:00.000Z' };
    return { event: { type: 'AcquirerPaid', data }, position: toPosition(index + 1) };
  });
}

function openOn(projection: Projection): Fold {
  if (!('open' in projection)) throw new Error('it is no fold of facts');
  return projection.open(database);
}

describe.each([
  ['books', booksProjection, 'acquirer_receivable', 'settlement_bank'],
  ['settlements', settlementsProjection, 'received', 'received'],
] as const)('a sum of the %s that no longer fits', (_name, projection, first, further) => {
  let fold: Fold;

  beforeEach(() => {
    createTables(database, projection);
    fold = openOn(projection);
  });

  const told = (sum: string): string => `${sum} of merchant M1 in CNY no longer fits into 64 bits`;

  test('is named with its merchant and currency where one payment alone is too large', () => {
    expect(() => {
      fold(paid('99999999999999999999') as never);
    }).toThrow(told(first));
  });

  test('is named where the one before was the largest that fits', () => {
    fold(paid(MOST) as never);
    expect(() => {
      fold(paid('1') as never);
    }).toThrow(told(further));
  });
});

test('what else keeps a row from being written is told as it is', () => {
  createTables(database, settlementsProjection);
  const fold = openOn(settlementsProjection);
  database.exec('DROP TABLE claims');
  expect(() => {
    fold(paid('1') as never);
  }).toThrow('no such table');
});
