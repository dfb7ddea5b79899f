import { setImmediate as turn } from 'node:timers/promises';
import { expect, jest, test } from '@jest/globals';
import fc, { type Scheduler } from 'fast-check';
import { requestName } from '../../src/ledger/domain/request-name.js';
import { settings } from '../support/facts.js';
import { expectInvariants } from '../support/invariants.js';
import { type Answered, expectSameAgain, isFinal } from '../support/repeats.js';
import * as requests from '../support/requests.js';
import type { Sending } from '../support/requests.js';
import { ScheduledStore } from '../support/scheduled-store.js';
import { newSharedLog } from '../support/shared-log.js';
import { of } from '../support/specification.js';
import { newSqliteLog, TestLedger, type TestLog } from '../support/test-ledger.js';

jest.setTimeout(600_000);

/** How many times all of them are put in an order; PROPERTY_RUNS asks for more. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 6);

/** Commands that meet, and what there is before. */
interface Case {
  /** One after the other, before. */
  readonly first?: readonly Sending[];
  /** At the same moment. */
  readonly together: readonly [Sending, Sending, ...Sending[]];
  readonly settings?: Parameters<typeof settings>[0];
}

const ALLOWED = { refundPolicy: { whileVoidable: 'allow' } } as const;
const APPROVED = {
  voidPolicy: { approvalAbove: of(0) },
  refundPolicy: { approvalAbove: of(0), approvalMinutes: 60 },
};

/** The requests of one merchant, whose first sale is the one that all are about. */
function casesOf(merchantId: string, card: { readonly token: string; readonly last4: string }) {
  const its = { merchantId };
  const saleId = requestName(requests.name(1, its));
  const approvalId = requestName(requests.name(2, its));
  const sell = (stan: number, more = {}) => requests.sell(stan, { ...its, card, ...more });
  const give = (op: 'void' | 'refund', stan: number, more = {}) =>
    requests.back(op, saleId, stan, { ...its, ...more });
  const part = (op: 'void' | 'refund', stan: number, more = {}) =>
    give(op, stan, { amount: 6_000, ...more });
  const undo = (stan: number, original: number, more = {}) => {
    return { ...requests.timeout(stan, original), ...its, ...more };
  };
  const close = (batchNo = '000001') => requests.close(batchNo, its);
  const settle: Sending = { op: 'settle', saleId };
  const decide = (op: 'approve' | 'decline'): Sending => ({ op, approvalId });
  const chargeback = (chargebackId: string, amount = 6_000): Sending => {
    return { op: 'chargeback', saleId, chargebackId, amount, fee: 100 };
  };
  const writeOff = (writeOffId: string): Sending => {
    return { op: 'write-off', merchantId, writeOffId, currency: 'CNY' };
  };
  const dayClose: Sending = { op: 'day-close', merchantId };
  const next = { batchNo: '000002' };
  const cases: Record<string, Case> = {
    'two voids of parts': { first: [sell(1)], together: [part('void', 2), part('void', 3)] },
    'a void and its repeat': { first: [sell(1)], together: [give('void', 2), give('void', 2)] },
    'two voids of one name': { first: [sell(1)], together: [give('void', 2), part('void', 2)] },
    'a void and a refund': {
      first: [sell(1)],
      together: [part('void', 2), part('refund', 3)],
      settings: ALLOWED,
    },
    'a sale and the close': { first: [sell(1)], together: [sell(2), close()] },
    'a void and the close': { first: [sell(1)], together: [part('void', 2), close()] },
    'a void in another batch and the close of both': {
      first: [sell(1)],
      together: [part('void', 2, next), close(), close('000002')],
    },
    'a refund and the close of its batch': {
      first: [sell(1), settle],
      together: [part('refund', 2, next), close('000002')],
    },
    'a settlement and a void': { first: [sell(1)], together: [settle, part('void', 2)] },
    'a settlement and the close': { first: [sell(1)], together: [settle, close()] },
    'an approval, a no and the close': {
      first: [sell(1), part('void', 2)],
      together: [decide('approve'), decide('decline'), close()],
      settings: APPROVED,
    },
    'an approval and a time-out reversal': {
      first: [sell(1), part('void', 2)],
      together: [decide('approve'), undo(3, 2)],
      settings: APPROVED,
    },
    'a sale and its time-out reversal': { together: [sell(1), undo(3, 1)] },
    'a void and its time-out reversal': {
      first: [sell(1)],
      together: [part('void', 2), undo(3, 2)],
    },
    'the time-out reversals of a sale and of its void': {
      first: [sell(1), part('void', 2)],
      together: [undo(3, 1), undo(4, 2)],
    },
    'the time-out reversal of a void and the close': {
      first: [sell(1), part('void', 2)],
      together: [undo(3, 2), close()],
    },
    'the time-out reversal of a refund and the close': {
      first: [sell(1), settle, part('refund', 2)],
      together: [undo(3, 2), close()],
    },
    'the time-out reversal of a sale and the close': {
      first: [sell(1)],
      together: [undo(3, 1, next), close()],
    },
    'two chargebacks and a refund': {
      first: [sell(1), settle],
      together: [chargeback('C1'), chargeback('C2'), part('refund', 2)],
    },
    'two write-offs of one debt': {
      first: [sell(1), settle, chargeback('C1', 10_000)],
      together: [writeOff('W1'), writeOff('W2')],
    },
    'two day-closes and a close': {
      first: [sell(1), sell(2, next)],
      together: [dayClose, dayClose, close()],
    },
  };
  return cases;
}

const NAMES = Object.keys(casesOf('M', { token: 'tok', last4: '4242' }));

/** Nodes on one log, whose requests to it the scheduler lets go on. */
class Nodes {
  private constructor(
    private readonly log: TestLog,
    private readonly stores: readonly ScheduledStore[],
    readonly all: readonly TestLedger[],
  ) {}

  static async open(log: TestLog, count: number, scheduler: Scheduler): Promise<Nodes> {
    const stores = Array.from({ length: count }, () => new ScheduledStore(scheduler));
    const nodes: TestLedger[] = [];
    for (const { wrap } of stores) nodes.push(await TestLedger.open(log, { wrap }));
    return new Nodes(log, stores, nodes);
  }

  /** Commands go to one node after the other, each at the moment that the scheduler chooses. */
  async together(sendings: readonly Sending[], scheduler: Scheduler): Promise<Answered[]> {
    for (const store of this.stores) store.hold(true);
    const answers = sendings.map(async (sending, index): Promise<Answered> => {
      const node = this.all[index % this.all.length] as TestLedger;
      await scheduler.schedule(Promise.resolve(), `${sending.op} at node ${index}`);
      return { sending, outcome: await node.send(sending) };
    });
    const answered = await scheduler.waitFor(Promise.all(answers));
    for (const store of this.stores) store.hold(false);
    await scheduler.waitIdle();
    return answered;
  }

  async end(): Promise<void> {
    for (const node of this.all) await node.close();
    await this.log.remove();
  }
}

/** What there is before. */
async function prepare(
  one: TestLedger,
  merchantId: string,
  { first = [], settings: some }: Case,
): Promise<void> {
  await one.register(merchantId, settings(some), { T1: 'S1' });
  for (const sending of first) {
    expect(await one.send(sending)).toMatchObject({ answer: {} });
  }
}

test.each([
  ['on one node', 1, newSqliteLog],
  ['on two nodes', 2, () => newSharedLog(() => 0)],
])(
  'in whatever order commands of the same moment come to the log, each has one outcome (%s)',
  async (_where, count, newLog) => {
    await fc.assert(
      fc.asyncProperty(
        // What one request leads to is under way before the next is let go on.
        fc.scheduler({
          act: async (letGo) => {
            await letGo();
            await turn();
          },
        }),
        fc.shuffledSubarray(NAMES, { minLength: NAMES.length }),
        async (scheduler, names) => {
          const nodes = await Nodes.open(newLog(), count, scheduler);
          try {
            const [one] = nodes.all as [TestLedger];
            const answered: Answered[] = [];
            for (const [index, name] of names.entries()) {
              const merchantId = `M${index}`;
              const card = { token: `tok_${index}`, last4: '4242' };
              const its = casesOf(merchantId, card)[name] as Case;
              await prepare(one, merchantId, its);
              for (const node of nodes.all) await node.caughtUp();
              answered.push(...(await nodes.together(its.together, scheduler)));
            }
            for (const node of nodes.all) await expectInvariants(node);
            for (const each of answered) if (isFinal(each)) await expectSameAgain(one, each);
            for (const node of nodes.all) node.at('2026-11-26T02:00:00.000Z');
            await Promise.all(nodes.all.map((node) => node.doDue()));
            await expectInvariants(one);
            expect(one.views.batches.live()).toEqual([]);
          } finally {
            await nodes.end();
          }
        },
      ),
      { numRuns: RUNS, endOnFailure: true },
    );
  },
);
