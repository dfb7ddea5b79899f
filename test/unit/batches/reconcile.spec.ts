import { describe, expect, test } from '@jest/globals';
import type { BatchItem, StoredTotals } from '../../../src/batches/domain/batch.events.js';
import { MOST_NAMED, reconcile } from '../../../src/batches/domain/reconcile.js';
import { of } from '../../support/specification.js';

const totals: StoredTotals = {
  saleCount: 2,
  saleAmount: '9007199254740993',
  voidCount: 1,
  voidAmount: '500',
  refundCount: 0,
  refundAmount: '0',
};
const item = (stan: string, amount: number, kind: BatchItem['kind'] = 'sale'): BatchItem => ({
  stan,
  kind,
  amount: of(amount),
});
const items = [item('000001', 100), item('000002', 200), item('000003', 500, 'void')];
const ledger = { totals, items };

describe('a batch', () => {
  test('of which the terminal says nothing is not compared', () => {
    expect(reconcile({}, ledger)).toEqual({ reconciliation: 'not-sent' });
  });
  test('matches when all totals do', () => {
    expect(reconcile({ totals: { ...totals } }, ledger)).toEqual({ reconciliation: 'matched' });
  });
  test('names each total that differs, to the unit beyond 2^53', () => {
    const sent = { ...totals, saleAmount: '9007199254740992', voidCount: 2 };
    expect(reconcile({ totals: sent }, ledger)).toEqual({
      reconciliation: 'mismatched',
      differences: [
        { field: 'saleAmount', terminal: '9007199254740992', ledger: '9007199254740993' },
        { field: 'voidCount', terminal: '2', ledger: '1' },
      ],
    });
  });
  test('matches when all items do, in any order', () => {
    const sent = [...items].reverse();
    expect(reconcile({ totals, items: sent }, ledger)).toEqual({ reconciliation: 'matched' });
  });
  test('names each item that differs, that the ledger lacks, and that the terminal lacks', () => {
    const sent = [item('000001', 101), item('000003', 500, 'refund'), item('000009', 1)];
    expect(reconcile({ items: sent }, ledger)).toEqual({
      reconciliation: 'mismatched',
      differences: [
        { stan: '000001', kind: 'sale', terminal: 101, ledger: 100 },
        { stan: '000002', kind: 'sale', terminal: null, ledger: 200 },
        { stan: '000003', kind: 'refund', terminal: 500, ledger: null },
        { stan: '000003', kind: 'void', terminal: null, ledger: 500 },
        { stan: '000009', kind: 'sale', terminal: 1, ledger: null },
      ],
    });
  });
  test('names an item that the terminal lists twice', () => {
    expect(reconcile({ items: [...items, item('000001', 100)] }, ledger)).toMatchObject({
      reconciliation: 'mismatched',
      differences: [{ stan: '000001', kind: 'sale', terminal: 200, ledger: 100 }],
    });
  });
  test('may be listed an item more than once, up to more than an amount can be', () => {
    const most = item('000001', 999_999_999_999);
    expect(reconcile({ items: [...items, most, most] }, ledger)).toEqual({
      reconciliation: 'mismatched',
      differences: [{ stan: '000001', kind: 'sale', terminal: '2000000000098', ledger: 100 }],
    });
  });
  test('that differs in as many items as are named leaves none out', () => {
    const sent = Array.from({ length: MOST_NAMED - 3 }, (_, made) =>
      item(String(100_001 + made), 1),
    );
    const compared = reconcile({ items: sent }, ledger);
    expect(compared.differences).toHaveLength(MOST_NAMED);
    expect(compared).not.toHaveProperty('differencesLeftOut');
    expect(reconcile({ items: [...sent, item('000009', 1)] }, ledger).differencesLeftOut).toBe(1);
  });
  test('of nothing matches a terminal that says so', () => {
    const nothing = { ...totals, saleCount: 0, saleAmount: '0', voidCount: 0, voidAmount: '0' };
    expect(reconcile({ totals: nothing, items: [] }, { totals: nothing, items: [] })).toEqual({
      reconciliation: 'matched',
    });
  });
});
