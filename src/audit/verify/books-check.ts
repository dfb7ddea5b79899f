import type { Account } from '../../accounting/domain/chart-of-accounts.js';
import { Balances } from '../../accounting/domain/entries.js';
import { postingsOf } from '../../accounting/domain/postings.js';
import type { LedgerEvent } from '../../ledger/domain/ledger-event.js';
import { remaining, type Sale } from '../../sales/domain/sale.js';
import type { Finding } from './judge.js';

/** Money that is held for someone: it can't be less than none. */
const HELD: ReadonlySet<Account> = new Set([
  'merchant_pending',
  'merchant_reserve',
  'payout_in_transit',
]);

/** The books that follow from the log, held against what its sales say. */
export class BooksCheck {
  private readonly balances = new Balances();
  /** What is left of unsettled sales, by merchant and currency. */
  private readonly pending = new Map<string, bigint>();

  post(event: LedgerEvent): Finding | undefined {
    try {
      for (const posting of postingsOf(event)) this.balances.add(posting);
      return undefined;
    } catch (error) {
      return { code: 'books', detail: (error as Error).message };
    }
  }

  /** A sale as an event found it and left it. */
  changed(before: Sale | undefined, after: Sale): void {
    const { merchantId, currency } = after.data;
    const key = `${merchantId} ${currency}`;
    const more = BigInt(pendingOf(after) - (before ? pendingOf(before) : 0));
    if (more !== 0n) this.pending.set(key, (this.pending.get(key) ?? 0n) + more);
  }

  /** What does not come out at the end of the log. */
  *end(): Generator<Finding> {
    const totals = new Map<string, bigint>();
    for (const { account, merchantId, currency, sum } of this.balances.all()) {
      totals.set(currency, (totals.get(currency) ?? 0n) + sum);
      const key = `${merchantId} ${currency}`;
      if (account === 'merchant_pending') {
        const left = this.pending.get(key) ?? 0n;
        this.pending.delete(key);
        if (-sum !== left)
          yield books(`${key}: ${-sum} is pending, and ${left} is left of its sales`);
      } else if (HELD.has(account) && sum > 0n) {
        yield books(`${key}: ${account} has ${sum} less than nothing`);
      }
    }
    for (const [key, left] of this.pending) {
      if (left !== 0n) yield books(`${key}: nothing is pending, and ${left} is left of its sales`);
    }
    for (const [currency, sum] of totals) {
      if (sum !== 0n) yield books(`${currency}: debits and credits differ by ${sum}`);
    }
  }
}

function pendingOf(sale: Sale): number {
  return sale.settlement ? 0 : remaining(sale);
}

function books(detail: string): Finding {
  return { code: 'books', detail };
}
