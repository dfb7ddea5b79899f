import { beforeAll, describe, expect, test } from '@jest/globals';
import type { StoredEvent } from '../../../src/event-store/event-store.js';
import {
  eventfulLog,
  faultsAt,
  faultsIn,
  indexOf,
  rewritten,
  type Said,
  saidBy,
} from '../../support/eventful-log.js';
import { positionAt } from '../../support/tampering.js';

let log: StoredEvent[];

beforeAll(async () => {
  log = await eventfulLog();
});

describe('a close', () => {
  const ofT1 = (data: Said): boolean => data['merchantId'] === 'M1' && data['terminalId'] === 'T1';
  const ofT2 = (data: Said): boolean => data['terminalId'] === 'T2';

  test('that leaves a sale unsettled is found, though its sums are reduced by it', async () => {
    const at = indexOf(log, 'BatchClosed', ofT2);
    const settled = indexOf(log, 'Settled', ofT2);
    const { gross, voided, fee, reserve, net } = saidBy(log[settled] as StoredEvent) as Record<
      string,
      number
    >;
    const less = rewritten(log, at, (data) => {
      const sums = data['settled'] as Record<string, string | number>;
      const minus = (sum: string, part = 0) => (sums[sum] = String(Number(sums[sum]) - part));
      minus('amount', (gross ?? 0) - (voided ?? 0));
      minus('fee', fee);
      minus('reserve', reserve);
      minus('net', net);
      sums['count'] = Number(sums['count']) - 1;
    });
    const found = await faultsIn(less.toSpliced(settled, 1).slice(0, at));
    expect(found[0]).toMatchObject({
      code: 'batch',
      position: positionAt(at - 1),
      detail: '1 of its sales have something left and have not settled',
    });
  });

  test.each<[string, (data: Said) => unknown, RegExp]>([
    ['matched', (data) => (data['reconciliation'] = 'matched'), /it is mismatched, not matched$/],
    ['without differences', (data) => (data['differences'] = []), /^of its 2 sales|^it differs/],
    [
      'with others',
      (data) => (data['differences'] = [{ field: 'saleCount', terminal: '9', ledger: '2' }]),
      /^it differs from what the terminal sent in \[/,
    ],
    [
      'leaving out differences that there are not',
      (data) => (data['differencesLeftOut'] = 5),
      /^it leaves out 5 differences, where 0 are known$/,
    ],
    ['counting more refunds', (data) => (data['refundsCounted'] = 7), /refundsCounted 7, not 0$/],
    [
      'not counting refunds',
      (data) => (data['refundsCounted'] = undefined),
      /^it does not say how many refunds it counted$/,
    ],
    ['in another currency', (data) => (data['currency'] = 'USD'), /in CNY, not in USD$/],
    ['in no currency', (data) => delete data['currency'], /in CNY, not in undefined$/],
  ])('that compared items is held against them: %s', async (_what, change, detail) => {
    expect((await faultsAt(log, 'BatchClosed', change, ofT2))[0]).toMatch(detail);
  });

  test.each<[string, unknown]>([
    ['totals', { saleCount: 2 }],
    ['settled', { amount: '1' }],
    ['refunds', [{ currency: 'CNY', amount: '1' }]],
    ['carriedForward', ['M1.T1.000001.000001']],
  ])('whose requests come to something else is found: %s', async (part, value) => {
    const change = (data: Said) =>
      (data[part] = Array.isArray(value) ? value : { ...(data[part] as Said), ...(value as Said) });
    const [first] = await faultsAt(log, 'BatchClosed', change, ofT1);
    expect(first).toMatch(new RegExp(`^its requests come to something else: ${part} [^;]*$`));
  });

  test('may lack its currency in a log of before batches had one, voids their RRN, and what came late what was sent', async () => {
    const lacks: Readonly<Record<string, string>> = {
      ...{ Void: 'rrn', Refund: 'rrn', ApprovalRequested: 'rrn' },
      ...{ BatchClosed: 'currency', BatchReconciled: 'totals' },
    };
    const older = log.reduce(
      (events, { type }, at) =>
        rewritten(events, at, (data) => (data[lacks[type] ?? ''] = undefined)),
      log,
    );
    expect(await faultsIn(older)).toEqual([]);
  });

  test('of which neither side names a sale is found by how many there are', async () => {
    const asked = indexOf(log, 'BatchCloseRequested', ofT2);
    const unlisted = rewritten(log, asked, (data) => {
      data['items'] = (data['items'] as Said[]).filter(({ stan }) => stan !== '000002');
    });
    const at = indexOf(log, 'BatchClosed', ofT2);
    const found = await faultsIn(
      rewritten(unlisted, at, (data) => {
        data['reconciliation'] = 'matched';
        delete data['differences'];
      }),
    );
    expect(found[0]?.detail).toBe('of its 2 sales 1 are listed or said to be missing');
  });

  test.each<[string, (data: Said) => unknown, RegExp]>([
    ['of another date', (data) => (data['businessDate'] = '2026-11-23'), /^the batch is of 2026-/],
    ['of another store', (data) => (data['storeId'] = 'S9'), /^the merchant had other terms, or/],
    [
      'on other terms',
      (data) => (data['terms'] = { ...(data['terms'] as Said), fee: { basisPoints: 0 } }),
      /^the merchant had other terms, or/,
    ],
  ])('is found to be asked for %s', async (_what, change, detail) => {
    expect((await faultsAt(log, 'BatchCloseRequested', change, ofT2))[0]).toMatch(detail);
  });

  test('that was compared but with nothing sent is found', async () => {
    const change = (data: Said) =>
      (data['differences'] = [{ field: 'saleCount', terminal: '9', ledger: '2' }]);
    expect((await faultsAt(log, 'BatchClosed', change, ofT1))[0]).toMatch(/^it differs/);
  });

  test.each<[string, (data: Said) => unknown]>([
    ['matched, in spite of a difference', (data) => (data['reconciliation'] = 'matched')],
    ['mismatched without a difference', (data) => (data['differences'] = [])],
    [
      'of another side of the ledger’s own',
      (data) => (data['differences'] = [{ field: 'saleCount', terminal: '9', ledger: '7' }]),
    ],
    [
      'of a difference that is none',
      (data) => (data['differences'] = [{ field: 'saleCount', terminal: '1', ledger: '1' }]),
    ],
    ['of another date', (data) => (data['businessDate'] = '2026-11-23')],
    [
      'with other totals than it differs in',
      (data) => (data['totals'] = { ...(data['totals'] as Said), saleAmount: '10002' }),
    ],
    [
      'with an item that it does not differ in',
      (data) => {
        const same = { stan: '000001', kind: 'sale', terminal: 10_000, ledger: 10_000 };
        data['itemsDigest'] = 'ofItems';
        data['differences'] = [...(data['differences'] as Said[]), same];
      },
    ],
    [
      'with more differences than it names, few as these are',
      (data) => (data['differencesLeftOut'] = 1),
    ],
    [
      'with an item where none was sent',
      (data) => {
        const item = { stan: '000001', kind: 'sale', terminal: null, ledger: 10_000 };
        data['differences'] = [...(data['differences'] as Said[]), item];
      },
    ],
  ])('compared later is decided again: %s', async (_what, change) => {
    expect(await faultsAt(log, 'BatchReconciled', change)).toHaveLength(1);
  });

  test('of a batch that had nothing is of the date on which that was asked for', async () => {
    const asked = log[indexOf(log, 'BatchCloseRequested', ofT2)] as StoredEvent;
    const elsewhere = { ...asked, stream: 'batch-M1.T2.000077' };
    const empty = rewritten([...log, elsewhere], log.length, (data) =>
      Object.assign(data, { batchNo: '000077', businessDate: '2031-01-01', items: undefined }),
    );
    const found = (await faultsIn(empty)).map(({ detail }) => detail);
    expect(found).toContain('it is of 2031-01-01, which had not begun');
  });

  test('compared later has to say with what, as the one before it does', async () => {
    const late = log[indexOf(log, 'BatchReconciled')] as StoredEvent;
    const again = rewritten([...log, late], log.length, (data) => (data['totals'] = undefined));
    const found = (await faultsIn(again)).map(({ detail }) => detail);
    expect(found).toContain('it does not say what was compared');
  });

  test.each<[string, (data: Said) => unknown]>([
    ['matched, in spite of a difference', (data) => (data['reconciliation'] = 'matched')],
    [
      'of another side of the ledger’s own',
      (data) => (data['differences'] = [{ field: 'saleCount', terminal: '9', ledger: '7' }]),
    ],
  ])('compared later by an older version is judged by its own side: %s', async (_what, change) => {
    const older = log.map((_, at) => at).filter((at) => log[at]?.type === 'BatchReconciled');
    const without = older.reduce(
      (events, at) => rewritten(events, at, (data) => (data['totals'] = undefined)),
      log,
    );
    expect(await faultsAt(without, 'BatchReconciled', change)).toHaveLength(1);
  });
});
