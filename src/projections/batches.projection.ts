import type Database from 'better-sqlite3';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import { batchName } from '../ledger/domain/request-name.js';
import type { Projection } from './projection.js';

/** Sums of a batch, in the order of their columns. */
const SUMS = [
  'saleCount',
  'saleAmount',
  'voidCount',
  'voidAmount',
  'refundCount',
  'refundAmount',
  'settledCount',
  'settledAmount',
  'fee',
  'reserve',
  'net',
] as const;

type Sums = Partial<Record<(typeof SUMS)[number], number>>;

const BATCHES = `
  CREATE TABLE batches (
    name TEXT PRIMARY KEY, merchantId TEXT NOT NULL, terminalId TEXT NOT NULL, batchNo TEXT NOT NULL,
    businessDate TEXT NOT NULL, endsAt TEXT, status TEXT NOT NULL,
    ${SUMS.map((sum) => `${sum} INTEGER NOT NULL DEFAULT 0`).join(', ')}
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX live_batches ON batches (name) WHERE status <> 'closed';
`;

/** Voids and refunds that took effect, under the batch of the request that asked for them. */
const OPERATIONS = `
  CREATE TABLE operations (
    batch TEXT NOT NULL, stan TEXT NOT NULL, kind TEXT NOT NULL, saleId TEXT NOT NULL,
    amount INTEGER NOT NULL, currency TEXT NOT NULL, PRIMARY KEY (batch, stan)
  ) STRICT, WITHOUT ROWID;
`;

/** Every batch: whether it is open, what it comes to, and what was voided and refunded in it. */
export const batchesProjection: Projection = {
  name: 'batches',
  version: 1,
  tables: { batches: BATCHES, operations: OPERATIONS },
  open: (database) => {
    const page = new BatchesPage(database);
    return (events) => {
      try {
        for (const event of events) page.apply(event);
        page.write();
      } finally {
        page.clear();
      }
    };
  },
};

interface BatchFact {
  readonly merchantId: string;
  readonly terminalId: string;
  readonly batchNo: string;
  readonly businessDate: string;
}

/** What a page of events does to its batches: the sums of each are written once. */
class BatchesPage {
  private readonly open: Database.Statement;
  private readonly setStatus: Database.Statement;
  private readonly addSums: Database.Statement;
  private readonly insertOperation: Database.Statement;
  private readonly opened = new Set<string>();
  private readonly sums = new Map<string, Sums>();

  constructor(database: Database.Database) {
    this.open = database.prepare(
      `INSERT INTO batches (name, merchantId, terminalId, batchNo, businessDate, endsAt, status)
       VALUES (?, ?, ?, ?, ?, ?, 'open')
       ON CONFLICT (name) DO UPDATE SET endsAt = coalesce(endsAt, excluded.endsAt)`,
    );
    this.setStatus = database.prepare('UPDATE batches SET status = ? WHERE name = ?');
    this.addSums = database.prepare(
      `UPDATE batches SET ${SUMS.map((sum) => `${sum} = ${sum} + ?`).join(', ')} WHERE name = ?`,
    );
    this.insertOperation = database.prepare('INSERT INTO operations VALUES (?, ?, ?, ?, ?, ?)');
  }

  apply({ event }: RecordedEvent): void {
    switch (event.type) {
      case 'Sale':
        this.request(event.data, event.data.businessDateEndsAt);
        this.add(event.data, { saleCount: 1, saleAmount: event.data.amount });
        return;
      case 'RequestTaken':
      case 'Refused':
        this.request(event.data, null);
        return;
      case 'Void':
        this.add(event.data, { voidCount: 1, voidAmount: event.data.amount });
        this.operation('void', event.data);
        return;
      case 'Refund':
        this.add(event.data, { refundCount: 1, refundAmount: event.data.amount });
        this.operation('refund', event.data);
        return;
      case 'Settled': {
        const { fee, reserve, net } = event.data;
        const settledAmount = fee + reserve + net;
        this.add(event.data, { settledCount: 1, settledAmount, fee, reserve, net });
        return;
      }
      case 'BatchCloseRequested':
        this.request(event.data, null);
        this.setStatus.run('closing', batchName(event.data));
        return;
      case 'BatchClosed':
        this.setStatus.run('closed', batchName(event.data));
        return;
      case 'BatchReconciled':
      case 'MerchantRegistered':
      case 'MerchantPolicyChanged':
      case 'TerminalAssigned':
      case 'RightFrozen':
      case 'RightRestored':
      case 'CardReported':
      case 'CardRestored':
        return;
    }
  }

  /** The first request of a batch opens it; the first sale tells when its business date ends. */
  private request(fact: BatchFact, endsAt: string | null): void {
    const name = batchName(fact);
    const key = endsAt === null ? name : `${name} with its end`;
    if (this.opened.has(key)) return;
    this.opened.add(key);
    const { merchantId, terminalId, batchNo, businessDate } = fact;
    this.open.run(name, merchantId, terminalId, batchNo, businessDate, endsAt);
  }

  private operation(
    kind: 'void' | 'refund',
    data: BatchFact & { stan: string; saleId: string; amount: number; currency: string },
  ): void {
    const { stan, saleId, amount, currency } = data;
    this.insertOperation.run(batchName(data), stan, kind, saleId, amount, currency);
  }

  private add(batch: Omit<BatchFact, 'businessDate'>, more: Sums): void {
    const name = batchName(batch);
    const sums = this.sums.get(name) ?? {};
    for (const sum of SUMS) {
      const value = more[sum];
      if (value !== undefined) sums[sum] = (sums[sum] ?? 0) + value;
    }
    this.sums.set(name, sums);
  }

  write(): void {
    for (const [name, sums] of this.sums) {
      this.addSums.run(...SUMS.map((sum) => sums[sum] ?? 0), name);
    }
  }

  clear(): void {
    this.sums.clear();
    this.opened.clear();
  }
}
