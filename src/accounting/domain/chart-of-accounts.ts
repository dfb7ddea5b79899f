/** Assets and expenses grow by debits, liabilities and revenue by credits. */
export type AccountKind = 'asset' | 'liability' | 'revenue' | 'expense';

/** Every account there is. Each is kept per merchant and currency. */
export const CHART_OF_ACCOUNTS = {
  acquirer_receivable: 'asset',
  settlement_bank: 'asset',
  merchant_pending: 'liability',
  /** Below zero the merchant owes. */
  merchant_available: 'liability',
  merchant_reserve: 'liability',
  refund_payable: 'liability',
  payout_in_transit: 'liability',
  mdr_revenue: 'revenue',
  chargeback_fee: 'revenue',
  scheme_cost: 'expense',
  bad_debt: 'expense',
} as const satisfies Record<string, AccountKind>;

export type Account = keyof typeof CHART_OF_ACCOUNTS;

export const ACCOUNTS = Object.keys(CHART_OF_ACCOUNTS) as Account[];

/** What was debited and credited, in minor units of one currency. */
export interface Turnover {
  readonly debit: bigint;
  readonly credit: bigint;
}

/** What an account holds, counted on the side on which its kind grows; below zero it stands on the other. */
export function balanceOf(account: Account, { debit, credit }: Turnover): bigint {
  switch (CHART_OF_ACCOUNTS[account]) {
    case 'asset':
    case 'expense':
      return debit - credit;
    case 'liability':
    case 'revenue':
      return credit - debit;
  }
}

/** The other way round: a balance as it stands in a trial balance, on one side and zero on the other. */
export function sidesOf(account: Account, balance: bigint): Turnover {
  const kind = CHART_OF_ACCOUNTS[account];
  const debit = kind === 'asset' || kind === 'expense' ? balance : -balance;
  return debit > 0n ? { debit, credit: 0n } : { debit: 0n, credit: -debit };
}
