import type Database from 'better-sqlite3';
import type { Account } from '../accounting/domain/postings.js';

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
  /** Sent to the bank, and paid: nothing as long as no event pays out. */
  readonly inTransit: 0n;
  readonly paidOut: 0n;
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

  /** One balance for each currency the merchant has traded in. */
  of(merchantId: string): Balance[] {
    const sums = this.ofMerchant.all(merchantId);
    const currencies = [...new Set(sums.map(({ currency }) => currency))].sort();
    return currencies.map((currency) => {
      const credit = (account: Account): bigint => {
        const sum = sums.find((one) => one.currency === currency && one.account === account);
        return sum ? sum.credit - sum.debit : 0n;
      };
      const available = credit('merchant_available');
      return {
        currency,
        pending: credit('merchant_pending'),
        available: available > 0n ? available : 0n,
        receivable: available < 0n ? -available : 0n,
        reserve: credit('merchant_reserve'),
        inTransit: 0n,
        paidOut: 0n,
      };
    });
  }

  all(): AccountSum[] {
    return this.everything.all();
  }
}
