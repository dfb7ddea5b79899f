import type Database from 'better-sqlite3';
import type { EventData } from '../ledger/domain/ledger-event.js';
import type { SettledData } from '../sales/domain/sale.events.js';
import type { Arrived } from './arrival.js';
import { handling } from './views-by-event.js';

/** Net that has settled, by the date from which it may be paid out. */
const DUE = `
  CREATE TABLE due (
    merchantId TEXT NOT NULL, currency TEXT NOT NULL, valueDate TEXT NOT NULL, businessDate TEXT NOT NULL,
    net INTEGER NOT NULL, PRIMARY KEY (merchantId, currency, valueDate, businessDate)
  ) STRICT, WITHOUT ROWID;
`;

/** Reserve by the date until which it is held. `releases` counts how often some of it was released. */
const RESERVES = `
  CREATE TABLE reserves (
    merchantId TEXT NOT NULL, currency TEXT NOT NULL, heldUntil TEXT NOT NULL, held INTEGER NOT NULL,
    releases INTEGER NOT NULL, PRIMARY KEY (merchantId, currency, heldUntil)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX reserves_to_release ON reserves (heldUntil) WHERE held > 0;
`;

/** `sentOn`, `returnedOn`: its merchant's business date when it was sent, and when it came back. */
const PAYOUTS = `
  CREATE TABLE payouts (
    merchantId TEXT NOT NULL, currency TEXT NOT NULL, number INTEGER NOT NULL, date TEXT NOT NULL,
    amount INTEGER NOT NULL, account TEXT, status TEXT NOT NULL, bankReference TEXT, returnReason TEXT,
    sentAt TEXT NOT NULL, sentOn TEXT NOT NULL, changedAt TEXT NOT NULL, returnedOn TEXT, PRIMARY KEY (merchantId, currency, number)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX payouts_by_date ON payouts (date, merchantId, currency, number);
  CREATE INDEX payouts_of_merchant ON payouts (merchantId, date, currency, number);
  CREATE INDEX payouts_by_status ON payouts (status, date, merchantId, currency, number);
  CREATE INDEX payouts_by_return ON payouts (merchantId, currency, returnedOn) WHERE returnedOn IS NOT NULL;
`;

/** What payouts and releases are decided on: in the file of the books, so that a reader sees both at one moment. */
export const PAYOUT_TABLES = { due: DUE, reserves: RESERVES, payouts: PAYOUTS } as const;

/** Sums of one fold, each written once at its end. */
export class PayoutTables {
  private readonly addDue: Database.Statement;
  private readonly addReserve: Database.Statement;
  private readonly addPayout: Database.Statement;
  private readonly changePayout: Database.Statement;
  private readonly due = new Map<string, bigint>();
  private readonly reserves = new Map<string, { held: bigint; releases: number }>();

  private readonly handle = handling<'payouts'>({
    Settled: (data) => this.settled(data),
    ReserveReleased: ({ merchantId, currency, heldUntil, amount }) =>
      this.reserve(`${merchantId} ${currency} ${heldUntil}`, -BigInt(amount), 1),
    PayoutSent: (data) => this.sent(data),
    PayoutPaid: (data) => this.paid(data),
    PayoutReturned: (data) => this.returned(data),
  });

  constructor(database: Database.Database) {
    this.addDue = database.prepare(
      `INSERT INTO due VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET net = net + excluded.net`,
    );
    this.addReserve = database.prepare(
      `INSERT INTO reserves VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET held = held + excluded.held, releases = releases + excluded.releases`,
    );
    this.addPayout = database.prepare(
      `INSERT INTO payouts VALUES (?, ?, ?, ?, ?, ?, 'sent', NULL, NULL, ?, ?, ?, NULL)`,
    );
    this.changePayout = database.prepare(
      `UPDATE payouts SET status = ?, bankReference = coalesce(?, bankReference), returnReason = ?, changedAt = ?,
         returnedOn = ?
       WHERE merchantId = ? AND currency = ? AND number = ?`,
    );
  }

  fold(events: readonly Arrived[]): void {
    this.due.clear();
    this.reserves.clear();
    this.handle(events);
    for (const [key, net] of this.due) this.addDue.run(...key.split(' '), net);
    for (const [key, { held, releases }] of this.reserves) {
      this.addReserve.run(...key.split(' '), held, releases);
    }
  }

  private sent(data: EventData<'PayoutSent'>): void {
    const { merchantId, currency, number, date, amount, account, occurredAt, businessDate } = data;
    const held = account ? JSON.stringify(account) : null;
    this.addPayout.run(
      ...[merchantId, currency, number, date],
      ...[BigInt(amount), held, occurredAt, businessDate, occurredAt],
    );
  }

  private paid({ payoutId, bankReference, occurredAt }: EventData<'PayoutPaid'>): void {
    const paid = ['paid', bankReference, null, occurredAt, null];
    this.changePayout.run(...paid, ...payoutId.split('.'));
  }

  private returned(data: EventData<'PayoutReturned'>): void {
    const { payoutId, reason, occurredAt, businessDate } = data;
    const returned = ['returned', null, reason ?? null, occurredAt, businessDate];
    this.changePayout.run(...returned, ...payoutId.split('.'));
  }

  private settled(data: SettledData): void {
    const { merchantId, currency, valueDate, businessDate, net, reserve, reserveUntil } = data;
    const book = `${merchantId} ${currency}`;
    const key = `${book} ${valueDate} ${businessDate}`;
    this.due.set(key, (this.due.get(key) ?? 0n) + BigInt(net));
    if (reserveUntil !== undefined) this.reserve(`${book} ${reserveUntil}`, BigInt(reserve), 0);
  }

  private reserve(key: string, held: bigint, releases: number): void {
    const sum = this.reserves.get(key) ?? { held: 0n, releases: 0 };
    this.reserves.set(key, { held: sum.held + held, releases: sum.releases + releases });
  }
}
