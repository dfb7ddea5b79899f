import type Database from 'better-sqlite3';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import { batchName } from '../ledger/domain/request-name.js';
import type { SaleData, SettledData } from '../sales/domain/sale.events.js';
import type { SaleStatus } from '../sales/domain/sale.js';
import type { Projection } from './projection.js';

/** A sale in the list of sales. Amounts in minor units. */
export interface SaleRow {
  /** Where its `Sale` stands in the log. */
  readonly position: number;
  readonly saleId: string;
  readonly merchantId: string;
  readonly terminalId: string;
  readonly storeId: string;
  readonly batch: string;
  readonly businessDate: string;
  readonly endsAt: string;
  readonly occurredAt: string;
  readonly amount: number;
  readonly currency: string;
  readonly cardToken: string;
  readonly last4: string;
  readonly scheme: string | null;
  readonly cardType: 'debit' | 'credit' | null;
  readonly rrn: string;
  voided: number;
  refunded: number;
  status: SaleStatus;
  revision: number;
  settledAt: string | null;
  settledBy: SettledData['kind'] | null;
  fee: number | null;
  reserve: number | null;
  net: number | null;
  valueDate: string | null;
}

const COLUMNS = [
  'position',
  'saleId',
  'merchantId',
  'terminalId',
  'storeId',
  'batch',
  'businessDate',
  'endsAt',
  'occurredAt',
  'amount',
  'currency',
  'cardToken',
  'last4',
  'scheme',
  'cardType',
  'rrn',
  'voided',
  'refunded',
  'status',
  'revision',
  'settledAt',
  'settledBy',
  'fee',
  'reserve',
  'net',
  'valueDate',
] as const satisfies readonly (keyof SaleRow)[];

/** What changes after the sale was taken. */
const CHANGING = COLUMNS.slice(COLUMNS.indexOf('voided'));

/** The indexes: by name for later events, by date for the list, with status too, and what a close has left to settle. */
const TABLE = `
  CREATE TABLE sales (
    position INTEGER PRIMARY KEY, saleId TEXT NOT NULL, merchantId TEXT NOT NULL, terminalId TEXT NOT NULL,
    storeId TEXT NOT NULL, batch TEXT NOT NULL, businessDate TEXT NOT NULL, endsAt TEXT NOT NULL,
    occurredAt TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL, cardToken TEXT NOT NULL,
    last4 TEXT NOT NULL, scheme TEXT, cardType TEXT, rrn TEXT NOT NULL, voided INTEGER NOT NULL,
    refunded INTEGER NOT NULL, status TEXT NOT NULL, revision INTEGER NOT NULL, settledAt TEXT, settledBy TEXT,
    fee INTEGER, reserve INTEGER, net INTEGER, valueDate TEXT
  ) STRICT;
  CREATE UNIQUE INDEX sales_by_name ON sales (saleId);
  CREATE INDEX sales_by_date ON sales (merchantId, businessDate);
  CREATE INDEX sales_by_status ON sales (merchantId, status, businessDate);
  CREATE INDEX sales_to_settle ON sales (batch) WHERE status = 'open';
`;

/** Every sale as it stands now. */
export const salesProjection: Projection = {
  name: 'sales',
  version: 1,
  tables: { sales: TABLE },
  open: (database) => {
    const page = new SalesPage(database);
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

/** The sales that a page of events touches: each is written once, however many events it has there. */
class SalesPage {
  private readonly select: Database.Statement<[string], SaleRow>;
  private readonly insert: Database.Statement;
  private readonly update: Database.Statement;
  private readonly added = new Map<string, SaleRow>();
  private readonly changed = new Map<string, SaleRow>();

  constructor(database: Database.Database) {
    this.select = database.prepare('SELECT * FROM sales WHERE saleId = ?');
    const places = COLUMNS.map(() => '?').join(', ');
    this.insert = database.prepare(`INSERT INTO sales (${COLUMNS.join(', ')}) VALUES (${places})`);
    const changes = CHANGING.map((column) => `${column} = ?`).join(', ');
    this.update = database.prepare(`UPDATE sales SET ${changes} WHERE position = ?`);
  }

  apply({ event, position }: RecordedEvent): void {
    switch (event.type) {
      case 'Sale':
        this.added.set(event.data.saleId, taken(event.data, Number(position)));
        return;
      case 'Void':
        this.change(event.data.saleId, (row) => {
          row.voided += event.data.amount;
        });
        return;
      case 'Refund':
        this.change(event.data.saleId, (row) => {
          row.refunded += event.data.amount;
        });
        return;
      case 'Settled':
        this.change(event.data.saleId, (row) => {
          settle(row, event.data);
        });
        return;
      case 'RequestTaken':
      case 'Refused':
      case 'BatchCloseRequested':
      case 'BatchClosed':
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

  private change(saleId: string, change: (row: SaleRow) => void): void {
    const row = this.added.get(saleId) ?? this.changed.get(saleId) ?? this.load(saleId);
    change(row);
    row.revision += 1;
    row.status = statusOf(row);
  }

  private load(saleId: string): SaleRow {
    const row = this.select.get(saleId);
    if (!row) throw new Error(`there is no sale ${saleId}`);
    this.changed.set(saleId, row);
    return row;
  }

  write(): void {
    for (const row of this.added.values()) this.insert.run(COLUMNS.map((column) => row[column]));
    for (const row of this.changed.values()) {
      this.update.run(...CHANGING.map((column) => row[column]), row.position);
    }
  }

  clear(): void {
    this.added.clear();
    this.changed.clear();
  }
}

function taken(data: SaleData, position: number): SaleRow {
  return {
    position,
    saleId: data.saleId,
    merchantId: data.merchantId,
    terminalId: data.terminalId,
    storeId: data.storeId,
    batch: batchName(data),
    businessDate: data.businessDate,
    endsAt: data.businessDateEndsAt,
    occurredAt: data.occurredAt,
    amount: data.amount,
    currency: data.currency,
    cardToken: data.card.token,
    last4: data.card.last4,
    scheme: data.card.scheme ?? null,
    cardType: data.card.type ?? null,
    rrn: data.rrn,
    voided: 0,
    refunded: 0,
    status: 'open',
    revision: 0,
    settledAt: null,
    settledBy: null,
    fee: null,
    reserve: null,
    net: null,
    valueDate: null,
  };
}

function settle(row: SaleRow, data: SettledData): void {
  row.settledAt = data.occurredAt;
  row.settledBy = data.kind;
  row.fee = data.fee;
  row.reserve = data.reserve;
  row.net = data.net;
  row.valueDate = data.valueDate;
}

function statusOf(row: SaleRow): SaleStatus {
  const left = row.amount - row.voided - row.refunded;
  if (left === 0) return row.refunded > 0 ? 'refunded' : 'voided';
  return row.settledAt === null ? 'open' : 'settled';
}
