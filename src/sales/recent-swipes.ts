import { requestName } from '../ledger/domain/request-name.js';
import type { TakeSale } from './sales.commands.js';

/** A second swipe comes soon, or it is another purchase [S2]. */
const WITHIN_MS = 5 * 60_000;

/** Swipes of one half of the window that are remembered at the most. */
const CAPACITY = 50_000;

interface Swipe {
  readonly saleId: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/**
 * The sales that this process took lately, by terminal, card and amount: in memory alone, since a warning must not cost
 * the sale a read. Right after a start, and of sales that another node took, it knows nothing.
 */
export class RecentSwipes {
  private young = new Map<string, Swipe>();
  private old = new Map<string, Swipe>();
  private turnedAt = -Infinity;

  /** The sale that this one may repeat by mistake. Remembers this one. `now` in epoch milliseconds. */
  seen(sale: TakeSale, now: number): string | undefined {
    const at = sale.transactedAt === undefined ? now : Date.parse(sale.transactedAt);
    const { merchantId, terminalId, card, amount, currency } = sale;
    const key = `${merchantId} ${terminalId} ${card.token} ${amount} ${currency}`;
    const saleId = requestName(sale);
    const before = this.young.get(key) ?? this.old.get(key);
    this.remember(key, { saleId, at }, now);
    const isSoon = before && Math.abs(at - before.at) < WITHIN_MS;
    return isSoon && before.saleId !== saleId ? before.saleId : undefined;
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
