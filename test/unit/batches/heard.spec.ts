import { beforeEach, describe, expect, test } from '@jest/globals';
import type { EventStore } from '../../../src/event-store/event-store.js';
import { settings } from '../../support/facts.js';
import { FlakyStore } from '../../support/flaky-store.js';
import { gate, type HeldStore } from '../../support/held-store.js';
import { close, sell } from '../../support/requests.js';
import { newSharedLog } from '../../support/shared-log.js';
import { TestLedger, type TestLog } from '../../support/test-ledger.js';
import { letTimePass } from '../../support/time-passes.js';
import { hear, twoNodes } from '../../support/two-nodes.js';

/** After so long a close that another node has begun is taken over. */
const TAKE_OVER_MS = 10_001;

const CUT_OFF = '2026-11-24T16:00:00.000Z';
const FIRST = 'sale-M1.T1.000001.000001';
const CLOSING = { refusal: { code: 'batch-closing', responseCode: '90' } };
const CLOSED = { refusal: { code: 'batch-closed', responseCode: '77' } };

let log: TestLog;
let one: TestLedger;
let other: TestLedger;
let network: HeldStore;
let networkOfOther: HeldStore;

beforeEach(async () => {
  log = newSharedLog(() => 0);
  ({ one, other, network, networkOfOther } = await twoNodes(log));
  await one.register('M1', settings(), { T1: 'S1' });
});

const count = async (type: string): Promise<number> =>
  (await one.log()).filter(({ event }) => event.type === type).length;

/** Asks the first node for a close, which gets as far as its first settlement, and no further before `letGo`. */
async function beginClose() {
  const { sent, letGo } = network.holdNext(FIRST);
  const closing = one.send(close());
  await sent;
  return { closing, letGo };
}

describe('a batch that one node closes', () => {
  beforeEach(async () => {
    await one.send(sell(1));
    await other.send(sell(2));
  });

  test('lets nothing in at the other once that has heard of it, of the end as of the beginning', async () => {
    const { closing, letGo } = await beginClose();
    await hear(other);
    expect(await other.send(sell(3))).toMatchObject(CLOSING);

    letGo();
    await closing;
    await hear(other);
    expect(await other.send(sell(4))).toMatchObject(CLOSED);
  });

  test('is shown as its stream has it by the other, which has not heard of it', async () => {
    const { letGo: letHear } = networkOfOther.holdNews();
    const { closing, letGo } = await beginClose();
    expect(await other.ledger.batches.batch(close())).toMatchObject({ status: 'closing' });

    letGo();
    await closing;
    expect(await other.ledger.batches.batch(close())).toMatchObject({ status: 'closed' });
    letHear();
  });

  test.each(['heard of it', 'been there since'])(
    'is left to it for a while by a node that has %s, and then ended',
    async (how) => {
      const { closing, letGo } = await beginClose();
      const node = how === 'heard of it' ? other : await TestLedger.open(log);
      await hear(node);
      await node.ledger.batches.closeDue();
      expect(await count('BatchClosed')).toBe(0);

      letTimePass(TAKE_OVER_MS);
      await node.ledger.batches.closeDue();
      expect([await count('Settled'), await count('BatchClosed')]).toEqual([2, 1]);

      letGo();
      expect(await closing).toMatchObject({ answer: { status: 'closed', settled: { count: 2 } } });
      expect([await count('Settled'), await count('BatchClosed')]).toEqual([2, 1]);
    },
  );

  test('at its cut-off is left to it also by one that had not heard, and was about to', async () => {
    one.at(CUT_OFF);
    // No two machines have quite the same time.
    other.at('2026-11-24T16:00:00.250Z');
    const { sent, letGo } = network.holdNext(FIRST);
    const closing = one.ledger.batches.closeDue();
    await sent;
    await other.ledger.batches.closeDue();
    expect([await count('BatchCloseRequested'), await count('BatchClosed')]).toEqual([1, 0]);

    letGo();
    await closing;
    expect(await count('BatchClosed')).toBe(1);
  });

  test('refuses at a node that comes later, too', async () => {
    const { closing, letGo } = await beginClose();
    const later = await TestLedger.open(log);
    expect(await later.send(sell(3))).toMatchObject(CLOSING);
    letGo();
    await closing;
  });
});

test('a batch of which a node has recorded nothing is shown with its date once another closes it', async () => {
  const flaky = new FlakyStore();
  const node = await TestLedger.open(log, { wrap: flaky.wrap });
  flaky.failNext('sale-', 'not-done');
  await expect(node.send(sell(2))).rejects.toThrow('the disk is away');
  await one.send(sell(1));
  const { closing, letGo } = await beginClose();
  await hear(node);
  expect(await node.ledger.batches.batch(sell(1))).toMatchObject({
    status: 'closing',
    businessDate: '2026-11-24',
  });
  letGo();
  await closing;
});

test('a batch that another node has opened keeps its date where its close surely can’t be written', async () => {
  const flaky = new FlakyStore();
  const node = await TestLedger.open(log, { wrap: flaky.wrap });
  flaky.failNext('sale-', 'not-done');
  await expect(node.send(sell(2))).rejects.toThrow('the disk is away');
  await one.send(sell(1));
  await node.ledger.batches.batch(sell(1));
  flaky.failNext('batch-', 'not-done');
  await expect(node.send(close())).rejects.toThrow('the disk is away');

  node.at(CUT_OFF);
  expect(await node.send(sell(3))).toMatchObject({ refusal: { code: 'batch-date' } });
});

test('a batch that was opened at one node is closed by a day-close at the other, which has looked before', async () => {
  await other.send(sell(1));
  await one.send(sell(1, { batchNo: '000002' }));
  expect(await other.send({ op: 'day-close', merchantId: 'M1' })).toMatchObject({
    answer: { batches: [{ batchNo: '000001' }, { batchNo: '000002', status: 'closed' }] },
  });
});

describe('a node that reads which batches are open while one of them is closed', () => {
  /** Lets the node read the views, and go no further than a merchant whom it does not know before `letGo`. */
  async function beginReading(node: TestLedger, behind: HeldStore) {
    const stranger = node === one ? other : one;
    await stranger.register('M0', settings(), { T1: 'S1' });
    await stranger.send(sell(1, { merchantId: 'M0' }));
    const { sent, letGo } = behind.holdNextRead('merchant-M0');
    const reading = node.ledger.batches.batch(sell(1, { batchNo: '000009' }));
    await sent;
    return { reading, letGo };
  }

  /** The other node hears while it reads how far the close of the first has got, and refuses by that. */
  async function expectShutOut(
    { reading, letGo }: { reading: Promise<unknown>; letGo: () => void },
    how: string,
    refused: object,
  ): Promise<void> {
    const begun = await beginClose();
    if (how === 'ended') {
      begun.letGo();
      await begun.closing;
    }
    await hear(other);
    letGo();
    await reading;

    expect(await other.send(sell(2))).toMatchObject(refused);
    begun.letGo();
    await begun.closing;
  }

  test.each([
    ['begun to', CLOSING],
    ['ended', CLOSED],
  ])('lets nothing in when it has heard that the other has %s', async (how, refused) => {
    await one.send(sell(1));
    await expectShutOut(await beginReading(other, networkOfOther), how, refused);
  });

  test('lets nothing in when it has closed it itself', async () => {
    await one.send(sell(1));
    const { reading, letGo } = await beginReading(one, network);
    await one.send(close());
    letGo();
    await reading;

    expect(await one.send(sell(2))).toMatchObject(CLOSED);
    expect(await one.send({ op: 'day-close', merchantId: 'M1' })).toMatchObject({
      answer: { batches: [] },
    });
  });

  test.each([
    ['begun to', CLOSING],
    ['ended', CLOSED],
  ])(
    'lets nothing in when it has heard that the other has %s while it read of the merchant',
    async (how, refused) => {
      await one.send(sell(1));
      const { sent, letGo } = networkOfOther.holdNextRead('merchant-M1');
      const reading = other.ledger.batches.batch(sell(1));
      await sent;
      await expectShutOut({ reading, letGo }, how, refused);
    },
  );

  test.each([
    ['', false],
    [', and has read since what is open', true],
  ])(
    'lets nothing in when it has heard so while it read that nothing was known of it%s',
    async (_, hasReadSince) => {
      const { sent, letGo } = networkOfOther.holdNextAnswer('batch-M1.T1.000001');
      const selling = other.send(sell(1));
      await sent;
      await one.send(close());
      await hear(other);
      if (hasReadSince) await other.ledger.batches.closeDue();
      letGo();

      expect(await selling).toMatchObject(CLOSED);
    },
  );
});

test('a node that begins hears of what is closed from the moment on as of which it knows what is open', async () => {
  await one.send(sell(1));
  const late = new LateHead();
  const node = await TestLedger.open(log, { wrap: late.wrap });
  const { sent, letGo } = late.holdSecond();
  const reading = node.ledger.batches.batch(sell(1));
  await sent;
  await one.send(close());
  letGo();
  await reading;
  await hear(node);

  expect(await node.send(sell(2))).toMatchObject(CLOSED);
});

/** A store that takes its time to say where the log ends. */
class LateHead {
  private held: { passing: number; readonly until: Promise<void>; sent(): void } | undefined;

  /** The second that asks from now on waits, and is told where the log ends by then. */
  holdSecond(): { readonly sent: Promise<void>; readonly letGo: () => void } {
    const { until, letGo } = gate();
    const sent = gate();
    this.held = { passing: 1, until, sent: sent.letGo };
    return { sent: sent.until, letGo };
  }

  readonly wrap = (inner: EventStore): EventStore =>
    Object.assign(Object.create(inner) as EventStore, {
      head: async () => {
        const { held } = this;
        if (held && held.passing-- === 0) {
          this.held = undefined;
          held.sent();
          await held.until;
        }
        return inner.head();
      },
    });
}
