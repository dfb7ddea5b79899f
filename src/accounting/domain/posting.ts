import type { Account, Turnover } from './chart-of-accounts.js';

/** One account's part in a posting, in minor units: either side is zero or more. */
interface Line extends Turnover {
  readonly account: Account;
}

/** What a posting is about, as statements name it. */
export type PostingKind =
  | 'sale'
  | 'void'
  | 'refund'
  | 'reversal'
  | 'fee-return'
  | 'settlement'
  | 'refunds-cleared'
  | 'acquirer-payment'
  | 'payout'
  | 'payout-paid'
  | 'payout-returned'
  | 'reserve-release'
  | 'chargeback'
  | 'chargeback-won'
  | 'chargeback-fee'
  | 'chargeback-fee-return'
  | 'write-off';

/** Whose books a posting goes to, for which day, and what it belongs to. */
export interface Entry {
  readonly kind: PostingKind;
  readonly merchantId: string;
  readonly currency: string;
  /** The business date it counts for. */
  readonly date: string;
  readonly saleId?: string | undefined;
  /** The request, batch, payout or other fact behind it, by name. */
  readonly reference: string;
}

/** What one event does to one merchant's books in one currency. It is made here alone: debits equal credits. */
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
  const { kind, merchantId, currency, date, reference, saleId } = entry;
  // Field by field, as in `entryOf` of postings.ts: a spread with another field behind it costs more than the rest of a posting.
  return { kind, merchantId, currency, date, reference, saleId, lines } as unknown as Posting;
}

/** Takes it back: its debits are credits, and its credits debits. */
export function mirrored({ lines, ...entry }: Posting): Posting {
  const turned = lines.map(({ account, debit, credit }) => ({
    account,
    debit: credit,
    credit: debit,
  }));
  return { ...entry, kind: 'reversal', lines: turned } as unknown as Posting;
}

function amountOf(amounts: Amounts, account: Account): bigint {
  const amount = BigInt(amounts[account] ?? 0);
  if (amount < 0n) throw new RangeError(`${account} can't take ${amount}: use its other side`);
  return amount;
}
