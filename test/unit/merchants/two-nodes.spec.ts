import { beforeEach, describe, expect, test } from '@jest/globals';
import { settings } from '../../support/facts.js';
import { newSharedLog } from '../../support/shared-log.js';
import { BY, TestLedger } from '../../support/test-ledger.js';

/** An operator's requests that go through two nodes, one a moment after the other. */
describe('what one node sets, and the other sets back before it has heard of it,', () => {
  let one: TestLedger;
  let other: TestLedger;

  beforeEach(async () => {
    const log = newSharedLog(() => 0);
    one = await TestLedger.open(log);
    other = await TestLedger.open(log);
    await one.register('M1', settings(), { T1: 'S1' });
    await other.ledger.merchants.get('M1');
  });

  const facts = async () => (await one.log()).map(({ event }) => event.type);

  test('is set back: a right', async () => {
    await one.ledger.merchants.setRight('M1', 'void', 'frozen', 'too many voids', BY);
    await other.ledger.merchants.setRight('M1', 'void', 'active', 'looked into', BY);

    expect((await facts()).slice(-2)).toEqual(['RightFrozen', 'RightRestored']);
    expect((await other.ledger.merchants.get('M1'))?.rights.void).toBe('active');
  });

  test('is set back: the settings', async () => {
    await one.ledger.merchants.put('M1', settings({ name: 'Tea Rooms' }), BY);
    await other.ledger.merchants.put('M1', settings(), BY);

    expect((await facts()).slice(-2)).toEqual(['MerchantPolicyChanged', 'MerchantPolicyChanged']);
    expect((await other.ledger.merchants.get('M1'))?.settings).toEqual(settings());
  });
});
