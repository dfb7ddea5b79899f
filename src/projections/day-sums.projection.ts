import type Database from 'better-sqlite3';
import { keptIn } from '../ledger/domain/kept-in.js';
import { parseRequestName } from '../ledger/domain/request-name.js';
import type { LimitScope } from '../merchants/domain/limits.js';
import type { Counted, MerchantSettings } from '../merchants/domain/merchant.events.js';
import type { ReversalData, SaleData } from '../sales/domain/sale.events.js';
import type { Arrived } from './arrival.js';
import { folding, type Projection } from './projection.js';
import { handling } from './views-by-event.js';

const SUMS = `
  CREATE TABLE sums (
    merchantId TEXT NOT NULL, date TEXT NOT NULL, kind TEXT NOT NULL, currency TEXT NOT NULL,
    scope TEXT NOT NULL, subject TEXT NOT NULL, count INTEGER NOT NULL, amount INTEGER NOT NULL,
    PRIMARY KEY (merchantId, date, kind, currency, scope, subject)
  ) STRICT, WITHOUT ROWID;
`;

/** Merchants with a daily limit for each card: only theirs are summed by card, which takes a row for almost each sale. */
const BY_CARD = 'CREATE TABLE byCard (merchantId TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;';

/** What was taken, voided and refunded on each business date: all that limits go by. What is reversed does not count. */
export const daySumsProjection: Projection = {
  name: 'day-sums',
  version: 2,
  tables: { sums: SUMS, byCard: BY_CARD },
  open: (database) => folding(new DaySumsTable(database)),
};

/** One request that counts, or with `times` -1 no longer does. */
interface Count {
  readonly kind: Counted;
  readonly merchantId: string;
  readonly terminalId: string;
  readonly storeId?: string | undefined;
  readonly cardToken?: string | undefined;
  readonly date: string;
  readonly currency: string;
  readonly amount: number;
  readonly times: 1 | -1;
}

type Requested = Pick<
  SaleData,
  'merchantId' | 'terminalId' | 'businessDate' | 'currency' | 'amount'
> & { readonly storeId?: string };

interface Change {
  readonly key: readonly string[];
  count: number;
  amount: bigint;
}

/** The sums that the events of one fold touch: each is written once, at its end. */
class DaySumsTable {
  private readonly add: Database.Statement;
  private readonly countCards: Database.Statement;
  private readonly countNoCards: Database.Statement;
  private readonly cardsCounted: Database.Statement<[string], object>;
  private readonly changes = new Map<string, Change>();
  /** As far as this fold has asked. */
  private readonly byCard = new Map<string, boolean>();

  private readonly handle = handling<'day-sums'>({
    Sale: (data) => this.countRequest('sale', data, data.card.token),
    Void: (data) => this.countRequest('void', data, data.cardToken),
    Refund: (data) => this.countRequest('refund', data, data.cardToken),
    Reversal: (data) => this.undo(data),
    MerchantRegistered: ({ merchantId, settings }) => this.settings(merchantId, settings),
    MerchantPolicyChanged: ({ merchantId, settings }) => this.settings(merchantId, settings),
  });

  constructor(database: Database.Database) {
    this.add = database.prepare(
      `INSERT INTO sums VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count, amount = amount + excluded.amount`,
    );
    this.countCards = database.prepare('INSERT INTO byCard VALUES (?) ON CONFLICT DO NOTHING');
    this.countNoCards = database.prepare('DELETE FROM byCard WHERE merchantId = ?');
    this.cardsCounted = database.prepare('SELECT 1 FROM byCard WHERE merchantId = ?');
  }

  fold(events: readonly Arrived[]): void {
    this.changes.clear();
    this.byCard.clear();
    this.handle(events);
    for (const { key, count, amount } of this.changes.values()) this.add.run(...key, count, amount);
  }

  /** Field by field: a spread of so many takes longer than all the rest of a sale here. */
  private countRequest(
    kind: Counted,
    { merchantId, terminalId, storeId, businessDate, currency, amount }: Requested,
    cardToken: string | undefined,
  ): void {
    this.count({
      kind,
      merchantId,
      terminalId,
      storeId,
      cardToken,
      date: businessDate,
      currency,
      amount,
      times: 1,
    });
  }

  private undo(data: ReversalData): void {
    const money = data.undone === 'nothing' ? data.voided : data;
    if (!money?.counted) return;
    const { businessDate: date, ...counted } = money.counted;
    const { merchantId, terminalId } = parseRequestName(data.of);
    const kind = data.undone === 'nothing' ? 'void' : data.undone;
    const amount = data.undone === 'sale' ? data.gross : money.amount;
    const place = { merchantId, terminalId, date, currency: money.currency };
    this.count({ ...counted, ...place, kind, amount, times: -1 });
  }

  private count(of: Count): void {
    this.sum(of, 'merchant', of.merchantId);
    this.sum(of, 'terminal', of.terminalId);
    if (of.storeId !== undefined) this.sum(of, 'store', of.storeId);
    if (of.cardToken !== undefined && this.isByCard(of.merchantId)) {
      this.sum(of, 'card', of.cardToken);
    }
  }

  private sum(of: Count, scope: LimitScope, subject: string): void {
    const key = [of.merchantId, of.date, of.kind, of.currency, scope, subject];
    const name = key.join(' ');
    const change = keptIn(this.changes, name, () => ({ key, count: 0, amount: 0n }));
    change.count += of.times;
    change.amount += BigInt(of.times * of.amount);
  }

  private settings(merchantId: string, { limits }: MerchantSettings): void {
    const isByCard = limits?.perCard?.daily !== undefined;
    if (isByCard) this.countCards.run(merchantId);
    else this.countNoCards.run(merchantId);
    this.byCard.set(merchantId, isByCard);
  }

  private isByCard(merchantId: string): boolean {
    const asked = () => this.cardsCounted.get(merchantId) !== undefined;
    return keptIn(this.byCard, merchantId, asked);
  }
}
