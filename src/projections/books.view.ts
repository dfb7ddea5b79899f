import type Database from 'better-sqlite3';
import {
  type Account,
  ACCOUNTS,
  sidesOf,
  type Turnover,
} from '../accounting/domain/chart-of-accounts.js';
import { type Figure, FIGURES } from './books.projection.js';
import type { Holding } from './statement.view.js';

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
  /** Sent to the merchant's bank and not yet there. */
  readonly inTransit: bigint;
  readonly paidOut: bigint;
}

/** One account of the books: its balance, on the side where it stands. */
export interface AccountSum extends Turnover {
  readonly merchantId: string;
  readonly currency: string;
  readonly account: Account;
}

/** A moment of the past: events up to a position of the log, of those that had occurred by a time. */
export interface AsOf {
  readonly position?: string | undefined;
  /** Epoch milliseconds. */
  readonly at?: number | undefined;
}

type Figures = Readonly<Record<Figure, bigint>>;

interface BookName {
  readonly book: bigint;
  readonly merchantId: string;
  readonly currency: string;
}

type BookRow = BookName & Figures;

/** Where a movement stands in its book, and the figures behind it. */
type Point = Figures & { readonly position: bigint; readonly line: bigint };

interface Booked {
  readonly position: bigint;
  readonly bookedUntil: bigint;
}

const NOTHING = Object.fromEntries(FIGURES.map((figure) => [figure, 0n])) as Figures;
const COLUMNS = FIGURES.join(', ');

/** Balances now and as of any moment, from the postings and nothing else. */
export class BooksView {
  private readonly ofMerchant: Database.Statement<[string], BookRow>;
  private readonly everything: Database.Statement<[], BookRow>;
  private readonly byPosition: Database.Statement<[bigint, bigint], Point>;
  private readonly bookedBy: Database.Statement<[bigint, bigint], Booked>;
  private readonly late: Database.Statement<[bigint, bigint, bigint, number], Point>;
  private readonly before: Database.Statement<[bigint, bigint, bigint], Point>;

  constructor(database: Database.Database) {
    const point = `SELECT position, line, ${COLUMNS} FROM movements INDEXED BY`;
    this.ofMerchant = database
      .prepare<[string], BookRow>('SELECT * FROM books WHERE merchantId = ? ORDER BY currency')
      .safeIntegers();
    this.everything = database
      .prepare<[], BookRow>('SELECT * FROM books ORDER BY merchantId, currency')
      .safeIntegers();
    this.byPosition = database
      .prepare<[bigint, bigint], Point>(
        `${point} movements_by_position WHERE book = ? AND position <= ?
         ORDER BY position DESC, line DESC LIMIT 1`,
      )
      .safeIntegers();
    this.bookedBy = database
      .prepare<[bigint, bigint], Booked>(
        `SELECT position, bookedUntil FROM movements INDEXED BY movements_by_position WHERE book = ? AND position <= ?
         ORDER BY position DESC, line DESC LIMIT 1`,
      )
      .safeIntegers();
    this.late = database
      .prepare<[bigint, bigint, bigint, number], Point>(
        `${point} late_movements WHERE occurredAt < bookedUntil
           AND book = ? AND position > ? AND position <= ? AND occurredAt <= ?`,
      )
      .safeIntegers();
    this.before = database
      .prepare<[bigint, bigint, bigint], Point>(
        `${point} movements_by_position WHERE book = ? AND (position, line) < (?, ?)
         ORDER BY position DESC, line DESC LIMIT 1`,
      )
      .safeIntegers();
  }

  /** One balance for each currency the merchant has traded in by then, in their alphabet. */
  balances(merchantId: string, asOf: AsOf = {}): Balance[] {
    return this.ofMerchant.all(merchantId).flatMap((book) => {
      const figures = this.figures(book, asOf);
      return figures ? [balance(book.currency, figures)] : [];
    });
  }

  /**
   * What stands on each account of all merchants or of one, sorted by merchant and currency; accounts with nothing on them
   * are left out.
   */
  trialBalance(asOf: AsOf = {}, merchantId?: string): AccountSum[] {
    const books =
      merchantId === undefined ? this.everything.all() : this.ofMerchant.all(merchantId);
    return books.flatMap((book) => {
      const { currency } = book;
      const figures = this.figures(book, asOf) ?? NOTHING;
      return ACCOUNTS.filter((account) => figures[account] !== 0n).map((account) => ({
        merchantId: book.merchantId,
        currency,
        account,
        ...sidesOf(account, figures[account]),
      }));
    });
  }

  /** Undefined where nothing had moved by then. */
  private figures(book: BookRow, { position, at }: AsOf): Figures | undefined {
    if (position === undefined && at === undefined) return book;
    // Twenty digits may say more than a position can be.
    const asked = position === undefined ? MAX : BigInt(position);
    const until = asked < MAX ? asked : MAX;
    if (at === undefined) return this.byPosition.get(book.book, until);
    return this.figuresAt(book.book, until, at);
  }

  /** The last position up to `until` whose books have nothing later than `at`: found by halving, as `bookedUntil` never falls. */
  private positionBy(book: bigint, until: bigint, at: number): bigint {
    let inTime = 0n;
    let tooLate = until + 1n;
    for (let middle = until; inTime < middle; middle = (inTime + tooLate) / 2n) {
      const last = this.bookedBy.get(book, middle);
      if (last && last.bookedUntil > at) tooLate = last.position;
      else inTime = middle;
    }
    return inTime;
  }

  /**
   * The movement up to which nothing is later than `at` has the figures; what the log has behind it, but had
   * occurred before others in front of it, is added.
   */
  private figuresAt(book: bigint, until: bigint, at: number): Figures | undefined {
    const base = this.byPosition.get(book, this.positionBy(book, until, at));
    const late = this.late.all(book, base?.position ?? 0n, until, at);
    if (!base && late.length === 0) return undefined;
    const sums = { ...(base ?? NOTHING) };
    for (const point of late) {
      const before = this.before.get(book, point.position, point.line) ?? NOTHING;
      for (const figure of FIGURES) sums[figure] += point[figure] - before[figure];
    }
    return sums;
  }
}

/** Larger than any position and any line. */
const MAX = 2n ** 63n - 1n;

function balance(currency: string, figures: Figures): Balance {
  const available = figures.merchant_available;
  return {
    currency,
    pending: figures.merchant_pending,
    available: available > 0n ? available : 0n,
    receivable: available < 0n ? -available : 0n,
    reserve: figures.merchant_reserve,
    inTransit: figures.payout_in_transit,
    paidOut: figures.paid_out,
  };
}

/** What the ledger holds in one currency, of a merchant's balances; nothing where it never traded in it. */
export function holdingOf(balances: readonly Balance[], currency: string): Holding {
  const held = balances.find((balance) => balance.currency === currency);
  if (!held) return { pending: 0n, available: 0n, reserve: 0n };
  const { pending, available, receivable, reserve } = held;
  return { pending, available: available - receivable, reserve };
}
