import { expect, test } from '@jest/globals';
import { settings } from '../../support/facts.js';
import { back, sell } from '../../support/requests.js';
import { of } from '../../support/specification.js';
import { TestLedger } from '../../support/test-ledger.js';

test('of two voids that are approved at the same moment, and of which the day allows one, one is done', async () => {
  const ledger = await TestLedger.open();
  const voidPolicy = { approvalAbove: of(0) };
  const limits = { daily: { void: { count: 1 } } };
  await ledger.register('M1', settings({ voidPolicy, limits }), { T1: 'S1' });
  for (const stan of [1, 2]) {
    await ledger.send(sell(stan));
    await ledger.send(back('void', stan, stan + 10));
  }

  const approvals = [11, 12].map((stan) => `M1.T1.000001.0000${stan}`);
  const outcomes = await Promise.all(
    approvals.map((approvalId) => ledger.send({ op: 'approve', approvalId })),
  );

  const refused = outcomes.filter((outcome) => 'refusal' in outcome);
  expect(refused).toEqual([
    expect.objectContaining({ refusal: expect.objectContaining({ code: 'within-limits' }) }),
  ]);
  const voids = (await ledger.log()).filter(({ event }) => event.type === 'Void');
  expect(voids).toHaveLength(1);
});
