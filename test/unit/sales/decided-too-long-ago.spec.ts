import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { trustedPages } from '../../../src/event-store/checked-page.js';
import { settings } from '../../support/facts.js';
import { HeldStore } from '../../support/held-store.js';
import { back, close, name, sell, timeout } from '../../support/requests.js';
import { of } from '../../support/specification.js';
import { BY, newSqliteLog, TestLedger } from '../../support/test-ledger.js';
import { letTimePass } from '../../support/time-passes.js';
import { hear, twoNodes } from '../../support/two-nodes.js';
import { faultsOf } from '../../support/verified-log.js';

/** So long a name takes to be written. */
const LONG_MS = 20_000;

const voiding = back('void', 1, 5, { amount: 100 });

let one: TestLedger;
let other: TestLedger;
let network: HeldStore;

/** For the clock by which facts are recorded, too. */
function pass(): void {
  const now = Date.now() + LONG_MS;
  jest.spyOn(Date, 'now').mockReturnValue(now);
  letTimePass(LONG_MS);
}

const types = async (): Promise<string[]> => (await one.log()).map(({ event }) => event.type);
const expectLegal = async (): Promise<void> => {
  expect(await faultsOf(trustedPages(one.store))).toEqual([]);
};

beforeEach(async () => {
  ({ one, other, network } = await twoNodes());
  await one.register('M1', settings(), { T1: 'S1', T2: 'S1' });
  await one.send(sell(1));
});

afterEach(() => {
  jest.restoreAllMocks();
});

describe('what was decided long before it could be written is decided anew', () => {
  test('a void of a card that was reported since', async () => {
    const { sent, letGo } = network.holdNext('sale-M1.T1.000001.000005');
    const outcome = one.send(back('void', 1, 5));
    await sent;
    await other.ledger.cards.setStatus('tok_1', 'lost', BY);
    pass();
    letGo();
    expect(await outcome).toMatchObject({ refusal: { code: 'card-usable', responseCode: '41' } });
    expect(await types()).not.toContain('Void');
    await expectLegal();
  });

  test('a void of a part where another node has ended that since', async () => {
    const { sent, letGo } = network.holdNext('sale-M1.T1.000001.000005');
    const outcome = one.send(voiding);
    await sent;
    await other.ledger.merchants.put('M1', settings({ voidPolicy: { partial: false } }), BY);
    pass();
    letGo();
    expect(await outcome).toMatchObject({ refusal: { code: 'amount-allowed' } });
    await expectLegal();
  });

  test('a sale at a terminal that another node has moved since', async () => {
    const { sent, letGo } = network.holdNextRead('sale-M1.T1.000001.000001');
    const outcome = one.send(sell(2));
    await sent;
    await other.ledger.merchants.assignTerminal('M1', { terminalId: 'T1', storeId: 'S9' }, BY);
    pass();
    letGo();
    expect(await outcome).toHaveProperty('answer');
    expect((await one.log()).at(-1)?.event).toMatchObject({
      type: 'Sale',
      data: { storeId: 'S9' },
    });
    await expectLegal();
  });

  test('a time-out reversal of a refund whose batch was closed since', async () => {
    await one.send({ op: 'settle', saleId: 'M1.T1.000001.000001' });
    await one.send(back('refund', 1, 3, { batchNo: '000002' }));
    await hear(other);
    const { sent, letGo } = network.holdNext('sale-M1.T1.000003.000005');
    const original = { batchNo: '000002', stan: '000003' };
    const undoing = { ...timeout(5, 3), ...name(5, { batchNo: '000003' }), original };
    const outcome = one.send(undoing);
    await sent;
    expect(await other.send(close('000002'))).toHaveProperty('answer');
    pass();
    letGo();
    expect(await outcome).toMatchObject({ refusal: { code: 'refund-cleared' } });
    await expectLegal();
  });

  test('an approval of what is no longer allowed', async () => {
    const voidPolicy = { partial: true, approvalAbove: of(1) };
    await one.ledger.merchants.put('M1', settings({ voidPolicy }), BY);
    await hear(one);
    expect(await one.send(voiding)).toMatchObject({ answer: { status: 'awaiting-approval' } });
    const { sent, letGo } = network.holdNextRead('card-tok_1');
    const outcome = one.send({ op: 'approve', approvalId: 'M1.T1.000001.000005' });
    await sent;
    await other.ledger.merchants.setRight('M1', 'void', 'frozen', 'checked', BY);
    pass();
    letGo();
    expect(await outcome).toMatchObject({ refusal: { code: 'void-right' } });
    await expectLegal();
  });
});

test('on one machine, too: a void right that was frozen while the name was being written', async () => {
  const held = new HeldStore();
  one = await TestLedger.open(newSqliteLog(), { wrap: held.wrap });
  await one.register('M1', settings(), { T1: 'S1' });
  await one.send(sell(1));
  const { sent, letGo } = held.holdNext('sale-M1.T1.000001.000005');
  const outcome = one.send(voiding);
  await sent;
  await one.ledger.merchants.setRight('M1', 'void', 'frozen', 'checked', BY);
  pass();
  letGo();
  expect(await outcome).toMatchObject({ refusal: { code: 'void-right', responseCode: '57' } });
  await expectLegal();
});

test('where the store is that slow again and again, nobody is kept waiting for ever', async () => {
  const slow = await TestLedger.open(newSqliteLog(), {
    wrap: (store) =>
      Object.assign(Object.create(store) as typeof store, {
        readStream: (...args: Parameters<typeof store.readStream>) => {
          letTimePass(args[0].startsWith('card-') ? LONG_MS : 0);
          return store.readStream(...args);
        },
      }),
  });
  await slow.register('M1', settings(), { T1: 'S1' });
  await slow.send(sell(1));
  await expect(slow.send(voiding)).rejects.toMatchObject({ outcome: 'not-done' });
});
