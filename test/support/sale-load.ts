import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, HttpClient } from './http-client.js';
import type { Shop } from './shop.js';

/** Between two tries of a request that was not answered. */
const PATIENCE_MS = 250;

const AMOUNT = 1_000;

/**
 * Terminals that take sale after sale. Each sends the very same request again until it is told that the sale is
 * taken, as a terminal does that has no answer, or 503.
 */
export class SaleLoad {
  /** saleId by what the ledger acknowledged. */
  readonly taken = new Set<string>();
  /** How often each answer other than 201 was given, by status and response code. */
  readonly others = new Map<string, number>();
  /** Of the last 503 of each kind. */
  readonly refused = new Map<string, Answer>();
  private isStopping = false;
  private waiting: (() => void)[] = [];
  private readonly running: Promise<void>[];

  constructor(
    private readonly ledger: HttpClient,
    private readonly shop: Shop,
    terminals: number,
  ) {
    this.running = Array.from({ length: terminals }, () => this.sellOn());
  }

  get amount(): number {
    return this.taken.size * AMOUNT;
  }

  /** Resolves when so many more sales are taken. */
  async more(count: number): Promise<void> {
    const wanted = this.taken.size + count;
    while (this.taken.size < wanted) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** Seconds until the next sale is taken that was sent from now on. */
  async secondsToNext(): Promise<number> {
    const began = performance.now();
    const body = this.shop.saleBody({ amount: AMOUNT });
    await this.sellOne(body);
    return Number(((performance.now() - began) / 1_000).toFixed(1));
  }

  /** Resolves once every request that was begun has been taken. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.running);
  }

  private async sellOn(): Promise<void> {
    while (!this.isStopping) await this.sellOne(this.shop.saleBody({ amount: AMOUNT }));
  }

  private async sellOne(body: object): Promise<void> {
    for (;;) {
      const answer = await this.ledger.post('/v1/sales', body);
      if (answer.status === 201) {
        this.taken.add((answer.body as { saleId: string }).saleId);
        for (const wake of this.waiting.splice(0)) wake();
        return;
      }
      const { responseCode } = answer.body as { responseCode: string };
      const kind = `${answer.status} ${responseCode}`;
      this.others.set(kind, (this.others.get(kind) ?? 0) + 1);
      this.refused.set(kind, answer);
      if (answer.status !== 503) throw new Error(`a sale was answered ${answer.text}`);
      await pause(PATIENCE_MS);
    }
  }
}
