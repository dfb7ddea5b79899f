import type Database from 'better-sqlite3';
import { LAST_DATE } from '../merchants/domain/business-day.js';
import type { PayoutAccount } from '../merchants/domain/merchant.events.js';
import type { PayoutState, PayoutStatus } from '../payouts/domain/payout.js';
import { FilteredList } from './filtered-list.js';

/** A payout in a list. `amount` in minor units. */
export interface PayoutRow {
  readonly merchantId: string;
  readonly currency: string;
  readonly number: number;
  readonly date: string;
  readonly amount: bigint;
  readonly account?: PayoutAccount;
  readonly status: PayoutStatus;
  readonly bankReference: string | null;
  readonly returnReason: string | null;
  readonly sentAt: string;
  readonly changedAt: string;
}

/** Reserve that may be released once its merchant's business date gets there. */
export interface HeldReserve {
  readonly merchantId: string;
  readonly currency: string;
  readonly heldUntil: string;
  readonly held: bigint;
  readonly releases: number;
}

/** A merchant's books in one currency. */
export interface BookName {
  readonly merchantId: string;
  readonly currency: string;
}

/** A merchant's books with something on them. `available` in minor units, above zero. */
export interface BookWithMoney extends BookName {
  readonly available: bigint;
}

/** Which page of payouts is meant. */
export interface PayoutsQuery {
  readonly merchantId?: string | undefined;
  readonly date?: string | undefined;
  readonly status?: PayoutStatus | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

type Stored = Omit<PayoutRow, 'number' | 'account'> & {
  readonly number: bigint;
  readonly account: string | null;
};

interface SoFar {
  readonly sent: number;
  readonly isBegun: 0 | 1;
  readonly isBack: 0 | 1;
}

const ROW = `merchantId, currency, number, date, amount, account, status, bankReference, returnReason,
  sentAt, changedAt`;

/** What payouts are decided on, and those there are. */
export class PayoutsView {
  private readonly positive: Database.Statement<[], BookWithMoney>;
  private readonly state: Database.Statement<[object], { available: bigint; notDue: bigint }>;
  private readonly soFar: Database.Statement<[object], SoFar>;
  private readonly toRelease: Database.Statement<[string], HeldReserve & { releases: bigint }>;
  private readonly onDate: Database.Statement<[string], Stored>;
  private readonly payouts: FilteredList<Stored>;

  constructor(database: Database.Database) {
    this.positive = database
      .prepare<[], BookWithMoney>(
        `SELECT merchantId, currency, merchant_available AS available FROM books
         WHERE merchant_available > 0 ORDER BY merchantId, currency`,
      )
      .safeIntegers();
    this.state = database
      .prepare<[object], { available: bigint; notDue: bigint }>(
        `SELECT merchant_available AS available, coalesce((
           SELECT sum(net) FROM due WHERE due.merchantId = books.merchantId AND due.currency = books.currency
             AND valueDate >= @date AND (valueDate > @date OR businessDate >= @settledBefore)
         ), 0) AS notDue
         FROM books WHERE merchantId = @merchantId AND currency = @currency`,
      )
      .safeIntegers();
    this.soFar = database.prepare(
      `SELECT coalesce((
         SELECT max(number) FROM payouts WHERE merchantId = @merchantId AND currency = @currency
       ), 0) AS sent, EXISTS (
         SELECT 1 FROM payouts INDEXED BY payouts_of_merchant
         WHERE merchantId = @merchantId AND currency = @currency AND date = @date AND sentOn >= @date
       ) AS isBegun, EXISTS (
         SELECT 1 FROM payouts WHERE merchantId = @merchantId AND currency = @currency AND returnedOn >= @date
       ) AS isBack`,
    );
    this.toRelease = database
      .prepare<[string], HeldReserve & { releases: bigint }>(
        'SELECT * FROM reserves WHERE held > 0 AND heldUntil <= ? ORDER BY heldUntil',
      )
      .safeIntegers();
    this.onDate = database
      .prepare<[string], Stored>(
        `SELECT ${ROW} FROM payouts WHERE date = ? ORDER BY merchantId, currency, number`,
      )
      .safeIntegers();
    this.payouts = new FilteredList(database, {
      select: `SELECT ${ROW} FROM payouts`,
      ways: [
        { by: ['merchantId'], index: 'payouts_of_merchant' },
        { by: ['status'], index: 'payouts_by_status' },
        { by: [], index: 'payouts_by_date' },
      ],
      behind: '(date, merchantId, currency, number) > (@day, @merchant, @currency, @number)',
      order: 'date, merchantId, currency, number',
      cursor,
    });
  }

  /** Books with something available, by merchant. */
  withMoney(): BookWithMoney[] {
    return this.positive.all();
  }

  /**
   * What a payout for a date is decided on, all of one moment. `settledBefore`: money of that business date and later
   * is not yet due either.
   */
  stateOf(
    { merchantId, currency }: BookName,
    date: string,
    settledBefore = LAST_DATE,
  ): PayoutState {
    const state = this.state.get({ merchantId, currency, date, settledBefore });
    const payouts = this.soFar.get({ merchantId, currency, date });
    return {
      available: state?.available ?? 0n,
      notDue: state?.notDue ?? 0n,
      sent: payouts?.sent ?? 0,
      isBegun: payouts?.isBegun === 1,
      isBack: payouts?.isBack === 1,
    };
  }

  /** Reserve held until a date or an earlier one. */
  heldUntil(date: string): HeldReserve[] {
    return this.toRelease.all(date).map((row) => ({ ...row, releases: Number(row.releases) }));
  }

  /** Every payout for a date, by merchant. */
  ofDate(date: string): PayoutRow[] {
    return this.onDate.all(date).map(fromStored);
  }

  /** By date, the oldest first, then by merchant. */
  list({ merchantId, date, status, after, limit }: PayoutsQuery): {
    readonly payouts: readonly PayoutRow[];
    readonly next?: string;
  } {
    const [day = '', merchant = '', currency = '', number = '0'] =
      after === undefined ? [date ?? ''] : after.split('.');
    const place = { day, merchant, currency, number: Number(number) };
    const { rows, ...next } = this.payouts.page({ merchantId, date, status }, place, limit);
    return { payouts: rows.map(fromStored), ...next };
  }
}

/** Of the form `2026-11-23.M0001.EUR.7`: a date and a payout. */
export const PAYOUT_CURSOR = /^\d{4}-\d{2}-\d{2}\.[A-Za-z0-9]{1,15}\.[A-Z]{3}\.\d{1,9}$/;

function cursor({ date, merchantId, currency, number }: Stored): string {
  return `${date}.${merchantId}.${currency}.${number}`;
}

function fromStored({ account, number, ...row }: Stored): PayoutRow {
  return {
    ...row,
    number: Number(number),
    ...(account !== null && { account: JSON.parse(account) as PayoutAccount }),
  };
}
