import type Database from 'better-sqlite3';
import type { ReversalData, SaleData, SettledData } from '../sales/domain/sale.events.js';
import type { SaleStatus } from '../sales/domain/sale.js';
import type { Arrived } from './arrival.js';
import { folding, type Projection } from './projection.js';
import { handling } from './views-by-event.js';

/** A sale in the list of sales. Amounts in minor units. */
export interface SaleRow {
  /** Where its `Sale` stands in the log. */
  readonly position: number;
  readonly saleId: string;
  readonly merchantId: string;
  readonly terminalId: string;
  readonly storeId: string;
  readonly businessDate: string;
  /** RFC 3339: when its business date ends. */
  readonly endsAt: string;
  readonly occurredAt: string;
  readonly amount: number;
  readonly currency: string;
  readonly cardToken: string;
  readonly last4: string;
  readonly scheme: string | null;
  readonly cardType: 'debit' | 'credit' | null;
  readonly rrn: string;
  readonly voided: number;
  readonly refunded: number;
  readonly chargedBack: number;
  /** By requests that wait for an approval. */
  readonly held: number;
  /** What was left of it when it was reversed as a whole; null while it stands. */
  readonly reversed: number | null;
  /** Of the sale's stream. */
  readonly revision: number;
  readonly settledAt: string | null;
  readonly settledBy: SettledData['kind'] | null;
  readonly fee: number | null;
  readonly reserve: number | null;
  readonly net: number | null;
  readonly valueDate: string | null;
  /** The batch that it settles with: `merchantId.terminalId.batchNo`. */
  readonly batch: string;
  readonly status: SaleStatus;
}

/**
 * The batch is the front of the name, and the status follows from the other columns, as `statusOf` says for the sale
 * itself: nothing writes them.
 *
 * The indexes: by name, for the events that come later and, as names begin with the batch, for its close; by date, for
 * the list, whose order it is (the position ends every index); by status, for lists of those that are not settled.
 * Settled sales are most of all sales: the list finds them by date, so they leave this index instead of moving in it.
 */
const SALES = `
  CREATE TABLE sales (
    position INTEGER PRIMARY KEY, saleId TEXT NOT NULL, merchantId TEXT NOT NULL, terminalId TEXT NOT NULL,
    storeId TEXT NOT NULL, businessDate TEXT NOT NULL, endsAt TEXT NOT NULL, occurredAt TEXT NOT NULL,
    amount INTEGER NOT NULL, currency TEXT NOT NULL, cardToken TEXT NOT NULL, last4 TEXT NOT NULL, scheme TEXT,
    cardType TEXT, rrn TEXT NOT NULL, voided INTEGER NOT NULL, refunded INTEGER NOT NULL,
    chargedBack INTEGER NOT NULL, held INTEGER NOT NULL, reversed INTEGER, revision INTEGER NOT NULL,
    settledAt TEXT, settledBy TEXT, fee INTEGER, reserve INTEGER, net INTEGER, valueDate TEXT,
    batch TEXT NOT NULL AS (substr(saleId, 1, length(saleId) - length('.000000'))),
    status TEXT NOT NULL AS (
      CASE
        WHEN reversed IS NOT NULL THEN 'reversed'
        WHEN voided + refunded + chargedBack = amount AND refunded > 0 THEN 'refunded'
        WHEN voided = amount THEN 'voided'
        WHEN settledAt IS NULL THEN 'open'
        ELSE 'settled'
      END
    )
  ) STRICT;
  CREATE UNIQUE INDEX sales_by_name ON sales (saleId);
`;

const INDEXES = `
  CREATE INDEX sales_by_date ON sales (merchantId, businessDate);
  CREATE INDEX sales_by_status ON sales (merchantId, status, businessDate) WHERE status <> 'settled';
`;

interface Sums {
  voided: number;
  refunded: number;
  chargedBack: number;
  held: number;
  /** Undefined while the sale stands. */
  reversed: number | undefined;
}

/** What of a sale changes after it was taken. */
interface Standing extends Sums {
  readonly data: SaleData;
  readonly position: number;
  revision: number;
  settled: SettledData | undefined;
}

/** Every sale as it stands now. */
export const salesProjection = {
  name: 'sales',
  version: 6,
  tables: { sales: SALES },
  indexes: INDEXES,
  open: (database) => folding(new SalesTable(database)),
} satisfies Projection;

/** Sales that are taken among the events of one fold are kept back to its end, so that each is written once. */
class SalesTable {
  private readonly insert: Database.Statement;
  private readonly addTo: Database.Statement;
  private readonly settle: Database.Statement;
  private readonly taken = new Map<string, Standing>();

  private readonly handle = handling<'sales'>({
    Sale: (data, { position }) => this.take(data, Number(position)),
    Void: ({ saleId, amount: voided, approval }, { revision }) =>
      this.add(saleId, { voided, held: approval ? 0 - voided : 0 }, revision),
    Refund: ({ saleId, amount: refunded, approval }, { revision }) =>
      this.add(saleId, { refunded, held: approval ? 0 - refunded : 0 }, revision),
    ApprovalRequested: ({ saleId, amount: held }, { revision }) =>
      this.add(saleId, { held }, revision),
    ApprovalDeclined: ({ saleId, amount }, { revision }) =>
      this.add(saleId, { held: 0 - amount }, revision),
    Settled: (data, { revision }) => this.settleOf(data, revision),
    Reversal: (data, { revision }) => this.undo(data, revision),
    ChargebackOpened: ({ saleId, amount: chargedBack }, { revision }) =>
      this.add(saleId, { chargedBack }, revision),
    ChargebackWon: ({ saleId, amount }, { revision }) =>
      this.add(saleId, { chargedBack: 0 - amount }, revision),
    ChargebackLost: ({ saleId }, { revision }) => this.add(saleId, {}, revision),
  });

  constructor(database: Database.Database) {
    this.insert = database.prepare(`INSERT INTO sales VALUES (${'?, '.repeat(26)}?)`);
    this.addTo = database.prepare(
      `UPDATE sales SET voided = voided + ?, refunded = refunded + ?, chargedBack = chargedBack + ?, held = held + ?,
         reversed = coalesce(reversed + ?, ?, reversed), revision = ?
       WHERE saleId = ?`,
    );
    this.settle = database.prepare(
      `UPDATE sales SET settledAt = ?, settledBy = ?, fee = ?, reserve = ?, net = ?, valueDate = ?, revision = ?
       WHERE saleId = ?`,
    );
  }

  fold(events: readonly Arrived[]): void {
    this.taken.clear();
    this.handle(events);
    for (const name of [...this.taken.keys()].sort()) this.write(this.taken.get(name) as Standing);
  }

  private take(data: SaleData, position: number): void {
    if (this.taken.has(data.saleId)) throw new Error(`sale ${data.saleId} was taken twice`);
    this.taken.set(data.saleId, {
      data,
      position,
      voided: 0,
      refunded: 0,
      chargedBack: 0,
      held: 0,
      reversed: undefined,
      revision: 0,
      settled: undefined,
    });
  }

  private add(
    saleId: string,
    { voided = 0, refunded = 0, chargedBack = 0, held = 0, reversed }: Partial<Sums>,
    revision: number,
  ): void {
    const sale = this.taken.get(saleId);
    if (!sale) {
      const sums = [voided, refunded, chargedBack, held, reversed ?? null, reversed ?? null];
      changeOne(this.addTo.run(...sums, revision, saleId), saleId);
      return;
    }
    sale.voided += voided;
    sale.refunded += refunded;
    sale.chargedBack += chargedBack;
    sale.held += held;
    if (reversed !== undefined) sale.reversed = (sale.reversed ?? 0) + reversed;
    sale.revision = revision;
  }

  private undo(data: ReversalData, revision: number): void {
    if (data.saleId === undefined) return;
    this.add(data.saleId, undone(data), revision);
  }

  private settleOf(data: SettledData, revision: number): void {
    const sale = this.taken.get(data.saleId);
    if (!sale) {
      changeOne(this.settle.run(...settlement(data), revision, data.saleId), data.saleId);
      return;
    }
    sale.settled = data;
    sale.revision = revision;
  }

  private write(sale: Standing): void {
    const { data, settled } = sale;
    this.insert.run(
      sale.position,
      data.saleId,
      data.merchantId,
      data.terminalId,
      data.storeId,
      data.businessDate,
      data.businessDateEndsAt,
      data.occurredAt,
      data.amount,
      data.currency,
      data.card.token,
      data.card.last4,
      data.card.scheme ?? null,
      data.card.type ?? null,
      data.rrn,
      sale.voided,
      sale.refunded,
      sale.chargedBack,
      sale.held,
      sale.reversed ?? null,
      sale.revision,
      ...(settled ? settlement(settled) : NOT_SETTLED),
    );
  }
}

const NOT_SETTLED = [null, null, null, null, null, null] as const;

/** In the order of the columns. */
function settlement({ occurredAt, kind, fee, reserve, net, valueDate }: SettledData) {
  return [occurredAt, kind, fee, reserve, net, valueDate] as const;
}

/** What a void had taken of a sale that was reversed before goes with the sale. */
function undone(data: ReversalData): Partial<Sums> {
  switch (data.undone) {
    case 'nothing': {
      const { voided, held = 0 } = data;
      return voided ? { voided: 0 - voided.amount, reversed: voided.amount } : { held: 0 - held };
    }
    case 'void':
      return { voided: 0 - data.amount };
    case 'refund':
      return { refunded: 0 - data.amount };
    case 'sale':
      return { reversed: data.amount };
  }
}

function changeOne({ changes }: Database.RunResult, saleId: string): void {
  if (changes !== 1) throw new Error(`there is no sale ${saleId}`);
}
