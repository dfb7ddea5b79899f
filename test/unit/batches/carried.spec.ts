import { beforeEach, expect, test } from '@jest/globals';
import { settings } from '../../support/facts.js';
import { expectInvariants } from '../../support/invariants.js';
import { back, close, sell } from '../../support/requests.js';
import { of } from '../../support/specification.js';
import { BY, TestLedger } from '../../support/test-ledger.js';

let ledger: TestLedger;

/** A sale whose void was undone when its batch had closed, on the day before. */
beforeEach(async () => {
  ledger = await TestLedger.open();
  await ledger.register('M1', settings(), { T1: 'S1' });
  await ledger.send(sell(1));
  await ledger.send(back('void', 1, 2));
  await ledger.send(close());
  ledger.at('2026-11-25T02:00:00.000Z');
  const name = { merchantId: 'M1', terminalId: 'T1', batchNo: '000002', stan: '000001' };
  const original = { batchNo: '000001', stan: '000002' };
  await ledger.send({ op: 'timeout-reversal', ...name, original });
});

const settled = async (): Promise<object[]> =>
  (await ledger.log()).flatMap(({ event }) => (event.type === 'Settled' ? [event.data] : []));

test('settles on the date of the batch that settles it: the one before takes in nothing more', async () => {
  expect(await ledger.send(close('000002'))).toMatchObject({ answer: { currency: 'CNY' } });
  expect(await settled()).toMatchObject([{ batchNo: '000002', businessDate: '2026-11-25' }]);
});

test('settles alone on the date on which that is asked for', async () => {
  await ledger.send({ op: 'settle', saleId: 'M1.T1.000001.000001' });
  expect(await settled()).toMatchObject([{ batchNo: '000001', businessDate: '2026-11-25' }]);
  await ledger.caughtUp();
  expect(ledger.views.batches.carried('M1.T1')).toEqual([]);
});

test('changes nothing of its own batch, which is closed, when it settles alone', async () => {
  await ledger.send({ op: 'settle', saleId: 'M1.T1.000001.000001' });
  await ledger.caughtUp();
  const [listed] = ledger.views.batches.list({ merchantId: 'M1', limit: 10 }).batches;
  expect(listed).toMatchObject({ batchNo: '000001', settled: { count: 0, amount: '0' } });
  await expectInvariants(ledger);
});

test('settles once: a batch that closes when it has settled alone leaves it out', async () => {
  await ledger.send({ op: 'settle', saleId: 'M1.T1.000001.000001' });
  const closed = await ledger.send(close('000002'));
  expect(closed).toMatchObject({ answer: { settled: { count: 0 } } });
  expect(closed).not.toHaveProperty('answer.carriedForward');
  expect(await settled()).toHaveLength(1);
});

test('settles with a batch that has come to be of another currency, and is none of its sums', async () => {
  const terminal = { terminalId: 'T1', storeId: 'S1', currency: 'USD' };
  await ledger.ledger.merchants.assignTerminal('M1', terminal, BY);
  await ledger.send(sell(2, { batchNo: '000002', amount: 700, currency: 'USD' }));

  expect(await ledger.send(close('000002'))).toMatchObject({
    answer: {
      currency: 'USD',
      totals: { saleCount: 1, saleAmount: '700' },
      settled: { count: 1, amount: '700' },
      carriedForward: ['M1.T1.000001.000001'],
    },
  });
  expect(await settled()).toMatchObject([{ currency: 'USD' }, { currency: 'CNY' }]);
  await expectInvariants(ledger);
});

test('settles in the batch that carries it also while a refund of it waits for a second person', async () => {
  const refundPolicy = { whileVoidable: 'allow', approvalAbove: of(0) } as const;
  await ledger.register('M1', settings({ refundPolicy }), { T2: 'S1' });
  const refund = back('refund', 1, 1, { terminalId: 'T2', amount: 1_000 });
  expect(await ledger.send(refund)).toMatchObject({ answer: { status: 'awaiting-approval' } });

  expect(await ledger.send(close('000002'))).toMatchObject({
    answer: { settled: { count: 1 }, carriedForward: ['M1.T1.000001.000001'] },
  });
});
