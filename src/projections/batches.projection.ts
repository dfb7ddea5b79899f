import type Database from 'better-sqlite3';
import type { BatchFact } from '../batches/domain/batch.events.js';
import type { EventData } from '../ledger/domain/ledger-event.js';
import { keptIn } from '../ledger/domain/kept-in.js';
import {
  batchName,
  parseRequestName,
  requestName,
  terminalName,
} from '../ledger/domain/request-name.js';
import type { ReversalData, SaleData, SettledData } from '../sales/domain/sale.events.js';
import type { Arrived } from './arrival.js';
import { CARRIED, CarriedSales } from './carried-sales.js';
import { folding, type Projection } from './projection.js';
import { CLEARINGS, RefundClearings } from './refund-clearings.js';
import { handling } from './views-by-event.js';

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

type Sum = (typeof SUMS)[number];

const ZEROES = Object.fromEntries(SUMS.map((sum) => [sum, 0n])) as Record<Sum, bigint>;

/** `currency`: of the money in it; `awaited`: of what waited for an approval in it before there was any. */
const BATCHES = `
  CREATE TABLE batches (
    name TEXT PRIMARY KEY, merchantId TEXT NOT NULL, terminalId TEXT NOT NULL, batchNo TEXT NOT NULL,
    businessDate TEXT NOT NULL, endsAt TEXT, currency TEXT, awaited TEXT, status TEXT NOT NULL,
    ${SUMS.map((sum) => `${sum} INTEGER NOT NULL`).join(', ')}
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX live_batches ON batches (name) WHERE status <> 'closed';
  CREATE INDEX batches_by_status ON batches (status);
`;

/** Voids and refunds that took effect before the end of a close, under the batch of the request that asked for them. */
const OPERATIONS = `
  CREATE TABLE operations (
    batch TEXT NOT NULL, stan TEXT NOT NULL, kind TEXT NOT NULL, saleId TEXT NOT NULL,
    amount INTEGER NOT NULL, currency TEXT NOT NULL, PRIMARY KEY (batch, stan)
  ) STRICT, WITHOUT ROWID;
`;

/** Every batch: whether it is open, what it comes to, and what was voided and refunded in it. */
export const batchesProjection = {
  name: 'batches',
  version: 17,
  tables: { batches: BATCHES, operations: OPERATIONS, carried: CARRIED, clearings: CLEARINGS },
  open: (database) => folding(new BatchesTable(database)),
} satisfies Projection;

type GivenBack = BatchFact & {
  readonly stan: string;
  readonly saleId: string;
  readonly amount: number;
  readonly currency: string;
};

/** What the events of one fold do to a batch. */
interface Change {
  readonly name: string;
  readonly fact: BatchFact;
  /** The latest of its date's sales'; null while it holds none. */
  endsAt: string | null;
  /** Of the money in it; null as long as there is none. */
  currency: string | null;
  /** Of the first that waits for an approval. */
  awaited: string | null;
  readonly sums: Record<Sum, bigint>;
  /** What a batch's own events have made of it. */
  status: 'closing' | 'closed' | undefined;
  /** What its close found, which stands whatever another node wrote while it was written. */
  found?: Record<Sum, bigint>;
  /** Before these events; undefined as long as nobody has asked. */
  wasShut?: boolean;
}

/** The batches that the events of one fold touch: each is written once, at its end. */
class BatchesTable {
  private readonly add: Database.Statement;
  private readonly shut: Database.Statement;
  private readonly setSums: Database.Statement;
  private readonly insertOperation: Database.Statement;
  private readonly deleteOperation: Database.Statement<
    [string, string],
    { kind: 'void' | 'refund'; amount: number }
  >;
  private readonly statusOf: Database.Statement<[string], { status: string }>;
  private readonly currencyOf: Database.Statement<[string], { currency: string | null }>;
  private readonly carried: CarriedSales;
  private readonly clearings: RefundClearings;
  private readonly changes = new Map<string, Change>();

  private readonly handle = handling<'batches'>({
    Sale: (data) => this.sold(data),
    RequestTaken: (data) => this.of(data),
    Refused: (data) => this.of(data),
    NothingToReverse: (data) => this.of(data),
    Void: (data) => this.operation('void', data),
    Refund: (data) => this.operation('refund', data),
    ApprovalRequested: (data) => (this.of(data).awaited ??= data.currency),
    Settled: (data) => this.settled(data),
    Reversal: (data) => this.undo(data),
    BatchCloseRequested: (data) => {
      this.of(data).status = 'closing';
      this.clearings.closeRequested(terminalName(data), batchName(data));
    },
    BatchClosed: (data) => {
      const change = this.of(data);
      change.status = 'closed';
      change.found = sumsOf(data);
      this.clearings.closed(batchName(data), data.refundsCounted);
    },
  });

  constructor(database: Database.Database) {
    const sums = SUMS.map((sum) => `${sum} = ${sum} + excluded.${sum}`).join(', ');
    this.add = database.prepare(
      `INSERT INTO batches (name, merchantId, terminalId, batchNo, businessDate, endsAt, currency, awaited, status, ${SUMS.join(', ')})
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', ${SUMS.map(() => '?').join(', ')})
       ON CONFLICT (name) DO UPDATE SET endsAt = CASE businessDate WHEN excluded.businessDate
           THEN coalesce(max(endsAt, excluded.endsAt), endsAt, excluded.endsAt) ELSE endsAt END,
         currency = coalesce(currency, excluded.currency), awaited = coalesce(awaited, excluded.awaited), ${sums}`,
    );
    this.shut = database.prepare('UPDATE batches SET status = ? WHERE name = ?');
    this.setSums = database.prepare(
      `UPDATE batches SET ${SUMS.map((sum) => `${sum} = ?`).join(', ')} WHERE name = ?`,
    );
    this.insertOperation = database.prepare('INSERT INTO operations VALUES (?, ?, ?, ?, ?, ?)');
    this.deleteOperation = database.prepare(
      'DELETE FROM operations WHERE batch = ? AND stan = ? RETURNING kind, amount',
    );
    this.statusOf = database.prepare('SELECT status FROM batches WHERE name = ?');
    this.currencyOf = database.prepare('SELECT currency FROM batches WHERE name = ?');
    this.carried = new CarriedSales(database);
    this.clearings = new RefundClearings(database);
  }

  fold(events: readonly Arrived[]): void {
    this.changes.clear();
    this.handle(events);
    for (const change of this.changes.values()) this.write(change);
  }

  private write({ name, fact, endsAt, currency, awaited, sums, status, found }: Change): void {
    const { merchantId, terminalId, batchNo, businessDate } = fact;
    const amounts = SUMS.map((sum) => sums[sum]);
    const day = [businessDate, endsAt, currency, awaited];
    this.add.run(name, merchantId, terminalId, batchNo, ...day, ...amounts);
    if (status) this.shut.run(status, name);
    if (found) this.setSums.run(...SUMS.map((sum) => found[sum]), name);
  }

  private settled(data: SettledData): void {
    const { saleId, fee, reserve, net } = data;
    const name = batchName(data);
    if (saleId.startsWith(`${name}.`)) {
      this.carried.drop(saleId);
      // Put back since, it has settled alone.
      if (this.status(name) === 'closed') return;
    } else {
      this.carried.settled(saleId, name);
      // In a batch of other money it is in none of the sums.
      if ((this.currency(name) ?? data.currency) !== data.currency) return;
    }
    const settledAmount = fee + reserve + net;
    add(this.withMoney(data), { settledCount: 1, settledAmount, fee, reserve, net });
  }

  private sold(data: SaleData): void {
    const change = this.withMoney(data);
    const { businessDate, businessDateEndsAt: ends } = data;
    const isOfDate = change.fact.businessDate === businessDate;
    if (isOfDate && (change.endsAt === null || ends > change.endsAt)) change.endsAt = ends;
    if (this.isShut(change)) this.carried.slippedIn(data.saleId);
    else add(change, { saleCount: 1, saleAmount: data.amount });
  }

  /** The batch that money goes into. */
  private withMoney(fact: BatchFact & { readonly currency: string }): Change {
    const change = this.of(fact);
    change.currency ??= fact.currency;
    return change;
  }

  /** Of the money in it; none as long as there is none. */
  private currency(name: string): string | null | undefined {
    return this.currencyOf.get(name)?.currency ?? this.changes.get(name)?.currency;
  }

  /** The first fact that names a batch opens it. */
  private of(fact: BatchFact): Change {
    const name = batchName(fact);
    return keptIn(this.changes, name, () => {
      const nothing = { endsAt: null, currency: null, awaited: null, status: undefined };
      return { name, fact, ...nothing, sums: { ...ZEROES } };
    });
  }

  /** What is undone no longer counts in the batch that it was requested in, unless that is closed: then nothing changes it. */
  private undo(data: ReversalData): void {
    this.of(data);
    switch (data.undone) {
      case 'nothing':
        // A void whose sale was reversed before counts until it is undone itself.
        this.takeOutOperation(data);
        return;
      case 'sale':
        if (this.carried.dropUncounted(data.of)) return;
        this.takeOut(data, { saleCount: -1, saleAmount: 0 - data.gross });
        return;
      case 'void':
        this.takeOutOperation(data);
        this.putBack(data.saleId);
        return;
      case 'refund':
        this.takeOutOperation(data);
        this.toClear(data.of, data.currency, 0 - data.amount);
        if (!data.afterSettlement) this.putBack(data.saleId);
    }
  }

  private takeOut(data: ReversalData, less: Partial<Record<Sum, number>>): void {
    const original = parseRequestName(data.of);
    if (this.status(batchName(original)) === 'closed') return;
    add(this.of({ ...original, businessDate: data.businessDate }), less);
  }

  private takeOutOperation(data: ReversalData): void {
    const original = parseRequestName(data.of);
    const batch = batchName(original);
    if (this.status(batch) === 'closed') return;
    const done = this.deleteOperation.get(batch, original.stan);
    if (!done) return;
    const { kind, amount } = done;
    const sums = this.of({ ...original, businessDate: data.businessDate });
    add(sums, { [`${kind}Count`]: -1, [`${kind}Amount`]: 0 - amount });
  }

  /** A sale that has something left again: its own batch may no longer be there to settle it. */
  private putBack(saleId: string): void {
    if (this.status(batchName(parseRequestName(saleId))) !== 'open') this.carried.putBack(saleId);
  }

  /** Whether a request that comes now has slipped in behind the close, on a node that had not heard of it. */
  private isShut(change: Change): boolean {
    change.wasShut ??= (this.statusOf.get(change.name)?.status ?? 'open') !== 'open';
    return change.wasShut || change.status !== undefined;
  }

  /** `request`: of the refund. */
  private toClear(request: string, currency: string, amount: number): void {
    const refund = parseRequestName(request);
    const batch = batchName(refund);
    const clearing = { batch, terminal: terminalName(refund), request, currency, amount };
    this.clearings.add(clearing, this.status(batch) === 'closed');
  }

  private status(name: string): string {
    return this.changes.get(name)?.status ?? this.statusOf.get(name)?.status ?? 'open';
  }

  private operation(kind: 'void' | 'refund', data: GivenBack): void {
    const change = this.withMoney(data);
    // What slips in behind the end of a close, on a node that had not heard of it, is nothing that the close found.
    if (this.status(change.name) !== 'closed') {
      const { stan, saleId, amount, currency } = data;
      add(change, { [`${kind}Count`]: 1, [`${kind}Amount`]: amount });
      this.insertOperation.run(change.name, stan, kind, saleId, amount, currency);
    }
    if (kind === 'refund') this.toClear(requestName(data), data.currency, data.amount);
  }
}

function sumsOf({ totals, settled }: EventData<'BatchClosed'>): Record<Sum, bigint> {
  const { count, amount, ...rest } = settled;
  const sums = { ...totals, settledCount: count, settledAmount: amount, ...rest };
  return Object.fromEntries(SUMS.map((sum) => [sum, BigInt(sums[sum])])) as Record<Sum, bigint>;
}

function add({ sums }: Change, more: Partial<Record<Sum, number>>): void {
  for (const sum in more) sums[sum as Sum] += BigInt(more[sum as Sum] ?? 0);
}
