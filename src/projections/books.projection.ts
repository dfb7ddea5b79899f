import type Database from 'better-sqlite3';
import { ACCOUNTS, balanceOf } from '../accounting/domain/chart-of-accounts.js';
import type { Posting, PostingKind } from '../accounting/domain/posting.js';
import { postingsOf } from '../accounting/domain/postings.js';
import { keptIn } from '../ledger/domain/kept-in.js';
import type { Arrived } from './arrival.js';
import { namingLargeSum } from './large-sum.js';
import { PAYOUT_TABLES, PayoutTables } from './payouts.projection.js';
import type { Projection } from './projection.js';

/** What is counted for each merchant and currency: its accounts, and what was paid out to its bank. */
export const FIGURES = [...ACCOUNTS, 'paid_out'] as const;

/** An account, or `paid_out`. */
export type Figure = (typeof FIGURES)[number];

/** The accounts that a merchant's statement shows: what the ledger holds for it. */
export const OWN = ['merchant_pending', 'merchant_available', 'merchant_reserve'] as const;

const INDEX = new Map<Figure, number>(FIGURES.map((figure, index) => [figure, index]));
const OWN_INDEX = new Map<Figure, number>(OWN.map((account, index) => [account, index]));

const columns = (names: readonly string[], prefix = ''): string =>
  names.map((name) => `${prefix}${name} INTEGER NOT NULL`).join(', ');

/** Each merchant's books in one currency, as they stand now. `bookedUntil`: the latest time of any movement. */
const BOOKS = `
  CREATE TABLE books (
    book INTEGER PRIMARY KEY, merchantId TEXT NOT NULL, currency TEXT NOT NULL, bookedUntil INTEGER NOT NULL,
    ${columns(FIGURES)}
  ) STRICT;
  CREATE UNIQUE INDEX books_by_name ON books (merchantId, currency);
`;

/** For each business date: what its merchant had when it began, and what moved on it. */
const DAYS = `
  CREATE TABLE days (
    book INTEGER NOT NULL, date TEXT NOT NULL, ${columns(OWN, 'opening_')}, ${columns(OWN, 'moved_')},
    PRIMARY KEY (book, date)
  ) STRICT, WITHOUT ROWID;
`;

/**
 * One row a posting, kept in the order of statements: by business date, and as the log has them within one. A row
 * has the books as they were behind it in the order of the log, and what had moved on its date so far: neither moves
 * when a movement of an earlier date comes later. Times are epoch milliseconds. In a book `bookedUntil` never falls from
 * one position to the next, so a time is found by halving and needs no index of its own.
 */
const MOVEMENTS = `
  CREATE TABLE movements (
    book INTEGER NOT NULL, date TEXT NOT NULL, position INTEGER NOT NULL, line INTEGER NOT NULL,
    occurredAt INTEGER NOT NULL, bookedUntil INTEGER NOT NULL, kind TEXT NOT NULL, saleId TEXT, reference TEXT NOT NULL,
    isOwn INTEGER NOT NULL, ${columns(OWN, 'moved_')}, ${columns(FIGURES)},
    PRIMARY KEY (book, date, position, line)
  ) STRICT, WITHOUT ROWID;
`;

const INDEXES = `
  CREATE INDEX movements_by_position ON movements (book, position, line);
  CREATE INDEX late_movements ON movements (book, position, line) WHERE occurredAt < bookedUntil;
`;

/** Every merchant's books: as they stand, as they stood, and each movement, from the postings and nothing else. */
export const booksProjection = {
  name: 'books',
  version: 6,
  tables: { books: BOOKS, days: DAYS, movements: MOVEMENTS, ...PAYOUT_TABLES },
  indexes: INDEXES,
  open: (database) => {
    const books = new BooksTables(database);
    const payouts = new PayoutTables(database);
    return (events) => {
      books.fold(events);
      payouts.fold(events);
    };
  },
} satisfies Projection;

/** Books that the events of one fold touch, as far as they got. */
interface Book {
  readonly merchantId: string;
  readonly currency: string;
  readonly id: bigint;
  bookedUntil: bigint;
  /** In the order of FIGURES. */
  readonly figures: bigint[];
  /** What moved by business date, in the order of OWN. */
  readonly days: Map<string, bigint[]>;
  /** Rows to be written. */
  readonly movements: unknown[][];
}

type Row = Readonly<Record<string, bigint>>;

/** Books and days are written once in a fold, at its end. */
class BooksTables {
  private readonly findBook: Database.Statement<[string, string], Row>;
  private readonly addBook: Database.Statement;
  private readonly writeBook: Database.Statement;
  private readonly findDay: Database.Statement<[bigint, string], Row>;
  private readonly dayBefore: Database.Statement<[bigint, string], Row>;
  private readonly daysFrom: Database.Statement<[bigint, string], Row & { readonly date: string }>;
  private readonly writeDay: Database.Statement;
  private readonly addMovement: Database.Statement;
  private readonly open = new Map<string, Book>();

  constructor(database: Database.Database) {
    const zeroes = FIGURES.map(() => '0').join(', ');
    this.findBook = database
      .prepare<[string, string], Row>('SELECT * FROM books WHERE merchantId = ? AND currency = ?')
      .safeIntegers();
    this.addBook = database
      .prepare(`INSERT INTO books SELECT NULL, ?, ?, 0, ${zeroes}`)
      .safeIntegers();
    this.writeBook = database.prepare(
      `UPDATE books SET bookedUntil = ?, ${FIGURES.map((name) => `${name} = ?`).join(', ')} WHERE book = ?`,
    );
    this.findDay = database
      .prepare<[bigint, string], Row>('SELECT * FROM days WHERE book = ? AND date = ?')
      .safeIntegers();
    this.dayBefore = database
      .prepare<[bigint, string], Row>(
        'SELECT * FROM days WHERE book = ? AND date < ? ORDER BY date DESC LIMIT 1',
      )
      .safeIntegers();
    this.daysFrom = database
      .prepare<[bigint, string], Row & { date: string }>(
        'SELECT * FROM days WHERE book = ? AND date >= ?',
      )
      .safeIntegers();
    this.writeDay = database.prepare(
      `INSERT OR REPLACE INTO days VALUES (?, ?${', ?'.repeat(OWN.length * 2)})`,
    );
    this.addMovement = database.prepare(
      `INSERT INTO movements VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?${', ?'.repeat(OWN.length + FIGURES.length)})`,
    );
  }

  fold(events: readonly Arrived[]): void {
    this.open.clear();
    for (const { event, position } of events) {
      const at = {
        position: Number(position),
        occurredAt: BigInt(Date.parse(event.data.occurredAt)),
      };
      for (const [line, posting] of postingsOf(event).entries()) this.post(posting, line, at);
    }
    for (const book of this.open.values()) {
      try {
        this.write(book);
      } catch (error) {
        throw namingLargeSum(error, { ...book, sums: sumsOf(book) });
      }
    }
  }

  private post(
    posting: Posting,
    line: number,
    { position, occurredAt }: { readonly position: number; readonly occurredAt: bigint },
  ): void {
    const { date, kind, saleId, reference } = posting;
    const book = this.bookOf(posting);
    const moved = this.dayOf(book, date);
    let isOwn = 0;
    for (const entry of posting.lines) {
      const { account } = entry;
      const change = balanceOf(account, entry);
      addTo(book.figures, INDEX.get(account), change);
      const own = OWN_INDEX.get(account);
      if (own !== undefined) {
        isOwn = 1;
        addTo(moved, own, change);
      }
      if (account === 'settlement_bank' && PAYOUT_KINDS.has(kind))
        addTo(book.figures, INDEX.get('paid_out'), -change);
    }
    if (occurredAt > book.bookedUntil) book.bookedUntil = occurredAt;
    book.movements.push([
      book.id,
      date,
      position,
      line,
      occurredAt,
      book.bookedUntil,
      kind,
      saleId ?? null,
      reference,
      isOwn,
      ...moved,
      ...book.figures,
    ]);
  }

  private bookOf({ merchantId, currency }: Posting): Book {
    return keptIn(this.open, `${merchantId} ${currency}`, () => {
      const row = this.findBook.get(merchantId, currency);
      return {
        merchantId,
        currency,
        id: row?.['book'] ?? (this.addBook.run(merchantId, currency).lastInsertRowid as bigint),
        bookedUntil: row?.['bookedUntil'] ?? 0n,
        figures: FIGURES.map((figure) => row?.[figure] ?? 0n),
        days: new Map(),
        movements: [],
      };
    });
  }

  private dayOf(book: Book, date: string): bigint[] {
    return keptIn(book.days, date, () => {
      const row = this.findDay.get(book.id, date);
      return OWN.map((account) => row?.[`moved_${account}`] ?? 0n);
    });
  }

  /** A day's opening is the close of the day before: from the first that moved, all are written anew. */
  private write({ id, bookedUntil, figures, days, movements }: Book): void {
    for (const movement of movements) this.addMovement.run(movement);
    this.writeBook.run(bookedUntil, ...figures, id);
    const first = [...days.keys()].sort()[0] ?? '';
    for (const row of this.daysFrom.all(id, first)) {
      if (days.has(row.date)) continue;
      days.set(
        row.date,
        OWN.map((account) => row[`moved_${account}`] ?? 0n),
      );
    }
    const before = this.dayBefore.get(id, first);
    let opening = OWN.map(
      (account) => (before?.[`opening_${account}`] ?? 0n) + (before?.[`moved_${account}`] ?? 0n),
    );
    for (const date of [...days.keys()].sort()) {
      const moved = days.get(date) ?? [];
      this.writeDay.run(id, date, ...opening, ...moved);
      opening = opening.map((value, column) => value + (moved[column] ?? 0n));
    }
  }
}

function sumsOf({ figures, days }: Book): Record<string, bigint> {
  const moved = [...days].flatMap(([date, sums]) =>
    OWN.map((account, column) => [`${account} moved on ${date}`, sums[column] ?? 0n] as const),
  );
  const held = FIGURES.map((figure, index) => [figure, figures[index] ?? 0n] as const);
  return Object.fromEntries([...held, ...moved]);
}

function addTo(sums: bigint[], index: number | undefined, change: bigint): void {
  if (index === undefined) throw new Error('a figure that is not counted');
  sums[index] = (sums[index] ?? 0n) + change;
}

/** What goes from the bank to merchants, and comes back. */
const PAYOUT_KINDS: ReadonlySet<PostingKind> = new Set(['payout-paid', 'payout-returned']);
