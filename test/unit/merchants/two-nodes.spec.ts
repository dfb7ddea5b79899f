import { beforeEach, describe, expect, test } from '@jest/globals';
import { type EventStore, StoreUnavailableError } from '../../../src/event-store/event-store.js';
import { requestName } from '../../../src/ledger/domain/request-name.js';
import { settings } from '../../support/facts.js';
import { HeldStore } from '../../support/held-store.js';
import { sell } from '../../support/requests.js';
import { newSharedLog } from '../../support/shared-log.js';
import { BY, TestLedger, type TestLog } from '../../support/test-ledger.js';
import { hear, twoNodes } from '../../support/two-nodes.js';

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

test('a question about a sale reads of its merchant only what others have changed', async () => {
  const log = newSharedLog(() => 0);
  const network = new HeldStore();
  let read = 0;
  const counting = (inner: EventStore): EventStore => {
    const store = network.wrap(inner);
    return Object.assign(Object.create(store) as EventStore, {
      readStream: async (stream: string, from?: number, most?: number) => {
        const events = await store.readStream(stream, from, most);
        if (stream === 'merchant-M1') read += events.length;
        return events;
      },
    });
  };
  const one = await TestLedger.open(log);
  const other = await TestLedger.open(log, { wrap: counting });
  await one.register('M1', settings(), { T1: 'S1', T2: 'S1', T3: 'S1' });
  await one.send(sell(1));
  const unmet = async (): Promise<string[]> => {
    read = 0;
    const { answer } = await other.ledger.saleQueries.voidability(requestName(sell(1)), {});
    return answer.conditions.filter(({ met }) => !met).map(({ condition }) => condition.code);
  };

  expect([await unmet(), read]).toEqual([['not-voidable'], 4]);
  network.holdNews();
  expect([await unmet(), read]).toEqual([['not-voidable'], 0]);
  await one.ledger.merchants.setRight('M1', 'void', 'frozen', 'too many voids', BY);
  expect([await unmet(), read]).toEqual([['void-right'], 1]);
});

describe('what another node sets is known here', () => {
  let log: TestLog;
  let one: TestLedger;
  let other: TestLedger;
  let network: HeldStore;

  beforeEach(async () => {
    log = newSharedLog(() => 0);
    ({ one, other } = await twoNodes(log));
    network = new HeldStore();
    await one.register('M1', settings(), {});
  });

  const freeze = async (node: TestLedger, right: 'void' | 'refund'): Promise<void> => {
    await node.ledger.merchants.setRight('M1', right, 'frozen', 'too many', BY);
  };
  const rights = async (node: TestLedger) => (await node.ledger.merchants.get('M1'))?.rights;

  test('also when it was set before this node first asked what is new', async () => {
    await freeze(other, 'void');
    await hear(one);
    expect(await rights(one)).toMatchObject({ void: 'frozen' });
  });

  test('also when it was heard of while what was before it was on its way here', async () => {
    const late = await nodeThatKnows('M0');
    const first = network.holdNextAnswer('merchant-M1');
    const asked = rights(late);
    await first.sent;
    await freeze(other, 'void');
    await hear(late);
    const second = network.holdNextAnswer('merchant-M1');
    first.letGo();
    await second.sent;
    await freeze(other, 'refund');
    await hear(late);
    second.letGo();

    const both = { void: 'frozen', refund: 'frozen' };
    expect(await asked).toMatchObject(both);
    expect(await rights(late)).toMatchObject(both);
  });

  test('also when the store was away as it was to be read', async () => {
    let isAway = false;
    const late = await nodeThatKnows('M0', (inner) =>
      Object.assign(Object.create(inner) as EventStore, {
        readStream: (stream: string, from?: number, most?: number) =>
          isAway
            ? Promise.reject(new StoreUnavailableError('no answer', 'not-done'))
            : inner.readStream(stream, from, most),
      }),
    );
    const read = network.holdNextAnswer('merchant-M1');
    const asked = rights(late);
    await read.sent;
    await freeze(other, 'void');
    await hear(late);
    isAway = true;
    read.letGo();
    await expect(asked).rejects.toThrow(StoreUnavailableError);
    isAway = false;

    expect(await rights(late)).toMatchObject({ void: 'frozen' });
  });

  /** It has asked for news, and has nothing of M1 in memory. */
  async function nodeThatKnows(
    merchantId: string,
    within: (store: EventStore) => EventStore = (store) => store,
  ): Promise<TestLedger> {
    const wrap = (store: EventStore) => within(network.wrap(store));
    const node = await TestLedger.open(log, { wrap });
    await node.ledger.merchants.get(merchantId);
    return node;
  }
});
