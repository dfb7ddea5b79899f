import type { Account } from '../accounting/domain/chart-of-accounts.js';
import { type Posting, postingsOf } from '../accounting/domain/postings.js';
import type { Projection } from './projection.js';

const ACCOUNTS = `
  CREATE TABLE accounts (
    merchantId TEXT NOT NULL, currency TEXT NOT NULL, account TEXT NOT NULL,
    debit INTEGER NOT NULL, credit INTEGER NOT NULL, PRIMARY KEY (merchantId, currency, account)
  ) STRICT, WITHOUT ROWID;
`;

/** What was debited and credited to each account of each merchant, from the postings and nothing else. */
export const balancesProjection: Projection = {
  name: 'balances',
  version: 1,
  tables: { accounts: ACCOUNTS },
  open: (database) => {
    const add = database.prepare<[string, string, Account, bigint, bigint]>(
      `INSERT INTO accounts VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET debit = debit + excluded.debit, credit = credit + excluded.credit`,
    );
    return (events) => {
      const sums = new Sums();
      for (const { event } of events) for (const posting of postingsOf(event)) sums.add(posting);
      for (const { merchantId, currency, account, debit, credit } of sums.all()) {
        add.run(merchantId, currency, account, debit, credit);
      }
    };
  },
};

interface Sum {
  readonly merchantId: string;
  readonly currency: string;
  readonly account: Account;
  debit: bigint;
  credit: bigint;
}

/** What some postings come to: each account is written once, however many of them touch it. */
class Sums {
  private readonly sums = new Map<string, Sum>();

  add({ merchantId, currency, lines }: Posting): void {
    for (const { account, debit, credit } of lines) {
      const key = `${merchantId} ${currency} ${account}`;
      let sum = this.sums.get(key);
      if (!sum) {
        sum = { merchantId, currency, account, debit: 0n, credit: 0n };
        this.sums.set(key, sum);
      }
      sum.debit += debit;
      sum.credit += credit;
    }
  }

  all(): Iterable<Sum> {
    return this.sums.values();
  }
}
