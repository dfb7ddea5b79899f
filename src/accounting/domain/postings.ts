import type { LedgerEvent } from '../../ledger/domain/ledger-event.js';
import { batchName } from '../../ledger/domain/request-name.js';
import type { ReversalData, SettledData } from '../../sales/domain/sale.events.js';
import type { Account, Turnover } from './chart-of-accounts.js';

/** One account's part in a posting, in minor units: either side is zero or more. */
export interface Line extends Turnover {
  readonly account: Account;
}

/** What a posting is about, as statements name it. */
export type PostingKind =
  'sale' | 'void' | 'refund' | 'reversal' | 'fee-return' | 'settlement' | 'refunds-cleared';

/** Whose books a posting goes to, for which day, and what it belongs to. */
export interface Entry {
  readonly kind: PostingKind;
  readonly merchantId: string;
  readonly currency: string;
  /** The business date it counts for. */
  readonly date: string;
  readonly saleId?: string;
  /** The request, batch, payout or other fact behind it, by name. */
  readonly reference: string;
}

/** What one event does to one merchant's books in one currency. Only `posting` makes them: debits equal credits. */
export type Posting = Entry & { readonly lines: readonly Line[] } & { readonly unit: 'posting' };

/** Amounts by account; those that may be beyond 2^53 are decimal texts. */
type Amounts = Partial<Record<Account, number | bigint | string>>;

/**
 * A posting of these debits and credits. Amounts of zero give no line.
 * @throws RangeError when they do not net to zero, or when one is below zero
 */
export function posting(entry: Entry, debits: Amounts, credits: Amounts): Posting {
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
    throw new RangeError(
      `a posting for ${entry.merchantId} is ${sum} ${entry.currency} out of balance`,
    );
  }
  return { ...entry, lines } as unknown as Posting;
}

function amountOf(amounts: Amounts, account: Account): bigint {
  const amount = BigInt(amounts[account] ?? 0);
  if (amount < 0n) throw new RangeError(`${account} can't take ${amount}: use its other side`);
  return amount;
}

/** The postings of an event, by the table of docs/books.md: a function of the event alone. */
export function postingsOf(event: LedgerEvent): Posting[] {
  switch (event.type) {
    case 'Sale': {
      const { amount, saleId } = event.data;
      return [saleTaken(entryOf('sale', event.data, saleId), amount)];
    }
    case 'Void': {
      const { amount, request } = event.data;
      return [saleUndone(entryOf('void', event.data, request), amount)];
    }
    case 'Refund':
      return refunded(event.data);
    case 'Settled':
      return [settled(event.data)];
    case 'Reversal':
      return undone(event.data);
    case 'BatchClosed': {
      const { refunds, ...batch } = event.data;
      return refunds.map(({ currency, amount }) =>
        posting(
          entryOf('refunds-cleared', { ...batch, currency }, batchName(batch)),
          { refund_payable: amount },
          { acquirer_receivable: amount },
        ),
      );
    }
    case 'RequestTaken':
    case 'Refused':
    case 'NothingToReverse':
    case 'BatchCloseRequested':
    case 'BatchReconciled':
    case 'MerchantRegistered':
    case 'MerchantPolicyChanged':
    case 'TerminalAssigned':
    case 'RightFrozen':
    case 'RightRestored':
    case 'SupervisorSet':
    case 'SupervisorLocked':
    case 'CardReported':
    case 'CardRestored':
    case 'KeyAdded':
    case 'KeyRevoked':
      return [];
  }
}

/** What an event that moves money says of where it belongs. */
interface Booked {
  readonly merchantId: string;
  readonly currency: string;
  readonly businessDate: string;
  readonly saleId?: string;
}

function entryOf(kind: PostingKind, data: Booked, reference: string): Entry {
  const { merchantId, currency, businessDate: date, saleId } = data;
  return {
    kind,
    merchantId,
    currency,
    date,
    reference,
    ...(saleId !== undefined && { saleId }),
  };
}

function saleTaken(entry: Entry, amount: number): Posting {
  return posting(entry, { acquirer_receivable: amount }, { merchant_pending: amount });
}

function saleUndone(entry: Entry, amount: number): Posting {
  return posting(entry, { merchant_pending: amount }, { acquirer_receivable: amount });
}

type Refunded = Booked & {
  readonly request: string;
  readonly amount: number;
  readonly afterSettlement: boolean;
  readonly feeReturned: number;
};

/** An unsettled sale's refund draws on its own pending money; the fee comes back only with a settled one's. */
function refunded(data: Refunded): Posting[] {
  const { amount, afterSettlement, feeReturned, request } = data;
  const from = afterSettlement ? 'merchant_available' : 'merchant_pending';
  const refund = posting(
    entryOf('refund', data, request),
    { [from]: amount },
    { refund_payable: amount },
  );
  if (feeReturned === 0) return [refund];
  const fee = posting(
    entryOf('fee-return', data, request),
    { mdr_revenue: feeReturned },
    { merchant_available: feeReturned },
  );
  return [refund, fee];
}

/** The mirror of what a reversal undoes. */
function undone(data: ReversalData): Posting[] {
  switch (data.undone) {
    case 'nothing':
      return [];
    case 'sale':
      return [saleUndone(entryOf('reversal', data, data.request), data.amount)];
    case 'void':
      return [saleTaken(entryOf('reversal', data, data.request), data.amount)];
    case 'refund':
      return refunded(data).map(mirrored);
  }
}

function mirrored({ lines, ...entry }: Posting): Posting {
  const turned = lines.map(({ account, debit, credit }) => ({
    account,
    debit: credit,
    credit: debit,
  }));
  return { ...entry, kind: 'reversal', lines: turned } as unknown as Posting;
}

function settled(data: SettledData): Posting {
  const { gross, voided, refunded, fee, reserve, net } = data;
  return posting(
    entryOf('settlement', data, batchName(data)),
    { merchant_pending: gross - voided - refunded },
    { merchant_available: net, merchant_reserve: reserve, mdr_revenue: fee },
  );
}
