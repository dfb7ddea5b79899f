import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { requestName } from '../../src/ledger/domain/request-name.js';
import type { MerchantLimits } from '../../src/merchants/domain/merchant.events.js';
import type { Outcome } from '../../src/sales/sales.commands.js';
import { SALE_TIME, settings } from '../support/facts.js';
import { expectInvariants } from '../support/invariants.js';
import { expectKept } from '../support/kept-limits.js';
import type { Sending } from '../support/requests.js';
import { of } from '../support/specification.js';
import { removeFolder } from '../support/store-folder.js';
import { BY, type NewLog, TestLedger, type TestLog } from '../support/test-ledger.js';

/** How many histories are generated; PROPERTY_RUNS asks for more. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 12);

const SHOPS = ['M1', 'M2'] as const;
const HOUR_MS = 3_600_000;
const NO_SALE = 'M1.T0.000000.000099';

const small = (max: number) => fc.integer({ min: 0, max });

const rarely = <T>(mostly: T, ...others: T[]) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(mostly) }, fc.constantFrom(...others));

/** Where a request comes from: few of each, so that names meet. */
const place = {
  merchant: small(1),
  terminal: small(1),
  batch: small(1),
  stan: fc.integer({ min: 1, max: 6 }),
};

const sale = fc.record({
  does: fc.constant('sale' as const),
  ...place,
  amount: fc.oneof(fc.integer({ min: 100, max: 300 }), fc.constant(999_999_999_999)),
  currency: rarely('CNY', 'USD'),
  card: fc.constantFrom('tok_1', 'tok_2'),
});

const back = fc.record({
  does: fc.constant('back' as const),
  ...place,
  stan: fc.integer({ min: 5, max: 30 }),
  op: fc.constantFrom('void' as const, 'refund' as const, 'reversal' as const),
  /** Which of the sales taken so far. */
  target: small(30),
  amount: fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined, freq: 3 }),
  ifMatch: rarely<number | undefined>(undefined, 0, 1, 2),
  isStranger: rarely(false, true),
  isUnknown: rarely(false, true),
});

const settle = fc.record({ does: fc.constant('settle' as const), target: small(30) });

const close = fc.record({
  does: fc.constant('close' as const),
  merchant: small(1),
  terminal: small(1),
  batch: small(1),
  sends: fc.constantFrom('nothing' as const, 'totals' as const),
});

const dayClose = fc.record({
  does: fc.constant('day-close' as const),
  merchant: small(1),
  store: fc.option(fc.constantFrom('S0', 'S1'), { nil: undefined }),
});

const repeat = fc.record({ does: fc.constant('repeat' as const), which: small(60) });

const sent = fc.oneof(
  { weight: 8, arbitrary: sale },
  { weight: 16, arbitrary: back },
  { weight: 2, arbitrary: settle },
  { weight: 1, arbitrary: close },
  { weight: 1, arbitrary: dayClose },
  { weight: 3, arbitrary: repeat },
);

const around = fc.oneof(
  fc.record({ does: fc.constant('wait' as const), hours: fc.integer({ min: -3, max: 15 }) }),
  fc.record({ does: fc.constant('close-due' as const) }),
  fc.record({ does: fc.constant('restart' as const) }),
  fc.record({
    does: fc.constant('card' as const),
    status: fc.constantFrom('active' as const, 'lost' as const),
  }),
  fc.record({
    does: fc.constant('right' as const),
    merchant: small(1),
    right: fc.constantFrom('void' as const, 'refund' as const),
    status: fc.constantFrom('active' as const, 'frozen' as const),
  }),
  fc.record({
    does: fc.constant('policy' as const),
    merchant: small(1),
    partial: fc.boolean(),
    whileVoidable: fc.constantFrom('allow' as const, 'refuse' as const),
    basisPoints: fc.constantFrom(0, 60, 10_000),
  }),
);

const step = fc.oneof(
  { weight: 20, arbitrary: sent },
  { weight: 5, arbitrary: around },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant('together' as const),
      all: fc.array(sent, { minLength: 2, maxLength: 8 }),
    }),
  },
);

type ValueOf<A> = A extends fc.Arbitrary<infer V> ? V : never;
type Sent = ValueOf<typeof sent>;
type Step = ValueOf<typeof step>;

/** Of M2, low enough to be met. */
const LIMITS: MerchantLimits = {
  daily: { sale: { count: 9 }, void: { count: 4, amount: of(250) }, refund: { amount: of(200) } },
  perCard: { daily: { sale: { count: 6 } } },
};

/** One history of a ledger, as it happens. */
class History {
  private readonly saleIds: string[] = [];
  private readonly answered: { readonly sending: Sending; readonly outcome: Outcome<unknown> }[] =
    [];

  private constructor(
    private readonly log: TestLog,
    private ledger: TestLedger,
  ) {}

  static async begin(log: TestLog): Promise<History> {
    const ledger = await TestLedger.open(log);
    const terminals = { T0: 'S0', T1: 'S1' };
    await ledger.register('M1', settings(), terminals);
    const other = settings({
      timeZone: 'Europe/Berlin',
      dayCloseAt: '22:00',
      fee: { basisPoints: 60, minimum: of(2), perCardType: { debit: { basisPoints: 10 } } },
      reserve: { basisPoints: 500, days: 30 },
      refundPolicy: { feeReturn: 'proportional' },
      limits: LIMITS,
    });
    await ledger.register('M2', other, terminals);
    return new History(log, ledger);
  }

  async take(step: Step): Promise<void> {
    const { merchants, cards } = this.ledger.ledger;
    switch (step.does) {
      case 'together':
        await Promise.all(step.all.map((each) => this.send(each)));
        return;
      case 'wait':
        this.ledger.clock.set(this.ledger.clock.now() + step.hours * HOUR_MS);
        return;
      case 'close-due':
        return this.ledger.closeDue();
      case 'restart':
        await this.ledger.close();
        await this.reopen();
        return;
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
      case 'close':
      case 'day-close':
        return this.send(step);
    }
  }

  private async send(step: Sent): Promise<void> {
    const sending = this.sendingOf(step);
    if (!sending) return;
    const outcome = await this.ledger.send(sending);
    if (sending.op === 'sale' && 'answer' in outcome) this.saleIds.push(requestName(sending));
    this.answered.push({ sending, outcome });
  }

  private sendingOf(step: Sent): Sending | undefined {
    switch (step.does) {
      case 'repeat':
        return this.answered[step.which % Math.max(this.answered.length, 1)]?.sending;
      case 'sale': {
        const { amount, currency, card } = step;
        const token = { token: card, last4: '4242' };
        return { op: 'sale', ...this.nameOf(step), amount, currency, card: token };
      }
      case 'back': {
        const { op, amount, ifMatch, isStranger, isUnknown } = step;
        const saleId = isUnknown ? NO_SALE : this.saleId(step.target);
        const [owner = 'M1'] = saleId.split('.');
        const merchantId = isStranger ? shop(step) : owner;
        return {
          op,
          ...this.nameOf(step),
          merchantId,
          saleId,
          reason: 'wrong size',
          ...(amount !== undefined && { amount }),
          ...(ifMatch !== undefined && { ifMatch }),
        };
      }
      case 'settle':
        return { op: 'settle', saleId: this.saleId(step.target) };
      case 'close': {
        const { merchantId, terminalId, batchNo } = this.nameOf({ ...step, stan: 1 });
        const nothing = { saleCount: 0, voidCount: 0, refundCount: 0 };
        const totals = { ...nothing, saleAmount: '0', voidAmount: '0', refundAmount: '0' };
        const sends = step.sends === 'totals' && { totals };
        return { op: 'close', merchantId, terminalId, batchNo, ...sends };
      }
      case 'day-close': {
        const { store } = step;
        const of = store === undefined ? {} : { storeId: store };
        return { op: 'day-close', merchantId: shop(step), ...of };
      }
    }
  }

  /** Batch numbers go on with the days, so that most requests find a batch of their date. */
  private nameOf(step: { merchant: number; terminal: number; batch: number; stan: number }) {
    const day = Math.floor((this.ledger.clock.now() - Date.parse(SALE_TIME)) / (24 * HOUR_MS));
    const batch = Math.max(0, day) * 2 + step.batch;
    return {
      merchantId: shop(step),
      terminalId: `T${step.terminal}`,
      batchNo: String(batch).padStart(6, '0'),
      stan: String(step.stan).padStart(6, '0'),
    };
  }

  private saleId(target: number): string {
    return this.saleIds[target % Math.max(this.saleIds.length, 1)] ?? NO_SALE;
  }

  private async repeatAlone(which: number): Promise<void> {
    const earlier = this.answered[which % Math.max(this.answered.length, 1)];
    if (earlier && isFinal(earlier)) await this.expectSame(earlier);
  }

  /** The repeat of a request gets the same answer and writes nothing. */
  private async expectSame({ sending, outcome }: (typeof this.answered)[number]): Promise<void> {
    const head = await this.ledger.store.head();
    expect(await this.ledger.send(sending)).toEqual({ ...outcome, replayed: true });
    expect(await this.ledger.store.head()).toBe(head);
  }

  private async reopen(): Promise<void> {
    const now = this.ledger.clock.now();
    this.ledger = await TestLedger.open(this.log, { viewsDir: this.ledger.viewsDir });
    this.ledger.clock.set(now);
  }

  /** What must hold now, however it came to this. */
  async expectTrue(): Promise<void> {
    await expectInvariants(this.ledger);
    expectKept(await this.ledger.log(), 'M2', LIMITS);
    for (const each of this.answered) if (isFinal(each)) await this.expectSame(each);
    this.ledger.clock.set(this.ledger.clock.now() + 48 * HOUR_MS);
    await this.ledger.closeDue();
    await expectInvariants(this.ledger);
    expect(this.ledger.views.batches.live()).toEqual([]);
  }

  async end(): Promise<void> {
    await this.ledger.close();
    removeFolder(this.ledger.viewsDir);
    this.log.remove();
  }
}

function shop({ merchant }: { readonly merchant: number }): string {
  return SHOPS[merchant] ?? 'M1';
}

/** Whether an answer is for good: what was not written down may be decided anew. */
function isFinal({
  sending,
  outcome,
}: {
  readonly sending: Sending;
  readonly outcome: Outcome<unknown>;
}): boolean {
  if (sending.op === 'close' || sending.op === 'day-close') return false;
  if ('answer' in outcome) return true;
  return outcome.position !== undefined;
}

/** Histories of random commands, some of them at the same moment, on the ledger as it is composed. */
export function generatedHistories(name: string, newLog: NewLog): void {
  test(`whatever is sent in whatever order, the books, the batches and the lists agree (${name})`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: 50, size: 'max' }),
        async (steps) => {
          const history = await History.begin(newLog());
          try {
            for (const each of steps) await history.take(each);
            await history.expectTrue();
          } finally {
            await history.end();
          }
        },
      ),
      { numRuns: RUNS },
    );
  });
}
