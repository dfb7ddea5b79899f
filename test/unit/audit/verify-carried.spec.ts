import { beforeAll, expect, test } from '@jest/globals';
import type { StoredEvent } from '../../../src/event-store/event-store.js';
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

/** A sale is put back by the reversal of its void after its batch closed, and settles with the terminal's next. */
beforeAll(async () => {
  const ledger = await TestLedger.open();
  await ledger.register('M1', settings(), { T1: 'S1' });
  const sendings = [
    sell(1),
    back('void', 1, 2),
    close('000001'),
    { ...timeout(1, 2), batchNo: '000002' },
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
