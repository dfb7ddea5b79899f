import { beforeEach, describe, expect, test } from '@jest/globals';
import { settings } from '../../support/facts.js';
import type { HeldStore } from '../../support/held-store.js';
import { BY, type TestLedger } from '../../support/test-ledger.js';
import { twoNodes } from '../../support/two-nodes.js';

/** An operator's requests that go through two nodes, one a moment after the other. */
describe('what one node sets, and the other sets back before it has heard of it,', () => {
  let one: TestLedger;
  let other: TestLedger;
  let network: HeldStore;

  beforeEach(async () => {
    ({ one, other, network } = await twoNodes());
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

  test('and of two that report a card at the same moment each is heard', async () => {
    const report = network.holdNext('card-tok_1');
    const reporting = one.ledger.cards.setStatus('tok_1', 'lost', BY);
    await report.sent;
    await other.ledger.cards.setStatus('tok_1', 'frozen', BY);
    report.letGo();

    expect(await reporting).toMatchObject({ status: 'lost' });
    expect((await facts()).slice(-2)).toEqual(['CardReported', 'CardReported']);
  });
});
