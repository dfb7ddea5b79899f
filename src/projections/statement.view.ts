import type Database from 'better-sqlite3';
import type { PostingKind } from '../accounting/domain/posting.js';
import { FIRST_DATE, LAST_DATE } from '../merchants/domain/business-day.js';
import { OWN } from './books.projection.js';
import { pageOf } from './page.js';

/** What the ledger holds for a merchant in one currency. `available` is below zero where the merchant owes. */
export interface Holding {
  readonly pending: bigint;
  readonly available: bigint;
  readonly reserve: bigint;
}

/** One movement of a statement. `date` is the business date it counts for. */
export interface Movement {
  readonly date: string;
  readonly position: number;
  readonly line: number;
  /** Epoch milliseconds. */
  readonly occurredAt: number;
  readonly kind: PostingKind;
  readonly saleId: string | null;
  readonly reference: string;
  readonly change: Holding;
  /** Behind the movement. */
  readonly after: Holding;
}

/** Which page of a merchant's statement is meant. */
export interface StatementQuery {
  readonly merchantId: string;
  readonly currency: string;
  /** Business dates, both included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** A page of movements, between what was there before the first date and behind the last. */
export interface StatementPage {
  readonly opening: Holding;
  readonly closing: Holding;
  readonly movements: readonly Movement[];
  /** To be given as `after` for the next page; absent on the last. */
  readonly next?: string;
}

interface Place {
  readonly date: string;
  readonly position: number;
  readonly line: number;
}

type Sums = Readonly<Record<`${'opening' | 'moved'}_${(typeof OWN)[number]}`, bigint>>;

type Row = Sums & {
  readonly date: string;
  readonly position: bigint;
  readonly line: bigint;
  readonly occurredAt: bigint;
  readonly kind: PostingKind;
  readonly saleId: string | null;
  readonly reference: string;
};

const EMPTY: Holding = { pending: 0n, available: 0n, reserve: 0n };

/** Statements: a merchant's movements by business date, in the order of the log within one. */
export class StatementView {
  private readonly book: Database.Statement<[string, string], { book: number }>;
  private readonly lastDay: Database.Statement<[number, string], Sums>;
  private readonly movedBy: Database.Statement<[number, string, number, number], Sums>;
  private readonly page: Database.Statement<[object], Row>;

  constructor(database: Database.Database) {
    const opening = OWN.map((account) => `days.opening_${account}`).join(', ');
    const moved = OWN.map((account) => `movements.moved_${account}`).join(', ');
    this.book = database.prepare('SELECT book FROM books WHERE merchantId = ? AND currency = ?');
    this.lastDay = database
      .prepare<[number, string], Sums>(
        'SELECT * FROM days WHERE book = ? AND date < ? ORDER BY date DESC LIMIT 1',
      )
      .safeIntegers();
    this.movedBy = database
      .prepare<[number, string, number, number], Sums>(
        `SELECT * FROM movements WHERE book = ? AND date = ? AND position = ? AND line = ?`,
      )
      .safeIntegers();
    this.page = database
      .prepare<[object], Row>(
        `SELECT date, position, line, occurredAt, kind, saleId, reference, ${opening}, ${moved}
         FROM movements JOIN days USING (book, date)
         WHERE book = @book AND (date, position, line) > (@date, @position, @line) AND date <= @to AND isOwn
         ORDER BY date, position, line LIMIT @limit`,
      )
      .safeIntegers();
  }

  /** A page of a merchant's statement in one currency; nothing but zeroes where it never traded in it. */
  read({ merchantId, currency, from, to, after, limit }: StatementQuery): StatementPage {
    const book = this.book.get(merchantId, currency)?.book;
    if (book === undefined) return { opening: EMPTY, closing: EMPTY, movements: [] };
    const [first, last] = [from ?? FIRST_DATE, to ?? LAST_DATE];
    const beginning = { date: first, position: 0, line: 0 };
    const read = after === undefined ? beginning : parse(after);
    const start = read.date < first ? beginning : read;
    const found = this.page.all({ book, ...start, to: last, limit: limit + 1 });
    const { rows, ...next } = pageOf(found, limit, cursor);
    return {
      opening: this.closeBefore(book, first),
      closing: this.closeBefore(book, `${last}~`),
      movements: this.movements(book, start, rows),
      ...next,
    };
  }

  /** A row says what had moved on its date so far: its own change is what that differs by from the row before. */
  private movements(book: number, start: Place, rows: readonly Row[]): Movement[] {
    let date = start.date;
    let before = moved(this.movedBy.get(book, date, start.position, start.line));
    return rows.map((row) => {
      if (row.date !== date) before = EMPTY;
      date = row.date;
      const now = moved(row);
      const movement = {
        date,
        position: Number(row.position),
        line: Number(row.line),
        occurredAt: Number(row.occurredAt),
        kind: row.kind,
        saleId: row.saleId,
        reference: row.reference,
        change: combine(now, before, (a, b) => a - b),
        after: combine(opening(row), now, (a, b) => a + b),
      };
      before = now;
      return movement;
    });
  }

  /** What was there at the end of the last date that sorts before this text. */
  private closeBefore(book: number, date: string): Holding {
    const day = this.lastDay.get(book, date);
    return combine(opening(day), moved(day), (a, b) => a + b);
  }
}

function opening(sums: Sums | undefined): Holding {
  if (!sums) return EMPTY;
  return {
    pending: sums.opening_merchant_pending,
    available: sums.opening_merchant_available,
    reserve: sums.opening_merchant_reserve,
  };
}

function moved(sums: Sums | undefined): Holding {
  if (!sums) return EMPTY;
  return {
    pending: sums.moved_merchant_pending,
    available: sums.moved_merchant_available,
    reserve: sums.moved_merchant_reserve,
  };
}

function combine(a: Holding, b: Holding, by: (a: bigint, b: bigint) => bigint): Holding {
  return {
    pending: by(a.pending, b.pending),
    available: by(a.available, b.available),
    reserve: by(a.reserve, b.reserve),
  };
}

/** Of the form `2026-11-23.17.0`: a business date, a position and a line. */
export const STATEMENT_CURSOR = /^\d{4}-\d{2}-\d{2}\.\d{1,19}\.\d{1,4}$/;

function cursor({ date, position, line }: Row): string {
  return `${date}.${position}.${line}`;
}

function parse(cursor: string): Place {
  const [date, position, line] = cursor.split('.') as [string, string, string];
  return { date, position: Number(position), line: Number(line) };
}
