import type Database from 'better-sqlite3';
import type { EventData } from '../ledger/domain/ledger-event.js';
import { keptIn } from '../ledger/domain/kept-in.js';
import { parseRequestName } from '../ledger/domain/request-name.js';
import type { ReversalData, SettledData } from '../sales/domain/sale.events.js';
import type { Arrived } from './arrival.js';
import { namingLargeSum } from './large-sum.js';
import { folding, type Projection } from './projection.js';
import { handling } from './views-by-event.js';

/** Sums of a settlement line, in the order of their columns. */
export const LINE_SUMS = [
  'count',
  'gross',
  'voided',
  'refunded',
  'fee',
  'reserve',
  'net',
  'refundCount',
  'refundAmount',
  'feeReturned',
] as const;

type LineSum = (typeof LINE_SUMS)[number];

/**
 * What settled of a batch's sales, a line for each value date and card type; and, on a line without either, what was
 * refunded of settled sales by the batch's own requests.
 */
const LINES = `
  CREATE TABLE settlement_lines (
    merchantId TEXT NOT NULL, businessDate TEXT NOT NULL, terminalId TEXT NOT NULL, batchNo TEXT NOT NULL,
    currency TEXT NOT NULL, valueDate TEXT NOT NULL, cardType TEXT NOT NULL,
    ${LINE_SUMS.map((sum) => `${sum} INTEGER NOT NULL`).join(', ')},
    PRIMARY KEY (merchantId, businessDate, terminalId, batchNo, currency, valueDate, cardType)
  ) STRICT, WITHOUT ROWID;
`;

/**
 * What the acquirer owes for each batch, and has paid; a line with a `day` is for what belongs to
 * a date and to no batch. All differences together are what stands on acquirer_receivable. `isOurs`: whether the ledger
 * has anything in it itself; of a batch that only the acquirer has named, its word is all there is for the date.
 */
const CLAIMS = `
  CREATE TABLE claims (
    merchantId TEXT NOT NULL, batch TEXT NOT NULL, currency TEXT NOT NULL, day TEXT NOT NULL,
    businessDate TEXT NOT NULL, isOurs INTEGER NOT NULL, expected INTEGER NOT NULL, received INTEGER NOT NULL,
    schemeCost INTEGER NOT NULL, PRIMARY KEY (merchantId, batch, currency, day)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX claims_by_date ON claims (businessDate, merchantId, currency);
  CREATE INDEX claims_of_merchant ON claims (merchantId, businessDate, currency);
`;

/** Apart from the claims: some are made only after the close, by what slipped in behind it or by what was paid. */
const CLOSED = `
  CREATE TABLE closed_batches (
    merchantId TEXT NOT NULL, batch TEXT NOT NULL, PRIMARY KEY (merchantId, batch)
  ) STRICT, WITHOUT ROWID;
`;

/** What the acquirer has paid: the sums of each payment's lines, as text of whatever length. */
const PAYMENTS = `
  CREATE TABLE acquirer_payments (
    receivedOn TEXT NOT NULL, paymentId TEXT NOT NULL, currency TEXT NOT NULL, reference TEXT, amount TEXT NOT NULL,
    schemeCost TEXT NOT NULL, lineCount INTEGER NOT NULL, occurredAt TEXT NOT NULL,
    PRIMARY KEY (receivedOn, paymentId)
  ) STRICT, WITHOUT ROWID;
`;

/** Settlements by batch and day, and how the acquirer's payments match them. */
export const settlementsProjection: Projection = {
  name: 'settlements',
  version: 6,
  tables: {
    settlement_lines: LINES,
    claims: CLAIMS,
    closed_batches: CLOSED,
    acquirer_payments: PAYMENTS,
  },
  open: (database) => folding(new SettlementTables(database)),
};

interface Claim {
  readonly merchantId: string;
  readonly batch: string;
  readonly currency: string;
  businessDate: string;
  isOurs: boolean;
  expected: bigint;
  received: bigint;
  schemeCost: bigint;
}

type Claimed = Pick<Claim, 'merchantId' | 'currency' | 'businessDate'>;

/** Lines and claims that the events of one fold touch: each is written once, at its end. */
class SettlementTables {
  private readonly addLine: Database.Statement;
  private readonly addClaim: Database.Statement;
  private readonly addClosed: Database.Statement;
  private readonly addPayment: Database.Statement;
  private readonly lines = new Map<string, Record<LineSum, bigint>>();
  private readonly claims = new Map<string, Claim>();

  private readonly handle = handling<'settlements'>({
    Sale: (data) => (this.claim(data, batchIn(data)).expected += BigInt(data.amount)),
    Void: (data) => (this.claim(data, batchOf(data)).expected -= BigInt(data.amount)),
    Refund: (data) => this.refunded(data),
    Settled: (data) => this.settled(data),
    Reversal: (data) => this.undo(data),
    BatchClosed: (data) => this.cleared(data),
    ChargebackOpened: (data) => (this.claim(data, DAY).expected -= BigInt(data.amount)),
    ChargebackWon: (data) => (this.claim(data, DAY).expected += BigInt(data.amount)),
    AcquirerPaid: (data) => this.paid(data),
  });

  constructor(database: Database.Database) {
    this.addLine = database.prepare(
      `INSERT INTO settlement_lines VALUES (?, ?, ?, ?, ?, ?, ?${', ?'.repeat(LINE_SUMS.length)})
       ON CONFLICT DO UPDATE SET ${LINE_SUMS.map((sum) => `${sum} = ${sum} + excluded.${sum}`).join(', ')}`,
    );
    this.addClaim = database.prepare(
      `INSERT INTO claims VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET businessDate = iif(isOurs < excluded.isOurs, excluded.businessDate, businessDate),
         isOurs = max(isOurs, excluded.isOurs), expected = expected + excluded.expected,
         received = received + excluded.received, schemeCost = schemeCost + excluded.schemeCost`,
    );
    this.addClosed = database.prepare('INSERT INTO closed_batches VALUES (?, ?)');
    this.addPayment = database.prepare(
      'INSERT INTO acquirer_payments VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
  }

  fold(events: readonly Arrived[]): void {
    this.lines.clear();
    this.claims.clear();
    this.handle(events);
    for (const [key, sums] of this.lines) {
      this.addLine.run(...key.split(' '), ...LINE_SUMS.map((sum) => sums[sum]));
    }
    for (const claim of this.claims.values()) this.write(claim);
  }

  private cleared({ refunds, ...data }: EventData<'BatchClosed'>): void {
    const batch = batchIn(data);
    for (const { currency, amount } of refunds) {
      this.claim({ ...data, currency }, batch).expected -= BigInt(amount);
    }
    this.addClosed.run(data.merchantId, batch);
  }

  /** Its close takes it off what is owed: until then the date is open. */
  private refunded(data: EventData<'Refund'>): void {
    this.claim(data, batchIn(data));
    if (!data.afterSettlement) return;
    const line = this.line(data, '', '');
    line.refundCount += 1n;
    line.refundAmount += BigInt(data.amount);
    line.feeReturned += BigInt(data.feeReturned);
  }

  /** The mirror of what is undone, where that stands: a sale's and a void's in the sale's batch, a refund's in its own. */
  private undo(data: ReversalData): void {
    switch (data.undone) {
      case 'nothing':
        return;
      case 'sale':
        this.claim(data, batchOf(data)).expected -= BigInt(data.amount);
        return;
      case 'void':
        this.claim(data, batchOf(data)).expected += BigInt(data.amount);
        return;
      case 'refund': {
        if (!data.afterSettlement) return;
        const { businessDate } = data.counted ?? data;
        const line = this.line({ ...data, ...parseRequestName(data.of), businessDate }, '', '');
        line.refundCount -= 1n;
        line.refundAmount -= BigInt(data.amount);
        line.feeReturned -= BigInt(data.feeReturned);
      }
    }
  }

  private settled(data: SettledData): void {
    const line = this.line(data, data.valueDate, data.cardType ?? '');
    line.count += 1n;
    for (const sum of ['gross', 'voided', 'refunded', 'fee', 'reserve', 'net'] as const) {
      line[sum] += BigInt(data[sum]);
    }
  }

  private paid(data: EventData<'AcquirerPaid'>): void {
    const { paymentId, currency, receivedOn, reference = null, lines, occurredAt } = data;
    const paid = { amount: 0n, schemeCost: 0n };
    for (const { amount, schemeCost, terminalId, batchNo, ...of } of lines) {
      const batch = terminalId !== undefined && batchNo !== undefined;
      const name = batch ? `${terminalId}.${batchNo}` : DAY;
      const claim = this.claimNamed({ ...of, currency }, name);
      claim.received += BigInt(amount);
      claim.schemeCost += BigInt(schemeCost);
      paid.amount += BigInt(amount);
      paid.schemeCost += BigInt(schemeCost);
    }
    const sums = [String(paid.amount), String(paid.schemeCost), lines.length];
    this.addPayment.run(receivedOn, paymentId, currency, reference, ...sums, occurredAt);
  }

  private line(
    data: Omit<Batched, 'saleId'>,
    valueDate: string,
    cardType: string,
  ): Record<LineSum, bigint> {
    const { merchantId, businessDate, terminalId, batchNo, currency } = data;
    const key = [merchantId, businessDate, terminalId, batchNo, currency, valueDate, cardType];
    return keptIn(this.lines, key.join(' '), () => ({ ...NO_SUMS }));
  }

  /** What the ledger itself has to claim. */
  private claim(of: Claimed, batch: string): Claim {
    const claim = this.claimNamed(of, batch);
    if (!claim.isOurs) claim.businessDate = of.businessDate;
    claim.isOurs = true;
    return claim;
  }

  private claimNamed({ merchantId, currency, businessDate }: Claimed, batch: string): Claim {
    const key = `${merchantId} ${batch} ${currency} ${batch === DAY ? businessDate : ''}`;
    return keptIn(this.claims, key, () => ({
      ...{ merchantId, batch, currency, businessDate, isOurs: false },
      ...{ expected: 0n, received: 0n, schemeCost: 0n },
    }));
  }

  /** A batch is of one date; only what belongs to no batch is kept apart by its date. */
  private write(claim: Claim): void {
    const { merchantId, batch, currency, businessDate, isOurs } = claim;
    const { expected, received, schemeCost } = claim;
    const day = batch === DAY ? businessDate : '';
    const names = [merchantId, batch, currency, day, businessDate];
    try {
      this.addClaim.run(...names, isOurs ? 1 : 0, expected, received, schemeCost);
    } catch (error) {
      const sums = { expected, received, schemeCost };
      throw namingLargeSum(error, { merchantId, currency, sums });
    }
  }
}

/** Stands for the batch of what belongs to a date alone. */
export const DAY = 'day';

interface Batched {
  readonly merchantId: string;
  readonly businessDate: string;
  readonly terminalId: string;
  readonly batchNo: string;
  readonly currency: string;
}

const NO_SUMS = Object.fromEntries(LINE_SUMS.map((sum) => [sum, 0n])) as Record<LineSum, bigint>;

function batchIn({ terminalId, batchNo }: Pick<Batched, 'terminalId' | 'batchNo'>): string {
  return `${terminalId}.${batchNo}`;
}

/** The batch of the sale that something is about. */
function batchOf({ saleId }: { readonly saleId: string }): string {
  return batchIn(parseRequestName(saleId));
}
