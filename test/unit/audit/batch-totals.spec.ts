import { expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { BatchTotals } from '../../../src/audit/verify/batch-totals.js';
import { toPosition } from '../../../src/event-store/event-store.js';
import { SALE_TIME, saleWith } from '../../support/facts.js';

test('a disk that is full is told as that, not as events that can not be counted', () => {
  const database = new Database(':memory:');
  const totals = new BatchTotals(database);
  const pages = database.pragma('page_count', { simple: true }) as number;
  database.pragma(`max_page_count = ${pages}`);
  const count = () => {
    for (let batch = 1; batch <= 5_000; batch += 1) {
      const batchNo = String(batch).padStart(6, '0');
      const saleId = `M1.T1.${batchNo}.000001`;
      const event = saleWith({ saleId, batchNo });
      totals.add({ event, position: toPosition(batch), revision: 0, recordedAt: SALE_TIME });
    }
    totals.sums('M1.T1.000001');
  };
  expect(count).toThrow('full');
});
