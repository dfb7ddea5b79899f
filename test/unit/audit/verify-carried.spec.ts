import { beforeAll, describe, expect, test } from '@jest/globals';
import type { StoredEvent } from '../../../src/event-store/event-store.js';
import { canonicalJson } from '../../../src/ledger/canonical-json.js';
import {
  faultsIn,
  indexOf,
  recordedApart,
  rewritten,
  type Said,
  saidBy,
} from '../../support/eventful-log.js';
import { settings } from '../../support/facts.js';
import { back, close, sell, timeout } from '../../support/requests.js';
import { positionAt } from '../../support/tampering.js';
import { TestLedger } from '../../support/test-ledger.js';

const PUT_BACK = 'M1.T1.000001.000001';

let log: StoredEvent[];

/**
 * A sale is put back by the reversal of its void after its batch closed, and settles with the terminal's next. Another
 * terminal's batch closes meanwhile.
 */
beforeAll(async () => {
  const ledger = await TestLedger.open();
  await ledger.register('M1', settings(), { T1: 'S1', T2: 'S1' });
  const sendings = [
    sell(1),
    back('void', 1, 2),
    close('000001'),
    { ...timeout(1, 2), batchNo: '000002' },
    sell(1, { terminalId: 'T2' }),
    close('000001', { terminalId: 'T2' }),
    sell(2, { batchNo: '000002' }),
    close('000002'),
  ];
  for (const sending of sendings) await ledger.send(sending);
  log = (await ledger.store.readAll({ limit: 100 })).map(recordedApart);
  await ledger.close();
});

const isPutBack = ({ saleId }: Said): boolean => saleId === PUT_BACK;
const isSecond = ({ batchNo }: Said): boolean => batchNo === '000002';

test('the next close settles what was carried to it', async () => {
  const closed = indexOf(log, 'BatchClosed', isSecond);
  expect(saidBy(log[closed] as StoredEvent)).toMatchObject({ carriedForward: [PUT_BACK] });
  expect(await faultsIn(log)).toEqual([]);
});

test('one that does not say so is found', async () => {
  const closed = indexOf(log, 'BatchClosed', isSecond);
  const found = await faultsIn(rewritten(log, closed, (data) => delete data['carriedForward']));
  expect(found.map(({ detail }) => detail)).toEqual([
    `its requests come to something else: carriedForward nothing, not ["${PUT_BACK}"]`,
  ]);
});

test('it is not settled by the close of another terminal', async () => {
  const settled = log[indexOf(log, 'Settled', isPutBack)] as StoredEvent;
  const change = { terminalId: 'T2', batchNo: '000001' };
  const data = canonicalJson({ ...saidBy(settled), ...change });
  const closed = indexOf(log, 'BatchClosed', ({ terminalId }) => terminalId === 'T2');
  const found = await faultsIn(log.toSpliced(closed, 0, { ...settled, data }));
  expect(found[0]).toMatchObject({
    position: positionAt(closed),
    detail: 'the sale is of batch M1.T1.000001',
  });
});

test('nor is a sale by the close of a batch before its own', async () => {
  const isSale = ({ saleId }: Said): boolean => saleId === 'M1.T1.000002.000002';
  const sale = log[indexOf(log, 'Sale', isSale)] as StoredEvent;
  const settled = log[indexOf(log, 'Settled', isSale)] as StoredEvent;
  const data = canonicalJson({ ...saidBy(settled), batchNo: '000001' });
  const closed = indexOf(log, 'BatchClosed');
  const found = await faultsIn(log.toSpliced(closed, 0, sale, { ...settled, data }));
  expect(found[0]).toMatchObject({
    position: positionAt(closed + 1),
    detail: 'the sale is of batch M1.T1.000002',
  });
});

test('one that leaves it out is found, though its sums leave it out, too', async () => {
  const settled = indexOf(log, 'Settled', isPutBack);
  const closed = indexOf(log, 'BatchClosed', isSecond);
  const { net } = saidBy(log[settled] as StoredEvent) as { net: number };
  const less = rewritten(log, closed, (data) => {
    const sums = data['settled'] as Record<string, string | number>;
    data['settled'] = {
      ...sums,
      count: 1,
      amount: String(Number(sums['amount']) - net),
      net: String(Number(sums['net']) - net),
    };
    delete data['carriedForward'];
  });
  const found = await faultsIn(less.toSpliced(settled, 1));
  expect(found).toMatchObject([
    {
      code: 'batch',
      position: positionAt(closed - 1),
      detail: `${PUT_BACK} of an earlier batch should have settled with it`,
    },
  ]);
});

describe('a sale that settles alone while another node closes its batch', () => {
  const isOfBatch = ({ batchNo }: Said): boolean => batchNo === '000001';
  let slipped: StoredEvent[];

  beforeAll(async () => {
    const ledger = await TestLedger.open();
    await ledger.register('M1', settings(), { T1: 'S1', T2: 'S1' });
    const putBack = { ...timeout(1, 2), terminalId: 'T2' };
    const sendings = [
      sell(1),
      sell(2),
      back('void', 1, 2, { terminalId: 'T2' }),
      close('000001'),
      putBack,
      { op: 'settle', saleId: PUT_BACK } as const,
    ];
    for (const sending of sendings) await ledger.send(sending);
    const written = (await ledger.store.readAll({ limit: 100 })).map(recordedApart);
    await ledger.close();
    const closed = indexOf(written, 'BatchClosed', isOfBatch);
    slipped = [...written.toSpliced(closed, 1), written[closed] as StoredEvent];
  });

  test('may come too late to be counted', async () => {
    expect(await faultsIn(slipped)).toEqual([]);
  });

  test('but not one that came before the close settled its last', async () => {
    const last = indexOf(slipped, 'Settled', ({ saleId }) => saleId !== PUT_BACK);
    const later = [...slipped];
    later.splice(-1, 0, ...later.splice(last, 1));
    const found = await faultsIn(later);
    expect(found.map(({ code }) => code)).toEqual(['batch']);
  });
});
