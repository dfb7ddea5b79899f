import { postingsOf } from '../accounting/domain/postings.js';
import type { Projection } from './projection.js';

const TABLE = `
  CREATE TABLE accounts (
    merchantId TEXT NOT NULL, currency TEXT NOT NULL, account TEXT NOT NULL,
    debit INTEGER NOT NULL, credit INTEGER NOT NULL, PRIMARY KEY (merchantId, currency, account)
  ) STRICT, WITHOUT ROWID;
`;

/** What was debited and credited to each account of each merchant, from the postings and nothing else. */
export const balancesProjection: Projection = {
  name: 'balances',
  version: 1,
  tables: { accounts: TABLE },
  open: (database) => {
    const add = database.prepare(
      `INSERT INTO accounts VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET debit = debit + excluded.debit, credit = credit + excluded.credit`,
    );
    return (events) => {
      const sums = new Map<string, { key: readonly string[]; debit: bigint; credit: bigint }>();
      for (const { merchantId, currency, lines } of events.flatMap(({ event }) =>
        postingsOf(event),
      )) {
        for (const { account, debit } of lines) {
          const name = `${merchantId} ${currency} ${account}`;
          let sum = sums.get(name);
          if (!sum)
            sums.set(name, (sum = { key: [merchantId, currency, account], debit: 0n, credit: 0n }));
          if (debit > 0n) sum.debit += debit;
          else sum.credit -= debit;
        }
      }
      for (const { key, debit, credit } of sums.values()) add.run(...key, debit, credit);
    };
  },
};
