import type { LedgerEvent } from '../../ledger/domain/ledger-event.js';
import type { SettledData } from '../../sales/domain/sale.events.js';
import type { Account, Turnover } from './chart-of-accounts.js';

/** One account's part in a posting, in minor units: either side is zero or more. */
export interface Line extends Turnover {
  readonly account: Account;
}

/** What one event does to one merchant's books in one currency. Only `posting` makes them: debits equal credits. */
export type Posting = {
  readonly merchantId: string;
  readonly currency: string;
  readonly lines: readonly Line[];
} & { readonly unit: 'posting' };

/** Amounts by account; those that may be beyond 2^53 are decimal texts. */
type Amounts = Partial<Record<Account, number | bigint | string>>;

/** The merchant and the currency whose books are meant. */
interface Books {
  readonly merchantId: string;
  readonly currency: string;
}

/**
 * A posting of these debits and credits. Amounts of zero give no line.
 * @throws RangeError when they do not net to zero, or when one is below zero
 */
export function posting(books: Books, debits: Amounts, credits: Amounts): Posting {
  const { merchantId, currency } = books;
  const lines: Line[] = [];
  let sum = 0n;
  for (const account in debits) {
    const debit = amountOf(debits, account as Account);
    sum += debit;
    if (debit > 0n) lines.push({ account: account as Account, debit, credit: 0n });
  }
  for (const account in credits) {
    const credit = amountOf(credits, account as Account);
    sum -= credit;
    if (credit > 0n) lines.push({ account: account as Account, debit: 0n, credit });
  }
  if (sum !== 0n) {
    throw new RangeError(`a posting for ${merchantId} is ${sum} ${currency} out of balance`);
  }
  return { merchantId, currency, lines } as unknown as Posting;
}

function amountOf(amounts: Amounts, account: Account): bigint {
  const amount = BigInt(amounts[account] ?? 0);
  if (amount < 0n) throw new RangeError(`${account} can't take ${amount}: use its other side`);
  return amount;
}

/** The postings of an event, by the table of docs/domain.md: a function of the event alone. */
export function postingsOf(event: LedgerEvent): Posting[] {
  switch (event.type) {
    case 'Sale': {
      const { amount } = event.data;
      return [posting(event.data, { acquirer_receivable: amount }, { merchant_pending: amount })];
    }
    case 'Void': {
      const { amount } = event.data;
      return [posting(event.data, { merchant_pending: amount }, { acquirer_receivable: amount })];
    }
    case 'Refund':
      return refunded(event);
    case 'Settled':
      return [settled(event.data)];
    case 'BatchClosed': {
      const { merchantId, refunds } = event.data;
      return refunds.map(({ currency, amount }) =>
        posting(
          { merchantId, currency },
          { refund_payable: amount },
          { acquirer_receivable: amount },
        ),
      );
    }
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

/** An unsettled sale's refund draws on its own pending money; the fee comes back only with a settled one's. */
function refunded({ data }: LedgerEvent & { readonly type: 'Refund' }): Posting[] {
  const { amount, afterSettlement, feeReturned } = data;
  const from = afterSettlement ? 'merchant_available' : 'merchant_pending';
  const refund = posting(data, { [from]: amount }, { refund_payable: amount });
  if (feeReturned === 0) return [refund];
  const fee = posting(data, { mdr_revenue: feeReturned }, { merchant_available: feeReturned });
  return [refund, fee];
}

function settled(data: SettledData): Posting {
  const { gross, voided, refunded, fee, reserve, net } = data;
  return posting(
    data,
    { merchant_pending: gross - voided - refunded },
    { merchant_available: net, merchant_reserve: reserve, mdr_revenue: fee },
  );
}
