import type Database from 'better-sqlite3';
import type { BatchItem, SettledSums, StoredTotals } from '../batches/domain/batch.events.js';

/** A batch that is not closed. */
export interface LiveBatch {
  readonly merchantId: string;
  readonly terminalId: string;
  readonly batchNo: string;
  readonly businessDate: string;
  /** RFC 3339; null while it holds no sale. */
  readonly endsAt: string | null;
  readonly status: 'open' | 'closing';
}

type SumsRow = Readonly<Record<string, bigint>>;

const NOTHING: SumsRow = {};

/** What batches come to. */
export class BatchesView {
  private readonly liveBatches: Database.Statement<[], LiveBatch>;
  private readonly sums: Database.Statement<[string], SumsRow>;
  private readonly refundSums: Database.Statement<[string], { currency: string; amount: bigint }>;
  private readonly itemsOf: Database.Statement<unknown[], BatchItem>;

  constructor(database: Database.Database) {
    this.liveBatches = database.prepare(
      `SELECT merchantId, terminalId, batchNo, businessDate, endsAt, status FROM batches WHERE status <> 'closed'`,
    );
    this.sums = database
      .prepare<[string], SumsRow>('SELECT * FROM batches WHERE name = ?')
      .safeIntegers();
    this.refundSums = database
      .prepare<[string], { currency: string; amount: bigint }>(
        `SELECT currency, sum(amount) AS amount FROM operations
         WHERE batch = ? AND kind = 'refund' GROUP BY currency ORDER BY currency`,
      )
      .safeIntegers();
    this.itemsOf = database.prepare(
      `SELECT substr(saleId, -6) AS stan, 'sale' AS kind, amount FROM sales
       WHERE merchantId = (SELECT merchantId FROM batches WHERE name = :name)
         AND businessDate = (SELECT businessDate FROM batches WHERE name = :name) AND batch = :name
       UNION ALL SELECT stan, kind, amount FROM operations WHERE batch = :name
       ORDER BY stan`,
    );
  }

  live(): LiveBatch[] {
    return this.liveBatches.all();
  }

  /** Its sales gross, and the voids and refunds requested in it. */
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

  /** What the refunds requested in it come to, by currency. */
  refunds(name: string): { currency: string; amount: string }[] {
    return this.refundSums
      .all(name)
      .map(({ currency, amount }) => ({ currency, amount: String(amount) }));
  }

  /** Its requests that took effect, by STAN. */
  items(name: string): BatchItem[] {
    return this.itemsOf.all({ name });
  }
}
