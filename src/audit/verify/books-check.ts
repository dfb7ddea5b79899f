import type { Account } from '../../accounting/domain/chart-of-accounts.js';
import { Balances } from '../../accounting/domain/entries.js';
import type { Posting } from '../../accounting/domain/posting.js';
import { postingsOf } from '../../accounting/domain/postings.js';
import { keptIn } from '../../ledger/domain/kept-in.js';
import type { LedgerEvent } from '../../ledger/domain/ledger-event.js';
import type { BookName } from '../../projections/payouts.view.js';
import { remaining, type Sale } from '../../sales/domain/sale.js';
import type { Finding } from './judge.js';
import { Peaks } from './peaks.js';

/** Money that is held for someone: it can't be less than none. */
const HELD: ReadonlySet<Account> = new Set([
  'merchant_pending',
  'merchant_reserve',
  'payout_in_transit',
]);

/** How much was available lately, and how much was owed. */
interface BookPeaks {
  readonly available: Peaks;
  readonly owed: Peaks;
}

/** The books that follow from the log, held against what its sales say. */
export class BooksCheck {
  private readonly balances = new Balances();
  /** What is left of unsettled sales, by merchant and currency. */
  private readonly pending = new Map<string, bigint>();
  private readonly peaks = new Map<string, BookPeaks>();

  /** `at`: when it was recorded, epoch milliseconds. */
  post(event: LedgerEvent, at: number): Finding | undefined {
    try {
      const postings = postingsOf(event);
      const book = postings.find(movesAvailable);
      const before = book ? this.available(book) : 0n;
      for (const posting of postings) this.balances.add(posting);
      if (book) this.remember(book, before, at);
      // The next payout is numbered behind this one, and the next write-off stands behind this one: whoever decides it has seen it.
      if (book && event.type === 'PayoutSent') this.peaksOf(book).available.clear();
      if (book && event.type === 'WrittenOff') this.peaksOf(book).owed.clear();
      return undefined;
    } catch (error) {
      return { code: 'books', detail: (error as Error).message };
    }
  }

  /** The most that whoever decided something that was recorded then may have seen available; below zero it is owed. */
  mostAvailable(book: BookName, at: number): bigint {
    return this.peaksOf(book).available.largest(this.available(book), at);
  }

  /** The most that the merchant may have been seen to owe, likewise. */
  mostOwed(book: BookName, at: number): bigint {
    return this.peaksOf(book).owed.largest(owedOf(this.available(book)), at);
  }

  /** A sale as an event found it and left it. */
  changed(before: Sale | undefined, after: Sale): void {
    const more = pendingOf(after) - (before ? pendingOf(before) : 0);
    if (more === 0) return;
    const { merchantId, currency } = after.data;
    const key = `${merchantId} ${currency}`;
    this.pending.set(key, (this.pending.get(key) ?? 0n) + BigInt(more));
  }

  /** What does not come out at the end of the log. */
  *end(): Generator<Finding> {
    const totals = new Map<string, bigint>();
    for (const { account, merchantId, currency, sum } of this.balances.all()) {
      totals.set(currency, (totals.get(currency) ?? 0n) + sum);
      const key = `${merchantId} ${currency}`;
      if (account === 'merchant_pending') {
        const left = this.pending.get(key) ?? 0n;
        this.pending.delete(key);
        if (-sum !== left)
          yield books(`${key}: ${-sum} is pending, and ${left} is left of its sales`);
      } else if (HELD.has(account) && sum > 0n) {
        yield books(`${key}: ${account} has ${sum} less than nothing`);
      }
    }
    for (const [key, left] of this.pending) {
      if (left !== 0n) yield books(`${key}: nothing is pending, and ${left} is left of its sales`);
    }
    for (const [currency, sum] of totals) {
      if (sum !== 0n) yield books(`${currency}: debits and credits differ by ${sum}`);
    }
  }

  private available({ merchantId, currency }: BookName): bigint {
    return -this.balances.of({ account: 'merchant_available', merchantId, currency });
  }

  private remember(book: BookName, before: bigint, at: number): void {
    const now = this.available(book);
    const { available, owed } = this.peaksOf(book);
    available.change(before, now, at);
    owed.change(owedOf(before), owedOf(now), at);
  }

  private peaksOf({ merchantId, currency }: BookName): BookPeaks {
    return keptIn(this.peaks, `${merchantId} ${currency}`, () => {
      return { available: new Peaks(), owed: new Peaks() };
    });
  }
}

function movesAvailable({ lines }: Posting): boolean {
  return lines.some(({ account }) => account === 'merchant_available');
}

function owedOf(available: bigint): bigint {
  return available < 0n ? -available : 0n;
}

function pendingOf(sale: Sale): number {
  return sale.settlement ? 0 : remaining(sale);
}

function books(detail: string): Finding {
  return { code: 'books', detail };
}
