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
