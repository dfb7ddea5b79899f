import { keptIn } from '../../ledger/domain/kept-in.js';
import { type Account, type AccountKind, CHART_OF_ACCOUNTS } from './chart-of-accounts.js';
import type { Posting } from './posting.js';

/** One account of one merchant in one currency. */
export interface BookAccount {
  readonly account: Account;
  readonly merchantId: string;
  readonly currency: string;
}

/** What posted journals come to: debits less credits by account, exact. */
export class Balances {
  /** By merchant and currency, then by account. */
  private readonly books = new Map<string, Map<Account, BookAccount & { sum: bigint }>>();

  add({ merchantId, currency, lines }: Posting): void {
    const name = `${merchantId} ${currency}`;
    const book = keptIn(this.books, name, () => new Map());
    for (const { account, debit, credit } of lines) {
      let held = book.get(account);
      if (!held) book.set(account, (held = { account, merchantId, currency, sum: 0n }));
      held.sum += debit - credit;
    }
  }

  /** Of one account; zero where nothing was posted to it. */
  of({ account, merchantId, currency }: BookAccount): bigint {
    return this.books.get(`${merchantId} ${currency}`)?.get(account)?.sum ?? 0n;
  }

  /** By account, merchant and currency. */
  all(): (BookAccount & { readonly sum: bigint })[] {
    const key = ({ account, merchantId, currency }: BookAccount): string =>
      `${account} ${merchantId} ${currency}`;
    return [...this.books.values()]
      .flatMap((book) => [...book.values()])
      .sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }
}

/** The account's kind, account and merchant: the path that both journal formats are given. */
export function pathOf({
  account,
  merchantId,
}: BookAccount): readonly [AccountKind, Account, string] {
  return [CHART_OF_ACCOUNTS[account], account, merchantId];
}
