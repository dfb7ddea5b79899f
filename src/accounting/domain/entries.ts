import { type Account, CHART_OF_ACCOUNTS } from './chart-of-accounts.js';
import type { Posting } from './postings.js';

/** What stands on one account of one merchant in one currency, as other people's software names it. */
export interface BookAccount {
  readonly account: Account;
  readonly merchantId: string;
  readonly currency: string;
}

/** What posted journals come to: debits less credits by account, exact. */
export class Balances {
  private readonly sums = new Map<string, BookAccount & { sum: bigint }>();

  add({ merchantId, currency, lines }: Posting): void {
    for (const { account, debit, credit } of lines) {
      const key = `${account} ${merchantId} ${currency}`;
      let held = this.sums.get(key);
      if (!held) {
        held = { account, merchantId, currency, sum: 0n };
        this.sums.set(key, held);
      }
      held.sum += debit - credit;
    }
  }

  /** By account, merchant and currency. */
  all(): (BookAccount & { readonly sum: bigint })[] {
    return [...this.sums.keys()]
      .sort()
      .map((key) => this.sums.get(key) as BookAccount & { sum: bigint });
  }
}

/** The account's kind, account and merchant: the path that both journal formats are given. */
export function pathOf({ account, merchantId }: BookAccount): readonly [string, string, string] {
  return [CHART_OF_ACCOUNTS[account], account, merchantId];
}
