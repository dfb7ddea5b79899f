import { requestName } from '../ledger/domain/request-name.js';
import type { News } from '../ledger/news.js';
import type { RecentSale } from '../projections/sales.view.js';
import { ViewDamagedError } from '../projections/file-faults.js';
import { ViewBehindError } from '../projections/progress.js';
import type { Views } from '../projections/views.js';
import type { SaleCommand } from './domain/decide.js';

/** A second swipe comes soon, or it is another purchase [S2]. */
const WITHIN_MS = 5 * 60_000;

/** Swipes of one half of the window that are remembered at the most. */
const CAPACITY = 50_000;

/** What other nodes have taken is looked up in the views so often at the most. */
const LOOK_EVERY_MS = 500;

/** Times are epoch milliseconds. */
interface Swipe {
  readonly saleId: string;
  /** When the card was swiped, as far as that is known. */
  readonly at: number;
  readonly takenAt: number;
  /** The sale that it may repeat. */
  readonly repeats?: string;
  /** The one before it, until this one is taken. */
  before?: Swipe | undefined;
  isRefused?: boolean;
}

/** What a sale may repeat by mistake, and itself, unless it was seen before. */
export interface Seen {
  readonly repeats?: string | undefined;
  readonly swipe?: Swipe;
}

/**
 * The sales of the last minutes by terminal, card and amount: in memory, since a warning must not cost each sale a read.
 * What was taken before the start, or is taken by other nodes, is learned from the view of sales, as far as that is.
 */
export class RecentSwipes {
  private young = new Map<string, Swipe>();
  private old = new Map<string, Swipe>();
  private turnedAt = -Infinity;
  /** Position of the last sale that the view had when it was looked at, and when that was. */
  private lookedTo = 0;
  private lookedAt = -Infinity;

  constructor(
    private readonly views: Views,
    private readonly news: News,
  ) {}

  /**
   * The sale that this one may repeat by mistake, if that was paid. Remembers this one, as what is on its way to the log
   * counts; `decided` tells what became of it. `now` in epoch milliseconds.
   */
  seen(sale: SaleCommand, now: number): Seen {
    if (this.isBehind()) this.look(now);
    const at = sale.transactedAt === undefined ? now : Date.parse(sale.transactedAt);
    const key = keyOf(sale, sale.card.token);
    const saleId = requestName(sale);
    const before = this.last(key);
    // Sent again, as where the store was away: what it repeats stays.
    if (before?.saleId === saleId) return { repeats: before.repeats };
    const isSoon = before && Math.abs(at - before.at) < WITHIN_MS;
    const repeats = isSoon ? before.saleId : undefined;
    const swipe = { saleId, at, takenAt: now, before, ...(repeats && { repeats }) };
    this.remember(key, swipe, now);
    return { repeats, swipe };
  }

  /** Of a swipe that was no new sale nothing is remembered. */
  decided({ swipe }: Seen, isTaken: boolean): void {
    if (!swipe) return;
    if (isTaken) swipe.before = undefined;
    else swipe.isRefused = true;
  }

  private last(key: string): Swipe | undefined {
    let swipe = this.young.get(key) ?? this.old.get(key);
    while (swipe?.isRefused) swipe = swipe.before;
    return swipe;
  }

  /** Where no other process writes, there is nothing to learn but what was there at the start. */
  private isBehind(): boolean {
    if (this.lookedAt === -Infinity) return true;
    return this.news.isNeeded && performance.now() - this.lookedAt > LOOK_EVERY_MS;
  }

  /** A view that is damaged, or not yet built, costs the warning, not the sale. */
  private look(now: number): void {
    try {
      this.learn(now);
    } catch (error) {
      if (error instanceof ViewBehindError) return;
      if (!(error instanceof ViewDamagedError)) throw error;
    }
    this.lookedAt = performance.now();
  }

  private learn(now: number): void {
    const behind = this.lookedTo;
    for (const sale of this.views.sales.newest(behind, CAPACITY)) {
      this.lookedTo = Math.max(this.lookedTo, sale.position);
      const takenAt = Date.parse(sale.occurredAt);
      if (takenAt < now - WITHIN_MS) break;
      const key = keyOf(sale, sale.cardToken);
      const known = this.last(key);
      // Of its own sales this node knows more than the view.
      if (known && known.takenAt >= takenAt) continue;
      this.remember(key, { saleId: sale.saleId, at: takenAt, takenAt }, now);
    }
  }

  private remember(key: string, swipe: Swipe, now: number): void {
    if (Math.abs(now - this.turnedAt) >= WITHIN_MS || this.young.size >= CAPACITY) {
      this.old = this.young;
      this.young = new Map();
      this.turnedAt = now;
    }
    this.young.set(key, swipe);
  }
}

type Swiped = Pick<RecentSale, 'merchantId' | 'terminalId' | 'amount' | 'currency'>;

function keyOf({ merchantId, terminalId, amount, currency }: Swiped, cardToken: string): string {
  return `${merchantId} ${terminalId} ${cardToken} ${amount} ${currency}`;
}
