import type Database from 'better-sqlite3';
import type { BatchFigures } from '../batches/batch.answer.js';
import type { BatchItem, SettledSums, StoredTotals } from '../batches/domain/batch.events.js';
import type { EventData } from '../ledger/domain/ledger-event.js';
import { FilteredList } from './filtered-list.js';

/** A batch that is not closed. */
export interface LiveBatch {
  readonly merchantId: string;
  readonly terminalId: string;
  readonly batchNo: string;
  readonly businessDate: string;
  /** RFC 3339, the latest of its sales'; null while it holds none. */
  readonly endsAt: string | null;
  /** Of the money in it; null as long as there is none. */
  readonly currency: string | null;
  readonly status: 'open' | 'closing';
}

export interface BatchesQuery {
  readonly merchantId: string;
  readonly status?: BatchFigures['status'] | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** `next` of a list: the batch's name. */
export const BATCH_CURSOR = /^[A-Za-z0-9]{1,15}\.[A-Za-z0-9]{1,8}\.\d{6}$/;

interface BatchRow {
  readonly name: string;
  readonly merchantId: string;
  readonly terminalId: string;
  readonly batchNo: string;
  readonly status: BatchFigures['status'];
  readonly businessDate: string;
  readonly currency: string | null;
}

interface OfBatch {
  /** `merchantId.terminalId`. */
  readonly terminal: string;
  readonly name: string;
}

interface RefundsRow {
  readonly currency: string;
  readonly amount: bigint;
  readonly counted: bigint;
}

type SumsRow = Readonly<Record<string, bigint>>;

const NOTHING: SumsRow = {};

/** What batches come to. */
export class BatchesView {
  private readonly liveBatches: Database.Statement<[], LiveBatch>;
  private readonly batches: FilteredList<BatchRow>;
  private readonly currencyOf: Database.Statement<[string], { currency: string | null }>;
  private readonly sums: Database.Statement<[string], SumsRow>;
  private readonly refundSums: Database.Statement<[OfBatch], RefundsRow>;
  private readonly refundsCarriedTo: Database.Statement<[OfBatch], { request: string }>;
  private readonly carriedOf: Database.Statement<[string], { saleId: string }>;
  private readonly carriedTo: Database.Statement<[string, string], { saleId: string }>;
  private readonly itemsOf: Database.Statement<[string], BatchItem>;

  constructor(database: Database.Database) {
    this.liveBatches = database.prepare(
      `SELECT merchantId, terminalId, batchNo, businessDate, endsAt, coalesce(currency, awaited) AS currency, status
       FROM batches INDEXED BY live_batches WHERE status <> 'closed' ORDER BY name`,
    );
    this.batches = new FilteredList<BatchRow>(database, {
      select:
        'SELECT name, merchantId, terminalId, batchNo, status, businessDate, currency FROM batches',
      ways: [{ by: ['status'], index: 'batches_by_status' }],
      behind: 'name > @after AND name < @end',
      order: 'name',
      cursor: ({ name }) => name,
    });
    this.currencyOf = database.prepare('SELECT currency FROM batches WHERE name = ?');
    this.sums = database
      .prepare<[string], SumsRow>('SELECT * FROM batches WHERE name = ?')
      .safeIntegers();
    this.refundSums = database
      .prepare<[OfBatch], RefundsRow>(
        `SELECT currency, sum(amount) AS amount, max(iif(late = 0, number, 0)) AS counted FROM clearings
         WHERE (batch = @name AND late = 0)
           OR (terminal = @terminal AND late = 1 AND clearedBy = @name)
         GROUP BY currency ORDER BY currency`,
      )
      .safeIntegers();
    this.refundsCarriedTo = database.prepare(
      `SELECT DISTINCT request FROM clearings
       WHERE terminal = @terminal AND late = 1 AND clearedBy = @name ORDER BY request`,
    );
    this.carriedOf = database.prepare(
      'SELECT saleId FROM carried WHERE terminal = ? AND settledIn IS NULL ORDER BY saleId',
    );
    this.carriedTo = database.prepare(
      'SELECT saleId FROM carried WHERE terminal = ? AND settledIn = ? ORDER BY saleId',
    );
    this.itemsOf = database.prepare(
      'SELECT stan, kind, amount FROM operations WHERE batch = ? ORDER BY stan',
    );
  }

  /** By name. */
  live(): LiveBatch[] {
    return this.liveBatches.all();
  }

  /** Of a merchant, by name. */
  list({ merchantId, status, after = '', limit }: BatchesQuery) {
    // All that begins with the merchant and a full stop, wherever `after` may be: the next character is a slash.
    const start = `${merchantId}.`;
    const place = { after: after > start ? after : start, end: `${merchantId}/` };
    const { rows, ...next } = this.batches.page({ status }, place, limit);
    const batches = rows.map(({ name, currency, ...row }): BatchFigures => {
      const sums = { totals: this.totals(name), settled: this.settledSums(name) };
      return { ...row, ...(currency !== null && { currency }), ...sums };
    });
    return { batches, ...next };
  }

  /** Sales of the terminal (`merchantId.terminalId`) that its next close may have to settle for a batch that no longer does. */
  carried(terminal: string): string[] {
    return this.carriedOf.all(terminal).map(({ saleId }) => saleId);
  }

  /** Sales of earlier batches that were settled in this one, and refunds of them that this one clears. */
  carriedInto(terminal: string, name: string): string[] {
    return [
      ...this.carriedTo.all(terminal, name).map(({ saleId }) => saleId),
      ...this.refundsCarriedTo.all({ terminal, name }).map(({ request }) => request),
    ];
  }

  /** What its sums are in, which is nothing as long as there is no money in it. */
  currency(name: string): Pick<EventData<'BatchClosed'>, 'currency'> {
    const currency = this.currencyOf.get(name)?.currency;
    return currency ? { currency } : {};
  }

  /** Its sales gross that stand, and the voids and refunds requested in it whose effect stands. */
  totals(name: string): StoredTotals {
    const row = this.sums.get(name) ?? NOTHING;
    return {
      saleCount: Number(row['saleCount'] ?? 0),
      saleAmount: String(row['saleAmount'] ?? 0),
      voidCount: Number(row['voidCount'] ?? 0),
      voidAmount: String(row['voidAmount'] ?? 0),
      refundCount: Number(row['refundCount'] ?? 0),
      refundAmount: String(row['refundAmount'] ?? 0),
    };
  }

  /** What has settled of its sales. */
  settledSums(name: string): SettledSums {
    const row = this.sums.get(name) ?? NOTHING;
    return {
      count: Number(row['settledCount'] ?? 0),
      amount: String(row['settledAmount'] ?? 0),
      fee: String(row['fee'] ?? 0),
      reserve: String(row['reserve'] ?? 0),
      net: String(row['net'] ?? 0),
    };
  }

  /** What its close clears of refunds, by currency: its own as far as they are counted here, and those carried to it. */
  refunds(
    terminal: string,
    name: string,
  ): Pick<EventData<'BatchClosed'>, 'refunds' | 'refundsCounted'> {
    const rows = this.refundSums.all({ terminal, name });
    return {
      refunds: rows
        .filter(({ amount }) => amount !== 0n)
        .map(({ currency, amount }) => ({ currency, amount: String(amount) })),
      refundsCounted: Math.max(0, ...rows.map(({ counted }) => Number(counted))),
    };
  }

  /** The voids and refunds requested in it whose effect stands, by STAN. */
  items(name: string): BatchItem[] {
    return this.itemsOf.all(name);
  }
}
