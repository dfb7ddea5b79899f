import type Database from 'better-sqlite3';
import { FIRST_DATE, LAST_DATE } from '../merchants/domain/business-day.js';
import { pageOf } from './page.js';
import { DAY, LINE_SUMS } from './settlements.projection.js';

/** Sums of what settled and of what was refunded later, in minor units. `amount` is before fee and reserve. */
type SettlementSums = Readonly<Record<(typeof LINE_SUMS)[number] | 'amount', bigint>>;

/** A batch of a merchant, in one of its currencies. */
interface SettledBatch {
  readonly businessDate: string;
  readonly terminalId: string;
  readonly batchNo: string;
  readonly currency: string;
}

export type BatchTotals = SettledBatch & SettlementSums;

/** What settled with one value date and card type; the card type is empty where none was sent. */
export type SettlementLine = SettlementSums & {
  readonly valueDate: string;
  readonly cardType: string;
};

export type DayTotals = SettlementSums & {
  readonly businessDate: string;
  readonly currency: string;
};

/** Which page is meant, of a merchant's business dates, both included. */
export interface SettlementsQuery {
  readonly merchantId: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Batches that settled, and what their dates come to. */
export interface SettlementsPage {
  readonly batches: readonly (BatchTotals & { readonly lines: readonly SettlementLine[] })[];
  /** Of each date on the page, whole. */
  readonly days: readonly DayTotals[];
  readonly next?: string;
}

/** `open`: a batch of the date has not closed yet; `awaited`: nothing has been paid; `short`, `over`: less or more than is owed. */
export type MatchStatus = 'open' | 'awaited' | 'matched' | 'short' | 'over';

/** What the acquirer owes a merchant's date, against what it paid. `difference`: what is still to come. */
export interface Matched {
  readonly merchantId: string;
  readonly currency: string;
  readonly businessDate: string;
  readonly expected: bigint;
  readonly received: bigint;
  readonly schemeCost: bigint;
  readonly difference: bigint;
  readonly status: MatchStatus;
  /** How many there are. */
  readonly claims: bigint;
}

/** Which page is meant, of business dates, both included. */
export interface MatchQuery {
  readonly merchantId?: string | undefined;
  readonly status?: MatchStatus | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** What the acquirer owes for a batch or a date, and has paid, in minor units. */
export interface ClaimRow {
  readonly batch: string;
  readonly expected: bigint;
  readonly received: bigint;
  readonly schemeCost: bigint;
  readonly isClosed: bigint;
}

/** What the acquirer has paid at once, in minor units, as text: the sums of its lines. */
export interface ListedPayment {
  readonly paymentId: string;
  readonly currency: string;
  readonly receivedOn: string;
  readonly reference: string | null;
  readonly amount: string;
  readonly schemeCost: string;
  readonly lineCount: bigint;
  readonly occurredAt: string;
}

/** Which page is meant, of dates of arrival, both included. */
export type PaymentsQuery = Omit<SettlementsQuery, 'merchantId'>;

const SUMS = `${LINE_SUMS.map((sum) => `sum(${sum}) AS ${sum}`).join(', ')}, sum(fee + reserve + net) AS amount`;

const NET_SUMS =
  'sum(expected) AS expected, sum(received) AS received, sum(schemeCost) AS schemeCost';

/** Of a claim. What belongs to a date alone waits for no close. */
const IS_CLOSED = `(day <> '' OR EXISTS (
  SELECT 1 FROM closed_batches WHERE merchantId = claims.merchantId AND batch = claims.batch
))`;

/** Claims read for one page at the most, however few of their dates are of the status asked for. */
const CLAIMS_READ = 5_000;

/** Settlement reports, and how the acquirer's payments match what it owes. */
export class SettlementsView {
  private readonly batches: Database.Statement<[object], BatchTotals>;
  private readonly lines: Database.Statement<[object], SettlementLine>;
  private readonly days: Database.Statement<[object], DayTotals>;
  private readonly matches: Database.Statement<[object], Matched>;
  private readonly matchesOf: Database.Statement<[object], Matched>;
  private readonly claims: Database.Statement<[object], ClaimRow>;
  private readonly payments: Database.Statement<[object], ListedPayment>;

  constructor(database: Database.Database) {
    this.batches = database
      .prepare<[object], BatchTotals>(
        `SELECT businessDate, terminalId, batchNo, currency, ${SUMS} FROM settlement_lines
         WHERE merchantId = @merchantId AND businessDate <= @to
           AND (businessDate, terminalId, batchNo, currency) > (@date, @terminalId, @batchNo, @currency)
         GROUP BY businessDate, terminalId, batchNo, currency
         ORDER BY businessDate, terminalId, batchNo, currency LIMIT @limit`,
      )
      .safeIntegers();
    this.lines = database
      .prepare<[object], SettlementLine>(
        `SELECT valueDate, cardType, ${SUMS} FROM settlement_lines
         WHERE merchantId = @merchantId AND businessDate = @businessDate AND terminalId = @terminalId
           AND batchNo = @batchNo AND currency = @currency AND valueDate <> ''
         GROUP BY valueDate, cardType ORDER BY valueDate, cardType`,
      )
      .safeIntegers();
    this.days = database
      .prepare<[object], DayTotals>(
        `SELECT businessDate, currency, ${SUMS} FROM settlement_lines
         WHERE merchantId = @merchantId AND businessDate BETWEEN @from AND @to
         GROUP BY businessDate, currency ORDER BY businessDate, currency`,
      )
      .safeIntegers();
    this.matches = database
      .prepare<[object], Matched>(matchesBy('claims_by_date', 'true'))
      .safeIntegers();
    this.matchesOf = database
      .prepare<[object], Matched>(
        matchesBy('claims_of_merchant', 'merchantId = @merchantId AND businessDate >= @date'),
      )
      .safeIntegers();
    this.claims = database
      .prepare<[object], ClaimRow>(
        `SELECT batch, expected, received, schemeCost, ${IS_CLOSED} AS isClosed FROM claims INDEXED BY claims_by_date
         WHERE businessDate = @businessDate AND merchantId = @merchantId AND currency = @currency ORDER BY batch`,
      )
      .safeIntegers();
    this.payments = database
      .prepare<[object], ListedPayment>(
        `SELECT * FROM acquirer_payments WHERE receivedOn <= @to AND (receivedOn, paymentId) > (@date, @paymentId)
         ORDER BY receivedOn, paymentId LIMIT @limit`,
      )
      .safeIntegers();
  }

  /** What settled, by business date and batch. */
  report({ merchantId, from, to, after, limit }: SettlementsQuery): SettlementsPage {
    const [date = '', terminalId = '', batchNo = '', currency = ''] = startOf(from, after);
    const start = { date, terminalId, batchNo, currency };
    const span = { merchantId, to: to ?? LAST_DATE, limit: limit + 1 };
    const { rows, ...next } = pageOf(this.batches.all({ ...start, ...span }), limit, cursor);
    const batches = rows.map((batch) => ({ ...batch, lines: this.linesOf(merchantId, batch) }));
    const [first, last] = [rows[0], rows.at(-1)];
    if (!first || !last) return { batches, days: [] };
    const days = this.days.all({ merchantId, from: first.businessDate, to: last.businessDate });
    return { batches, days, ...next };
  }

  /**
   * Each merchant's date with what is expected of the acquirer for it, the oldest first. A page may be short, or empty, and
   * still not be the last: `next` tells.
   */
  matching({ merchantId, status, from, to, after, limit }: MatchQuery): {
    readonly settlements: readonly Matched[];
    readonly next?: string;
  } {
    const [date = '', merchant = '', currency = ''] = startOf(from, after);
    const matches = merchantId === undefined ? this.matches : this.matchesOf;
    const settlements: Matched[] = [];
    let read = 0n;
    let next = '';
    for (const matched of matches.iterate({
      date,
      merchant,
      currency,
      merchantId,
      to: to ?? LAST_DATE,
    })) {
      if (settlements.length === limit || read >= CLAIMS_READ) return { settlements, next };
      if (status === undefined || matched.status === status) settlements.push(matched);
      read += matched.claims;
      next = matchCursor(matched);
    }
    return { settlements };
  }

  /** The batches of a merchant's date, and what belongs to the date alone. */
  claimsOf({ merchantId, currency, businessDate }: Matched): ClaimRow[] {
    return this.claims.all({ merchantId, currency, businessDate });
  }

  /** What the acquirer has paid, by the date of its arrival. */
  paid({ from, to, after, limit }: PaymentsQuery) {
    const [date = '', paymentId = ''] = startOf(from, after);
    const asked = { date, paymentId, to: to ?? LAST_DATE, limit: limit + 1 };
    const { rows, ...next } = pageOf(this.payments.all(asked), limit, paymentCursor);
    return { payments: rows, ...next };
  }

  private linesOf(merchantId: string, batch: BatchTotals): SettlementLine[] {
    const { businessDate, terminalId, batchNo, currency } = batch;
    return this.lines.all({ merchantId, businessDate, terminalId, batchNo, currency });
  }
}

/** The parts of the place behind which a page begins: of the cursor, or, where that is later, of the first date. */
function startOf(from = FIRST_DATE, after = ''): string[] {
  return after < from ? [from] : after.split('.');
}

const CLOSED = `min(NOT isOurs OR ${IS_CLOSED})`;

const DIFFERENCE = 'sum(expected - received - schemeCost)';

const STATUS = `CASE
  WHEN NOT ${CLOSED} THEN 'open'
  WHEN ${DIFFERENCE} = 0 THEN 'matched'
  WHEN sum(received) = 0 AND sum(schemeCost) = 0 THEN 'awaited'
  WHEN ${DIFFERENCE} > 0 THEN 'short'
  ELSE 'over'
END`;

/** In the order of the index, so that no more is read than the page needs. */
function matchesBy(index: string, condition: string): string {
  return `
    SELECT businessDate, merchantId, currency, ${NET_SUMS}, ${DIFFERENCE} AS difference, ${STATUS} AS status,
      count(*) AS claims
    FROM claims INDEXED BY ${index}
    WHERE ${condition} AND businessDate <= @to
      AND (businessDate, merchantId, currency) > (@date, @merchant, @currency)
    GROUP BY businessDate, merchantId, currency
    ORDER BY businessDate, merchantId, currency
  `;
}

/** Of the form `2026-11-23.T1.000001.EUR`. */
export const SETTLEMENTS_CURSOR = /^\d{4}-\d{2}-\d{2}\.[A-Za-z0-9]{1,8}\.\d{6}\.[A-Z]{3}$/;

/** Of the form `2026-11-23.M0001.EUR`. */
export const MATCH_CURSOR = /^\d{4}-\d{2}-\d{2}\.[A-Za-z0-9]{1,15}\.[A-Z]{3}$/;

/** Of the form `2026-11-23.P0001`. */
export const PAYMENTS_CURSOR = /^\d{4}-\d{2}-\d{2}\.[A-Za-z0-9]{1,35}$/;

function paymentCursor({ receivedOn, paymentId }: ListedPayment): string {
  return `${receivedOn}.${paymentId}`;
}

function matchCursor({ businessDate, merchantId, currency }: Matched): string {
  return `${businessDate}.${merchantId}.${currency}`;
}

function cursor({ businessDate, terminalId, batchNo, currency }: SettledBatch): string {
  return `${businessDate}.${terminalId}.${batchNo}.${currency}`;
}

/** The batch of a claim; undefined for what belongs to a date alone. */
export function batchOfClaim({
  batch,
}: ClaimRow): { readonly terminalId: string; readonly batchNo: string } | undefined {
  if (batch === DAY) return undefined;
  const [terminalId = '', batchNo = ''] = batch.split('.');
  return { terminalId, batchNo };
}
