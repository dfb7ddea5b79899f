import type Database from 'better-sqlite3';
import type {
  BatchEvent,
  BatchItem,
  SettledSums,
  StoredTotals,
} from '../batches/domain/batch.events.js';

interface BatchIdentity {
  readonly merchantId: string;
  readonly terminalId: string;
  readonly batchNo: string;
  readonly businessDate: string;
  /** RFC 3339; null while it holds no sale. */
  readonly endsAt: string | null;
  /** Where its BatchCloseRequested stands in the log: sales before it belong to the batch. */
  readonly closePosition: string | null;
}

/** A batch that is not closed. */
export interface LiveBatch extends BatchIdentity {
  readonly status: 'open' | 'closing';
}

/** A batch, and what its events said of it. */
export interface FoundBatch extends BatchIdentity {
  readonly status: 'open' | 'closing' | 'closed';
  readonly closed?: (BatchEvent & { type: 'BatchClosed' })['data'];
  readonly reconciled?: (BatchEvent & { type: 'BatchReconciled' })['data'];
}

type FoundRow = BatchIdentity & {
  readonly status: FoundBatch['status'];
  readonly closed: string | null;
  readonly reconciled: string | null;
};

type SumsRow = Readonly<Record<string, bigint>>;

const NOTHING: SumsRow = {};

const IDENTITY = 'merchantId, terminalId, batchNo, businessDate, endsAt, closePosition, status';

/** What batches come to. */
export class BatchesView {
  private readonly liveBatches: Database.Statement<[], LiveBatch>;
  private readonly byName: Database.Statement<[string], FoundRow>;
  private readonly sums: Database.Statement<[string], SumsRow>;
  private readonly refundSums: Database.Statement<[string], { currency: string; amount: bigint }>;
  private readonly carriedOf: Database.Statement<[string], { saleId: string }>;
  private readonly carriedTo: Database.Statement<[string, string], { saleId: string }>;
  private readonly itemsOf: Database.Statement<[{ name: string }], BatchItem>;

  constructor(database: Database.Database) {
    this.liveBatches = database.prepare(
      `SELECT ${IDENTITY} FROM batches INDEXED BY live_batches WHERE status <> 'closed' ORDER BY name`,
    );
    this.byName = database.prepare(
      `SELECT ${IDENTITY}, closed, reconciled FROM batches WHERE name = ?`,
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
    this.carriedOf = database.prepare(
      'SELECT saleId FROM carried WHERE terminal = ? AND settledIn IS NULL ORDER BY saleId',
    );
    this.carriedTo = database.prepare(
      'SELECT saleId FROM carried WHERE terminal = ? AND settledIn = ? ORDER BY saleId',
    );
    this.itemsOf = database.prepare(
      `SELECT substr(saleId, -6) AS stan, 'sale' AS kind, amount FROM sales
       WHERE saleId > @name || '.' AND saleId < @name || '/' AND status <> 'reversed'
       UNION ALL SELECT stan, kind, amount FROM operations WHERE batch = @name
       ORDER BY stan`,
    );
  }

  /** By name. */
  live(): LiveBatch[] {
    return this.liveBatches.all();
  }

  find(name: string): FoundBatch | undefined {
    const row = this.byName.get(name);
    if (!row) return undefined;
    const { closed, reconciled, ...batch } = row;
    return {
      ...batch,
      ...(closed !== null && { closed: JSON.parse(closed) as FoundBatch['closed'] & object }),
      ...(reconciled !== null && {
        reconciled: JSON.parse(reconciled) as FoundBatch['reconciled'] & object,
      }),
    };
  }

  /** Sales of the terminal (`merchantId.terminalId`) that its next close may have to settle for a batch that no longer does. */
  carried(terminal: string): string[] {
    return this.carriedOf.all(terminal).map(({ saleId }) => saleId);
  }

  /** Sales of earlier batches that were settled in this one. */
  carriedInto(terminal: string, name: string): string[] {
    return this.carriedTo.all(terminal, name).map(({ saleId }) => saleId);
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
