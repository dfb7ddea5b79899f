import { beforeEach, describe, expect, test } from '@jest/globals';
import type { BatchItem } from '../../../src/batches/domain/batch.events.js';
import { NOTHING, settings } from '../../support/facts.js';
import { back, close, sell, timeout } from '../../support/requests.js';
import { of } from '../../support/specification.js';
import { TestLedger } from '../../support/test-ledger.js';

let ledger: TestLedger;

beforeEach(async () => {
  ledger = await TestLedger.open();
  await ledger.register('M1', settings(), { T1: 'S1', T2: 'S2' });
});

const types = async (): Promise<string[]> => (await ledger.log()).map(({ event }) => event.type);

describe('the terminal’s own totals', () => {
  const right = { ...NOTHING, saleCount: 1, saleAmount: '10000', voidCount: 1, voidAmount: '500' };
  const items: BatchItem[] = [
    { stan: '000001', kind: 'sale', amount: of(10_000) },
    { stan: '000002', kind: 'void', amount: of(500) },
  ];
  beforeEach(async () => {
    await ledger.send(sell(1));
    await ledger.send(back('void', 1, 2, { amount: 500 }));
  });

  test('match', async () => {
    expect(await ledger.send(close('000001', { totals: right, items }))).toMatchObject({
      answer: { reconciliation: 'matched' },
    });
  });
  test('that differ are named, and the batch is closed all the same', async () => {
    const totals = { ...right, saleAmount: '9999' };
    expect(await ledger.send(close('000001', { totals, items: items.slice(1) }))).toMatchObject({
      answer: {
        status: 'closed',
        settled: { amount: '9500' },
        reconciliation: 'mismatched',
        differences: [
          { field: 'saleAmount', terminal: '9999', ledger: '10000' },
          { stan: '000001', kind: 'sale', terminal: null, ledger: 10_000 },
        ],
      },
    });
  });
  test('that come when the ledger has closed by itself are compared once and written down', async () => {
    ledger.at('2026-11-24T16:00:00.000Z');
    await ledger.closeDue();
    expect(await ledger.send(close())).toMatchObject({
      answer: { status: 'closed', reconciliation: 'not-sent' },
    });
    const late = await ledger.send(close('000001', { totals: { ...right, voidCount: 2 }, items }));
    expect(late).toMatchObject({
      answer: {
        reconciliation: 'mismatched',
        differences: [{ field: 'voidCount', terminal: '2', ledger: '1' }],
      },
    });
    expect((await types()).at(-1)).toBe('BatchReconciled');
    const again = { ...late, replayed: true };
    expect(await ledger.send(close('000001', { totals: right }))).toEqual(again);
    expect(await ledger.send(close())).toEqual(again);
    expect((await types()).filter((type) => type === 'BatchReconciled')).toHaveLength(1);
  });
});

test('items that come late are compared with what the close found: of a sale reversed since, too', async () => {
  await ledger.send(sell(1));
  await ledger.send(back('void', 1, 1, { terminalId: 'T2' }));
  await ledger.send(sell(2));
  await ledger.send({ ...timeout(3, 2) });
  await ledger.send(sell(4));
  ledger.at('2026-11-24T16:00:00.000Z');
  await ledger.closeDue();
  const reversed = await ledger.send({ ...timeout(1, 1), batchNo: '000002' });
  expect(reversed).toMatchObject({ answer: { outcome: 'reversed' } });
  await ledger.caughtUp();

  const totals = { ...NOTHING, saleCount: 2, saleAmount: '20000' };
  const items: BatchItem[] = [
    { stan: '000001', kind: 'sale', amount: of(10_000) },
    { stan: '000004', kind: 'sale', amount: of(10_000) },
  ];
  const late = await ledger.send(close('000001', { totals, items }));
  expect(late).toMatchObject({ answer: { reconciliation: 'matched' } });
});
