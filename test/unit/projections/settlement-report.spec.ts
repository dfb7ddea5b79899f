import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { toPosition } from '../../../src/event-store/event-store.js';
import type { LedgerEvent } from '../../../src/ledger/domain/ledger-event.js';
import { minor } from '../../../src/ledger/domain/money.js';
import { createTables, type Fold } from '../../../src/projections/projection.js';
import { settlementsProjection } from '../../../src/projections/settlements.projection.js';
import { SettlementsView } from '../../../src/projections/settlements.view.js';
import { refunded, sale, settled } from '../../support/facts.js';

let database: Database.Database;
let fold: Fold;

beforeEach(() => {
  database = new Database(':memory:');
  createTables(database, settlementsProjection);
  if (!('open' in settlementsProjection)) throw new Error('it folds events');
  fold = settlementsProjection.open(database);
});

afterEach(() => {
  database.close();
});

function take(...events: LedgerEvent[]): void {
  const recordedAt = '2026-11-24T16:00:00.000Z';
  fold(
    events.map((event, at) => ({ event, position: toPosition(at + 1), revision: at, recordedAt })),
  );
}

describe('the report of a batch', () => {
  test('is of its refunds, without one that was undone after its date had ended', () => {
    const refund = refunded(4_000, { afterSettlement: true, feeReturned: 40 });
    const { amount, currency, saleId, merchantId, terminalId } = refund.data;
    take(sale, settled, refund, {
      type: 'Reversal',
      data: {
        ...{ undone: 'refund', amount, currency, saleId, merchantId, terminalId },
        ...{ afterSettlement: true, feeReturned: minor(40) },
        counted: { businessDate: refund.data.businessDate },
        of: refund.data.request,
        request: 'M1.T1.000002.000001',
        batchNo: '000002',
        stan: '000001',
        businessDate: '2026-11-25',
        occurredAt: '2026-11-24T16:00:00.000Z',
      },
    });

    const { batches, days } = new SettlementsView(database).report({ merchantId: 'M1', limit: 10 });

    const none = { refundCount: 0n, refundAmount: 0n, feeReturned: 0n };
    expect(batches).toMatchObject([{ businessDate: '2026-11-24', batchNo: '000001', ...none }]);
    expect(days).toMatchObject([{ businessDate: '2026-11-24', ...none }]);
  });
});
