import type { Ledger } from '../../src/compose-ledger.js';
import { minor } from '../../src/ledger/domain/money.js';
import { requestName } from '../../src/ledger/domain/request-name.js';
import type { GivenBackAnswer, Outcome, SaleTaken } from '../../src/sales/sales.commands.js';
import type { Dice, LossyNetwork } from './lossy-network.js';

/** Ticks that it waits for an answer before it takes the outcome as unknown. */
const PATIENCE = 4;

/** A reversal is repeated until it is answered; a network this bad is no network. */
const TRIES = 100;

type RequestNaming = Readonly<Record<'merchantId' | 'terminalId' | 'batchNo' | 'stan', string>>;

/** What became of a request, as the terminal knows it. */
export type Believed = 'done' | 'refused' | 'reversed' | 'never-arrived';

/** A sale in the terminal's own journal. */
export interface JournalSale {
  readonly saleId: string;
  readonly amount: number;
  stands: boolean;
  voided: number;
  refunded: number;
}

/** A terminal with a journal of its own that goes by the answers it gets, and reverses what gets none. */
export class SimulatedTerminal {
  readonly sales: JournalSale[] = [];
  readonly believed = new Map<string, Believed>();
  private stan = 0;

  constructor(
    readonly merchantId: string,
    readonly terminalId: string,
    private readonly ledger: Ledger,
    private readonly network: LossyNetwork,
    private readonly roll: Dice,
  ) {}

  readonly batchNo = '000001';

  /** A day's work: so many requests, of kinds and amounts that the dice decide. */
  async work(requests: number): Promise<void> {
    for (let done = 0; done < requests; done += 1) {
      const sale = this.pick();
      if (!sale || this.roll() < 0.5) await this.sell();
      else await this.giveBack(sale, this.roll() < 0.7 ? 'void' : 'refund');
    }
  }

  /** What it says its batch comes to. */
  totals() {
    const standing = this.sales.filter(({ stands }) => stands);
    return {
      saleCount: standing.length,
      saleAmount: String(sum(standing.map(({ amount }) => amount))),
      ...this.counted,
      voidAmount: String(sum(standing.map(({ voided }) => voided))),
      refundAmount: String(sum(standing.map(({ refunded }) => refunded))),
    };
  }

  private readonly counted = { voidCount: 0, refundCount: 0 };

  private pick(): JournalSale | undefined {
    const open = this.sales.filter((sale) => sale.stands && left(sale) > 0);
    return open[Math.floor(this.roll() * open.length)];
  }

  private amountUpTo(most: number): number {
    return this.roll() < 0.4 ? most : Math.ceil(this.roll() * most);
  }

  private async sell(): Promise<void> {
    const name = this.nextName();
    const amount = this.amountUpTo(100_000);
    const content = {
      ...name,
      amount: minor(amount),
      currency: 'CNY',
      card: { token: 'tok_1', last4: '0001' },
    };
    const answer = await this.ask<SaleTaken>(name, () =>
      this.ledger.sales.take(content, { content, by: this.actor }),
    );
    const stands = this.believed.get(requestName(name)) === 'done' && answer !== undefined;
    this.sales.push({ saleId: requestName(name), amount, stands, voided: 0, refunded: 0 });
  }

  private async giveBack(sale: JournalSale, asked: 'void' | 'refund'): Promise<void> {
    const name = this.nextName();
    const content = { ...name, amount: minor(this.amountUpTo(left(sale))), reason: 'mistaken' };
    const command = { ...content, asked, saleId: sale.saleId };
    const answer = await this.ask<GivenBackAnswer>(name, () =>
      this.ledger.giveBacks.giveBack(command, { content, by: this.actor }),
    );
    if (!answer) return;
    if (asked === 'void') sale.voided += answer.amount;
    else sale.refunded += answer.amount;
    this.counted[asked === 'void' ? 'voidCount' : 'refundCount'] += 1;
  }

  /** Sends a request and waits; without an answer it reverses the request, until that is answered. */
  private async ask<A>(name: RequestNaming, send: () => Promise<Outcome<A>>) {
    const outcome = await this.await(send);
    if (outcome) {
      this.believed.set(requestName(name), 'refusal' in outcome ? 'refused' : 'done');
      return 'refusal' in outcome ? undefined : outcome.answer;
    }
    const { batchNo, stan } = name;
    const content = { ...this.nextName(), original: { batchNo, stan } };
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const reversed = await this.await(() =>
        this.ledger.timeoutReversals.reverse(content, { content, by: this.actor }),
      );
      if (!reversed) continue;
      if ('refusal' in reversed) throw new Error(`not reversed: ${reversed.refusal.detail.en}`);
      const { outcome: found } = reversed.answer;
      this.believed.set(requestName(name), found === 'never-arrived' ? found : 'reversed');
      return undefined;
    }
    throw new Error('the network lets nothing through');
  }

  /** The first answer that comes while it waits. Later ones find nobody. */
  private async await<A>(send: () => Promise<A>): Promise<A | undefined> {
    let answer: A | undefined;
    let isWaiting = true;
    this.network.send(send, (received) => {
      if (isWaiting) answer ??= received;
    });
    for (let waited = 0; waited < PATIENCE && answer === undefined; waited += 1) {
      await this.network.tick();
    }
    isWaiting = false;
    return answer;
  }

  private get actor() {
    return { kind: 'terminal', id: `${this.merchantId}.${this.terminalId}` } as const;
  }

  private nextName(): RequestNaming {
    this.stan += 1;
    const { merchantId, terminalId, batchNo } = this;
    return { merchantId, terminalId, batchNo, stan: String(this.stan).padStart(6, '0') };
  }
}

/** What of a sale is neither voided nor refunded, as the terminal knows it. */
export function left({ amount, voided, refunded }: JournalSale): number {
  return amount - voided - refunded;
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
