import { setImmediate as turn } from 'node:timers/promises';
import { expect, jest, test } from '@jest/globals';
import fc, { type Scheduler } from 'fast-check';
import { StoreUnavailableError } from '../../src/event-store/event-store.js';
import { requestName } from '../../src/ledger/domain/request-name.js';
import { settings } from '../support/facts.js';
import { expectInvariants } from '../support/invariants.js';
import { type Answered, expectSameAgain, isFinal } from '../support/repeats.js';
import * as requests from '../support/requests.js';
import type { Sending } from '../support/requests.js';
import { ScheduledStore } from '../support/scheduled-store.js';
import { newSharedLog } from '../support/shared-log.js';
import { of } from '../support/specification.js';
import { letTimePass } from '../support/time-passes.js';
import { BY, doDue, newSqliteLog, TestLedger, type TestLog } from '../support/test-ledger.js';

jest.setTimeout(600_000);

/** How many times all of them are put in an order; PROPERTY_RUNS asks for more. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 6);

type Settings = NonNullable<Parameters<typeof settings>[0]>;

/** Commands that meet, and what there is before. */
interface Case {
  /** One after the other, before. */
  readonly first?: readonly Sending[];
  /** At the same moment. */
  readonly together: readonly [Sending, ...Sending[]];
  readonly settings?: Settings;
  /** What an operator changes at that moment. */
  readonly change?: (node: TestLedger) => Promise<unknown>;
}

/** Together longer than any node goes by what it has heard, or leaves a close to another. */
const WHILES_MS = [7_000, 7_000, 7_000, 7_000, 7_000, 7_000];

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
  const third = { batchNo: '000003', stan: '000003' };
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
    'a close and what is put back for it': {
      first: [
        sell(1),
        sell(2),
        give('void', 3, { batchNo: '000003' }),
        close(),
        sell(1, next),
        sell(2, next),
      ],
      together: [close('000002'), undo(4, 3, { batchNo: '000003', original: third })],
    },
    'a refund and the close after which it is due': {
      first: [sell(1)],
      together: [part('refund', 2, next), close()],
    },
    'a refusal and a close of an empty batch': {
      first: [sell(1)],
      together: [give('void', 2, { ...next, amount: 99_999 }), close('000002')],
    },
    'a void and the report of its card': {
      first: [sell(1)],
      together: [give('void', 2)],
      change: ({ ledger }) => ledger.cards.setStatus(card.token, 'lost', BY),
    },
    'a void and its right': {
      first: [sell(1)],
      together: [part('void', 2), part('refund', 3)],
      change: ({ ledger }) =>
        ledger.merchants.setRight(merchantId, 'void', 'frozen', 'checked', BY),
    },
    'a void of a part and its policy': {
      first: [sell(1)],
      together: [part('void', 2), settle],
      change: ({ ledger }) =>
        ledger.merchants.put(merchantId, settings({ voidPolicy: { partial: false } }), BY),
    },
    'a sale, a void and the move of their terminal': {
      first: [sell(1)],
      together: [sell(2), part('void', 3), close()],
      change: ({ ledger }) => {
        const terminal = { terminalId: 'T1', storeId: 'S9' };
        return ledger.merchants.assignTerminal(merchantId, terminal, BY);
      },
    },
    'an approval and the card': {
      first: [sell(1), part('void', 2)],
      together: [decide('approve'), undo(3, 2)],
      settings: APPROVED,
      change: ({ ledger }) => ledger.cards.setStatus(card.token, 'lost', BY),
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
  async together(
    { together, change }: Case,
    isLong: boolean,
    scheduler: Scheduler,
  ): Promise<Answered[]> {
    for (const store of this.stores) store.hold(true);
    const [one] = this.all as [TestLedger];
    const besides: (readonly [string, () => unknown])[] = [
      ...(change ? [['a change', () => change(one)] as const] : []),
      ...(isLong ? WHILES_MS.map((ms) => ['time', () => timePasses(ms)] as const) : []),
      ...(isLong
        ? this.all.map((node) => ['due', () => node.ledger.batches.closeDue()] as const)
        : []),
    ];
    const done = besides.map(async ([what, work]) => {
      await scheduler.schedule(Promise.resolve(), what);
      await Promise.resolve(work()).catch(ifAway);
    });
    const answers = together.map(async (sending, index): Promise<Answered | undefined> => {
      const node = this.all[index % this.all.length] as TestLedger;
      await scheduler.schedule(Promise.resolve(), `${sending.op} at node ${index}`);
      const outcome = await node.send(sending).catch(ifAway);
      return outcome && { sending, outcome };
    });
    const answered = await scheduler.waitFor(Promise.all(answers));
    await scheduler.waitFor(Promise.all(done));
    for (const store of this.stores) store.hold(false);
    await scheduler.waitIdle();
    return answered.filter((each) => each !== undefined);
  }

  async end(): Promise<void> {
    for (const node of this.all) await node.close();
    await this.log.remove();
  }
}

/** Where time passes a store may take too long: its sender does not know, and asks again later. */
function ifAway(error: unknown): undefined {
  if (!(error instanceof StoreUnavailableError)) throw error;
}

/** For all clocks but those that facts are dated by. */
function timePasses(milliseconds: number): void {
  const now = Date.now() + milliseconds;
  jest.spyOn(Date, 'now').mockReturnValue(now);
  letTimePass(milliseconds);
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
        fc.array(fc.boolean(), { minLength: NAMES.length, maxLength: NAMES.length }),
        async (scheduler, names, long) => {
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
              answered.push(...(await nodes.together(its, long[index] === true, scheduler)));
            }
            for (const node of nodes.all) await expectInvariants(node);
            for (const each of answered) if (isFinal(each)) await expectSameAgain(one, each);
            for (const node of nodes.all) node.at('2026-11-26T02:00:00.000Z');
            await doDue(nodes.all);
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
