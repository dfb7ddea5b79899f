import { expect, test } from '@jest/globals';
import { settings } from '../../support/facts.js';
import { back, sell, type Sending, timeout } from '../../support/requests.js';
import { of } from '../../support/specification.js';
import { newSqliteLog, TestLedger } from '../../support/test-ledger.js';

const M2 = { merchantId: 'M2' };

test('no request that has an outcome is looked for again, whatever that is', async () => {
  const ledger = await TestLedger.open(newSqliteLog());
  const refundPolicy = { whileVoidable: 'allow' } as const;
  await ledger.register('M1', settings({ refundPolicy, voidPolicy: { partial: true } }), {
    T1: 'S1',
  });
  await ledger.register('M2', settings({ voidPolicy: { approvalAbove: of(0) } }), { T1: 'S1' });
  const outcomes: [Sending, object][] = [
    [sell(1), { answer: { status: 'open' } }],
    [back('void', 1, 2, { amount: 1 }), { answer: { kind: 'void' } }],
    [back('refund', 1, 3, { amount: 1 }), { answer: { kind: 'refund' } }],
    [back('void', 1, 4), { refusal: {} }],
    [timeout(5, 3), { answer: { outcome: 'reversed' } }],
    [timeout(6, 3), { answer: { outcome: 'already-reversed' } }],
    [timeout(7, 8), { answer: { outcome: 'never-arrived' } }],
    [sell(1, M2), { answer: { status: 'open' } }],
    [
      { ...back('void', 'M2.T1.000001.000001', 2, M2) },
      { answer: { status: 'awaiting-approval' } },
    ],
  ];
  for (const [sending, outcome] of outcomes) {
    expect(await ledger.send(sending)).toMatchObject(outcome);
    // Each in a fold of its own: what is decided in the one that takes it is never written.
    await ledger.caughtUp();
    expect(ledger.views.requests.undecided(Infinity)).toEqual([]);
  }
});
