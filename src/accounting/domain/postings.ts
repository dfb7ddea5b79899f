import type { LedgerEvent } from '../../ledger/domain/ledger-event.js';
import type { SettledData } from '../../sales/domain/sale.events.js';

/** The chart of accounts. A asset, L liability, R revenue: each is kept per merchant and currency. */
export const ACCOUNTS = {
  acquirer_receivable: 'A',
  merchant_pending: 'L',
  merchant_available: 'L',
  merchant_reserve: 'L',
  refund_payable: 'L',
  mdr_revenue: 'R',
} as const;

export type Account = keyof typeof ACCOUNTS;

/** One line of a posting, in minor units: what is debited to the account, or (below zero) credited. */
export interface Line {
  readonly account: Account;
  readonly debit: bigint;
}

/** What one event does to one merchant's books in one currency. Its lines add up to zero. */
export interface Posting {
  readonly merchantId: string;
  readonly currency: string;
  readonly lines: readonly Line[];
}

type Amount = number | bigint | string;

/** @throws Error when debits and credits differ: no event may ever do that */
export function posting(
  merchantId: string,
  currency: string,
  debits: Partial<Record<Account, Amount>>,
  credits: Partial<Record<Account, Amount>>,
): Posting {
  const lines = [...side(debits, 1n), ...side(credits, -1n)].filter(({ debit }) => debit !== 0n);
  const sum = lines.reduce((total, { debit }) => total + debit, 0n);
  if (sum !== 0n)
    throw new Error(`a posting for ${merchantId} is ${sum} ${currency} out of balance`);
  return { merchantId, currency, lines };
}

function side(amounts: Partial<Record<Account, Amount>>, sign: bigint): Line[] {
  return Object.entries(amounts).map(([account, amount]) => ({
    account: account as Account,
    debit: sign * BigInt(amount),
  }));
}

/** The postings of an event, by the table of docs/domain.md: a function of the event alone. */
export function postingsOf(event: LedgerEvent): Posting[] {
  switch (event.type) {
    case 'Sale': {
      const { merchantId, currency, amount } = event.data;
      return [
        posting(
          merchantId,
          currency,
          { acquirer_receivable: amount },
          { merchant_pending: amount },
        ),
      ];
    }
    case 'Void': {
      const { merchantId, currency, amount } = event.data;
      return [
        posting(
          merchantId,
          currency,
          { merchant_pending: amount },
          { acquirer_receivable: amount },
        ),
      ];
    }
    case 'Refund': {
      const { merchantId, currency, amount, afterSettlement, feeReturned } = event.data;
      const from = afterSettlement ? 'merchant_available' : 'merchant_pending';
      return [
        posting(merchantId, currency, { [from]: amount }, { refund_payable: amount }),
        posting(
          merchantId,
          currency,
          { mdr_revenue: feeReturned },
          { merchant_available: feeReturned },
        ),
      ];
    }
    case 'Settled':
      return [settled(event.data)];
    case 'BatchClosed':
      return event.data.refunds.map(({ currency, amount }) =>
        posting(
          event.data.merchantId,
          currency,
          { refund_payable: amount },
          { acquirer_receivable: amount },
        ),
      );
    case 'RequestTaken':
    case 'Refused':
    case 'BatchCloseRequested':
    case 'BatchReconciled':
    case 'MerchantRegistered':
    case 'MerchantPolicyChanged':
    case 'TerminalAssigned':
    case 'RightFrozen':
    case 'RightRestored':
    case 'CardReported':
    case 'CardRestored':
      return [];
  }
}

function settled(data: SettledData): Posting {
  const { merchantId, currency, gross, voided, refunded, fee, reserve, net } = data;
  return posting(
    merchantId,
    currency,
    { merchant_pending: gross - voided - refunded },
    { merchant_available: net, merchant_reserve: reserve, mdr_revenue: fee },
  );
}
