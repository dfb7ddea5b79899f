import { beforeEach, describe, expect, test } from '@jest/globals';
import { settings } from '../../support/facts.js';
import { sell } from '../../support/requests.js';
import { BY, type TestLedger } from '../../support/test-ledger.js';
import { twoNodes } from '../../support/two-nodes.js';

describe('a batch of a terminal of which the other node has not heard', () => {
  let other: TestLedger;

  beforeEach(async () => {
    const { one, ...nodes } = await twoNodes();
    ({ other } = nodes);
    await one.register('M1', settings(), { T1: 'S1' });
    await other.ledger.merchants.get('M1');
    nodes.networkOfOther.holdNews();
    await one.ledger.merchants.assignTerminal('M1', { terminalId: 'T2', storeId: 'S2' }, BY);
    await one.send(sell(1, { terminalId: 'T2' }));
  });

  test.each([
    ['store', 'S2'],
    ['merchant', undefined],
  ])('is closed there by a day-close of its %s', async (_, storeId) => {
    expect(await other.ledger.batches.dayClose('M1', storeId, BY)).toMatchObject({
      answer: { batches: [{ terminalId: 'T2', status: 'closed', settled: { count: 1 } }] },
    });
  });

  test('is closed there at its cut-off', async () => {
    other.at('2026-11-24T16:00:00.000Z');
    await other.ledger.batches.closeDue();
    expect((await other.log()).at(-1)?.event).toMatchObject({
      type: 'BatchClosed',
      data: { terminalId: 'T2', settled: { count: 1 } },
    });
  });
});
