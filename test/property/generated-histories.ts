import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type RequestIdentity, requestName } from '../../src/ledger/domain/request-name.js';
import type { MerchantLimits } from '../../src/merchants/domain/merchant.events.js';
import { MODELS } from '../../src/projections/read-models.js';
import type { Outcome } from '../../src/sales/sales.commands.js';
import { settings } from '../support/facts.js';
import { expectSoundJournals } from '../support/books-invariants.js';
import { expectInvariants } from '../support/invariants.js';
import { expectKept } from '../support/kept-limits.js';
import { has } from '../support/programs.js';
import { type Answered, expectSameAgain, isFinal } from '../support/repeats.js';
import { of } from '../support/specification.js';
import { OTHER_CURRENCY, sendingOf, shop } from './history-sendings.js';
import { type Sent, type Step, step } from './history-steps.js';
import { removeFolder } from '../support/store-folder.js';
import { type Dice, dice } from '../support/lossy-network.js';
import { BY, doDue, TestLedger, type TestLog } from '../support/test-ledger.js';

/** Other people's software reads the journals. */
const HAS_JUDGES = has('hledger', 'bean-check');

/** How many histories are generated; PROPERTY_RUNS asks for more. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 12);

const HOUR_MS = 3_600_000;

/** Of M2, low enough to be met. */
const LIMITS: MerchantLimits = {
  daily: { sale: { count: 9 }, void: { count: 4, amount: of(250) }, refund: { amount: of(200) } },
  perCard: { daily: { sale: { count: 6 } } },
};

/** So many of all requests reach each node. */
const TWINS = 0.3;

/** One history of a ledger, as it happens. Where it has several nodes, each command goes to any of them. */
class History {
  private readonly saleIds: string[] = [];
  private readonly waiting: string[] = [];
  private readonly answered: Answered[] = [];

  private constructor(
    private readonly log: TestLog,
    private readonly nodes: TestLedger[],
    private readonly dice: Dice,
  ) {}

  static async begin(log: TestLog, dice: Dice, count: number): Promise<History> {
    const nodes: TestLedger[] = [];
    while (nodes.length < count) nodes.push(await TestLedger.open(log));
    const ledger = nodes[0] as TestLedger;
    const terminals = { T0: 'S0', T1: 'S1' };
    const approvalAbove = of(90);
    const voidPolicy = { approvalAbove };
    const refundPolicy = { approvalAbove, approvalMinutes: 300 };
    await ledger.register('M1', settings({ voidPolicy, refundPolicy }), terminals);
    const foreign = { terminalId: 'T1', storeId: 'S1', currency: OTHER_CURRENCY };
    await ledger.ledger.merchants.assignTerminal('M1', foreign, BY);
    const other = settings({
      timeZone: 'Europe/Berlin',
      dayCloseAt: '22:00',
      fee: { basisPoints: 60, minimum: of(2), perCardType: { debit: { basisPoints: 10 } } },
      reserve: { basisPoints: 500, days: 1 },
      payoutMinimum: of(50),
      refundPolicy: { feeReturn: 'proportional' },
      limits: LIMITS,
    });
    await ledger.register('M2', other, terminals);
    return new History(log, nodes, dice);
  }

  private get ledger(): TestLedger {
    return this.nodes[this.anyNode()] as TestLedger;
  }

  private anyNode(): number {
    return Math.floor(this.dice() * this.nodes.length);
  }

  private setClocks(now: number): void {
    for (const { clock } of this.nodes) clock.set(now);
  }

  async take(step: Step): Promise<void> {
    const { merchants, cards } = this.ledger.ledger;
    switch (step.does) {
      case 'together':
        await Promise.all(step.all.map((each) => this.send(each)));
        return;
      case 'wait':
        this.setClocks(this.ledger.clock.now() + step.hours * HOUR_MS);
        return;
      case 'due':
        return this.ledger.doDue();
      case 'restart':
        return this.restart(this.anyNode());
      case 'card':
        await cards.setStatus('tok_1', step.status, BY);
        return;
      case 'right':
        await merchants.setRight(shop(step), step.right, step.status, 'checked', BY);
        return;
      case 'policy': {
        const { partial, whileVoidable, basisPoints } = step;
        const held = await merchants.get(shop(step));
        if (!held) throw new Error('the merchant is gone');
        const { voidPolicy, refundPolicy, ...rest } = held.settings;
        await merchants.put(
          shop(step),
          {
            ...rest,
            fee: { ...rest.fee, basisPoints },
            voidPolicy: { ...voidPolicy, partial },
            refundPolicy: { ...refundPolicy, whileVoidable },
          },
          BY,
        );
        return;
      }
      case 'repeat':
        return this.repeatAlone(step.which);
      case 'sale':
      case 'back':
      case 'settle':
      case 'decide':
      case 'close':
      case 'day-close':
      case 'timeout':
      case 'payouts':
      case 'payout':
      case 'acquirer':
      case 'chargeback':
      case 'write-off':
        return this.send(step);
    }
  }

  private async send(step: Sent): Promise<void> {
    const { answered, saleIds, waiting, ledger } = this;
    // Which payouts there are is asked of a view: a node that has just started may still be reading.
    if (step.does === 'payout') await ledger.views.finished(MODELS.payouts.view);
    const sending = sendingOf(step, { answered, saleIds, waiting, ledger });
    if (!sending) return;
    // A terminal may send it again through another node before it is done.
    const isTwin = this.nodes.length > 1 && 'stan' in sending && this.dice() < TWINS;
    const to = isTwin ? this.nodes : [this.ledger];
    const outcomes = await Promise.all(to.map((node) => node.send(sending)));
    const [outcome] = outcomes as [Outcome<unknown>];
    for (const other of outcomes.slice(1)) this.answered.push({ sending, outcome: other });
    if (sending.op === 'sale' && 'answer' in outcome) this.saleIds.push(requestName(sending));
    if (isWaiting(outcome)) this.waiting.push(requestName(sending as RequestIdentity));
    this.answered.push({ sending, outcome });
  }

  private async repeatAlone(which: number): Promise<void> {
    const earlier = this.answered[which % Math.max(this.answered.length, 1)];
    if (earlier && isFinal(earlier)) await expectSameAgain(this.ledger, earlier);
  }

  private async restart(index: number): Promise<void> {
    const node = this.nodes[index] as TestLedger;
    await node.close();
    const again = await TestLedger.open(this.log, { viewsDir: node.viewsDir });
    again.clock.set(node.clock.now());
    this.nodes[index] = again;
  }

  /** What must hold now, however it came to this. */
  async expectTrue(): Promise<void> {
    for (const node of this.nodes) await expectInvariants(node);
    const [node] = this.nodes as [TestLedger];
    if (this.nodes.length === 1) expectKept(await node.log(), 'M2', LIMITS);
    for (const each of this.answered) if (isFinal(each)) await expectSameAgain(this.ledger, each);
    this.setClocks(node.clock.now() + 48 * HOUR_MS);
    await doDue(this.nodes);
    for (const each of this.nodes) {
      await expectInvariants(each);
      expect(each.views.batches.live()).toEqual([]);
      const { approvals } = each.views.approvals.list({ status: 'awaiting', limit: 10 });
      expect(approvals).toEqual([]);
    }
    if (HAS_JUDGES) await expectSoundJournals(node.store);
  }

  async end(): Promise<void> {
    for (const node of this.nodes) {
      await node.close();
      removeFolder(node.viewsDir);
    }
    await this.log.remove();
  }
}

function isWaiting(outcome: Outcome<unknown>): boolean {
  if (!('answer' in outcome)) return false;
  const { status } = outcome.answer as { readonly status?: string };
  return status === 'awaiting-approval';
}

/** A log of its own for each history; the dice are the history's. */
type NewDicedLog = (dice: Dice) => TestLog;

/** Histories of random commands, some of them at the same moment, on the ledger as it is composed. */
export function generatedHistories(
  name: string,
  newLog: NewDicedLog,
  { numRuns = RUNS, nodes = 1 } = {},
): void {
  test(`whatever is sent in whatever order, the books, the batches and the lists agree (${name})`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: 50, size: 'max' }),
        fc.integer(),
        async (steps, seed) => {
          const rolled = dice(seed);
          const history = await History.begin(newLog(rolled), rolled, nodes);
          try {
            for (const each of steps) await history.take(each);
            await history.expectTrue();
          } finally {
            await history.end();
          }
        },
      ),
      { numRuns, endOnFailure: true },
    );
  });
}
