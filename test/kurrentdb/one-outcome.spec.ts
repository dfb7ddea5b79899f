import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { settings } from '../support/facts.js';
import type { HeldStore } from '../support/held-store.js';
import { expectInvariants } from '../support/invariants.js';
import { back, sell, type Sending, timeout } from '../support/requests.js';
import { BY, newKurrentDbLog, type TestLedger } from '../support/test-ledger.js';
import { twoNodes } from '../support/two-nodes.js';

jest.setTimeout(60_000);

const SALE = 'sale-M1.T1.000001.000001';

/** Two nodes that have been sent the same request, as after a terminal's repeat through another one. */
describe('a request that two nodes have', () => {
  let one: TestLedger;
  let other: TestLedger;
  let network: HeldStore;
  let networkOfOther: HeldStore;

  beforeEach(async () => {
    ({ one, other, network, networkOfOther } = await twoNodes(newKurrentDbLog()));
    await one.register('M1', settings(), { T1: 'S1' });
    await one.send(sell(1));
  });

  const outcomeOf = async (stan: string) =>
    (await one.ledger.requestQueries.request(`M1.T1.000001.${stan}`))?.outcome;

  const effects = async () =>
    (await one.log()).filter(({ event }) => ['Void', 'Refund', 'Refused'].includes(event.type));

  async function expectRefusedOnce(sending: Sending, first: unknown, second: unknown) {
    expect(first).toMatchObject({ refusal: { code: 'card-usable' } });
    expect(second).toEqual({ ...(first as object), replayed: true });
    expect((await effects()).map(({ event }) => event.type)).toEqual(['Refused']);
    expect(await one.send(sending)).toEqual(second);
    expect(await other.send(sending)).toEqual(second);
  }

  test('is not done by one when the other has refused it meanwhile', async () => {
    const voided = back('void', 1, 2);
    const effect = network.holdNext(SALE);
    const doing = one.send(voided);
    await effect.sent;
    await one.ledger.cards.setStatus('tok_1', 'lost', BY);
    const refused = await other.send(voided);
    effect.letGo();

    await expectRefusedOnce(voided, refused, await doing);
    expect(await outcomeOf('000002')).toBe('refused');
    const sale = await one.ledger.saleQueries.sale('M1.T1.000001.000001');
    expect(sale?.sale).toMatchObject({ voided: 0 });
    await expectInvariants(one);
  });

  test('is not refused by one when the other has done it meanwhile', async () => {
    const voided = back('void', 1, 2);
    const effect = network.holdNext(SALE);
    const doing = one.send(voided);
    await effect.sent;
    await one.ledger.cards.setStatus('tok_1', 'lost', BY);
    const bar = networkOfOther.holdNext(SALE);
    const refusing = other.send(voided);
    await bar.sent;
    effect.letGo();
    const done = await doing;
    bar.letGo();

    expect(done).toMatchObject({ answer: { kind: 'void', status: 'voided' } });
    expect(await refusing).toEqual({ ...done, replayed: true });
    expect((await effects()).map(({ event }) => event.type)).toEqual(['Void']);
    await expectInvariants(one);
  });

  test('is refused once more by whoever comes next, when the one that refused it has died on the way', async () => {
    const voided = back('void', 1, 2);
    const effect = network.holdNext(SALE);
    const doing = one.send(voided);
    await effect.sent;
    await one.ledger.cards.setStatus('tok_1', 'lost', BY);
    const refusal = networkOfOther.holdNext('sale-M1.T1.000001.000002');
    const refusing = other.send(voided);
    await refusal.sent;
    effect.letGo();
    const outcome = await doing;
    refusal.letGo();

    expect(outcome).toMatchObject({ refusal: { code: 'reversed' }, replayed: false });
    expect(await refusing).toEqual({ ...outcome, replayed: true });
    expect((await effects()).map(({ event }) => event.type)).toEqual(['Refused']);
    expect(await outcomeOf('000002')).toBe('refused');
    const reversal = await one.send(timeout(9, 2));
    expect(reversal).toMatchObject({ answer: { outcome: 'never-arrived' } });
    await expectInvariants(one);
  });

  test('has one outcome however often two nodes race with voids that can not all be done', async () => {
    for (let sale = 10; sale < 20; sale += 1) {
      await one.send(sell(sale));
      const voids = [1, 2, 3].map((number) => back('void', sale, sale * 10 + number));
      await Promise.all(voids.flatMap((each) => [one.send(each), other.send(each)]));
      const states = await Promise.all(voids.map(({ stan }) => outcomeOf(stan)));
      expect(states.sort()).toEqual(['done', 'refused', 'refused']);
    }
    await expectInvariants(one);
  });
});
