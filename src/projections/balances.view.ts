import type Database from 'better-sqlite3';
import { type Account, balanceOf } from '../accounting/domain/chart-of-accounts.js';

/** What a merchant has, in minor units of one currency. */
export interface Balance {
  readonly currency: string;
  /** Taken from cardholders, not settled. */
  readonly pending: bigint;
  /** Settled and not paid out. */
  readonly available: bigint;
  /** What the merchant owes. */
  readonly receivable: bigint;
  readonly reserve: bigint;
  /** Sent to the merchant's bank and not yet there. */
  readonly inTransit: bigint;
  /** Nothing as long as no event pays out. */
  readonly paidOut: bigint;
}

/** One account of the books. */
export interface AccountSum {
  readonly merchantId: string;
  readonly currency: string;
  readonly account: Account;
  readonly debit: bigint;
  readonly credit: bigint;
}

/** Balances, from the postings and nothing else. */
export class BalancesView {
  private readonly ofMerchant: Database.Statement<[string], AccountSum>;
  private readonly everything: Database.Statement<[], AccountSum>;

  constructor(database: Database.Database) {
    this.ofMerchant = database
      .prepare<[string], AccountSum>('SELECT * FROM accounts WHERE merchantId = ?')
      .safeIntegers();
    this.everything = database
      .prepare<[], AccountSum>('SELECT * FROM accounts ORDER BY merchantId, currency, account')
      .safeIntegers();
  }

  /** One balance for each currency the merchant has traded in, in their alphabet. */
  of(merchantId: string): Balance[] {
    const sums = this.ofMerchant.all(merchantId);
    const currencies = [...new Set(sums.map(({ currency }) => currency))].sort();
    return currencies.map((currency) => {
      const mine = sums.filter((sum) => sum.currency === currency);
      return balance(currency, new Map(mine.map((sum) => [sum.account, sum])));
    });
  }

  /** Every account that was ever posted to, sorted by merchant, currency and name. */
  all(): AccountSum[] {
    return this.everything.all();
  }
}

function balance(currency: string, sums: ReadonlyMap<Account, AccountSum>): Balance {
  const held = (account: Account): bigint => {
    const sum = sums.get(account);
    return sum ? balanceOf(account, sum) : 0n;
  };
  const available = held('merchant_available');
  return {
    currency,
    pending: held('merchant_pending'),
    available: available > 0n ? available : 0n,
    receivable: available < 0n ? -available : 0n,
    reserve: held('merchant_reserve'),
    inTransit: held('payout_in_transit'),
    paidOut: 0n,
  };
}
