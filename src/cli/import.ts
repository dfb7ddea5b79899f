import { merchantIdOf } from './merchant-id.js';
import { businessDay, type BusinessDay } from '../merchants/domain/business-day.js';
import { type MerchantSettings } from '../merchants/domain/merchant.events.js';
import { minor } from '../ledger/domain/money.js';
import { requestName } from '../ledger/domain/request-name.js';
import type { GivenBackAnswer, Outcome } from '../sales/sales.commands.js';
import type { Trade, Unread } from './import-rows.js';
import type { Progress } from './progress.js';
import type { Interrupt, Tool } from './tool.js';

/** Sales that are on their way to the log at the same time. */
const IN_FLIGHT = 256;

const TERMINAL = 'T1';
const OPERATOR = { kind: 'operator' } as const;

/** What an import did, in rows, requests and minor units. */
export interface ImportSummary {
  readonly rows: number;
  readonly sales: number;
  readonly voids: number;
  readonly refunds: number;
  /** Cancellations that name several sales, and the requests they were split into. */
  readonly split: { readonly rows: number; readonly requests: number };
  /** Refused by the ledger, by code; and what could not be sent, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  readonly notSent: Readonly<Record<string, number>>;
  /** Lines of the first rows that could not be read. */
  readonly unreadLines: readonly number[];
  /** Requests that an earlier run had sent. */
  readonly replayed: number;
  readonly eventsWritten: number;
  readonly isInterrupted: boolean;
  readonly merchants: readonly MerchantNet[];
}

export interface MerchantNet {
  readonly merchantId: string;
  readonly name: string;
  /** Accepted sales less what was given back. */
  readonly net: bigint;
  /** Pending, available and reserve less receivable, with the fees: what the books say of it. */
  readonly books: bigint;
}

interface Taken {
  readonly saleId: string;
  left: number;
}

/** Plays recorded trade through the command handlers, each request at its own time. */
export class TradeImport {
  private readonly merchants = new Map<string, string>();
  private readonly taken = new Map<string, Taken>();
  private readonly nets = new Map<string, bigint>();
  private readonly stans = new Map<string, number>();
  private readonly opened = new Set<string>();
  private readonly inFlight = new Set<Promise<void>>();
  private readonly counts = { sales: 0, voids: 0, refunds: 0, splitRows: 0, splitRequests: 0 };
  private readonly refused: Record<string, number> = {};
  private readonly notSent: Record<string, number> = {};
  private readonly unreadLines: number[] = [];
  private replayed = 0;
  private day: BusinessDay | undefined;

  constructor(
    private readonly tool: Tool,
    private readonly settings: Omit<MerchantSettings, 'name'>,
    private readonly interrupt: Interrupt,
  ) {}

  /** Ends once every batch is closed, unless they are to stay open. */
  async run(
    rows: readonly (Trade | Unread)[],
    progress: Progress,
    leaveOpen: boolean,
  ): Promise<ImportSummary> {
    const before = Number(await this.tool.store.head());
    let done = 0;
    for (const row of rows) {
      if (this.interrupt.isPressed) break;
      await this.row(row);
      done += 1;
      progress.at(done);
    }
    await this.drain();
    if (!leaveOpen && !this.interrupt.isPressed) await this.closeDay();
    progress.end();
    await this.tool.catchUp();
    const after = Number(await this.tool.store.head());
    return this.summary(done, after - before);
  }

  private async row(row: Trade | Unread): Promise<void> {
    if ('why' in row) {
      count(this.notSent, `unreadable: ${row.why}`);
      if (this.unreadLines.length < 10) this.unreadLines.push(row.line);
      return;
    }
    await this.moveOn(row.at);
    const merchantId = this.merchants.get(row.country) ?? (await this.register(row));
    if (row.kind === 'sale') await this.sale(row, merchantId);
    else await this.cancellation(row, merchantId);
  }

  /** The clock goes on to the row's time; a cut-off on the way closes the day's batches first. */
  private async moveOn(at: number): Promise<void> {
    const day = businessDay(at, this.settings);
    if (this.day && day.endsAt > this.day.endsAt) {
      await this.drain();
      await this.closeDay();
    }
    this.day = day;
    this.tool.clock.set(at);
  }

  private async closeDay(): Promise<void> {
    if (!this.day) return;
    this.tool.clock.set(this.day.endsAt);
    await this.tool.ledger.batches.closeDue();
    this.opened.clear();
  }

  private async register({ country }: Trade): Promise<string> {
    await this.drain();
    const merchantId = merchantIdOf(country, [...this.merchants.values()]);
    const { merchants } = this.tool.ledger;
    await merchants.put(merchantId, { ...this.settings, name: country }, OPERATOR);
    await merchants.assignTerminal(merchantId, { terminalId: TERMINAL, storeId: 'MAIN' }, OPERATOR);
    this.merchants.set(country, merchantId);
    return merchantId;
  }

  /** The next request name of the merchant's terminal; the same in every run on the same file. */
  private nextName(merchantId: string) {
    const batchNo = (this.day?.date ?? '').replaceAll('-', '').slice(2);
    const batch = `${merchantId}.${batchNo}`;
    const stan = (this.stans.get(batch) ?? 0) + 1;
    this.stans.set(batch, stan);
    return { merchantId, terminalId: TERMINAL, batchNo, stan: String(stan).padStart(6, '0') };
  }

  /** In a batch that is open the clock is read as the request comes in: the next row need not wait. */
  private async sale(row: Trade, merchantId: string): Promise<void> {
    const name = this.nextName(merchantId);
    const batch = `${merchantId}.${name.batchNo}`;
    const sending = this.takeSale(row, name);
    if (!this.opened.has(batch)) {
      await sending;
      this.opened.add(batch);
      return;
    }
    this.inFlight.add(sending);
    void sending.finally(() => this.inFlight.delete(sending));
    if (this.inFlight.size >= IN_FLIGHT) await Promise.race(this.inFlight);
  }

  private async takeSale(row: Trade, name: ReturnType<TradeImport['nextName']>): Promise<void> {
    const { currency } = this.settings;
    const token = row.customer === '' ? `guest-${row.invoice}` : `customer-${row.customer}`;
    const card = { token, last4: token.replace(/\D/g, '').slice(-4).padStart(4, '0') };
    const content = { ...name, amount: minor(row.amount), currency, card };
    const by = { kind: 'terminal', id: `${name.merchantId}.${name.terminalId}` } as const;
    const outcome = await this.tool.ledger.sales.take(content, { content, by });
    if (!this.accepted(outcome)) return;
    this.counts.sales += 1;
    this.taken.set(row.invoice, { saleId: requestName(name), left: row.amount });
    this.addNet(name.merchantId, row.amount);
  }

  /** One request for each sale that it names, as far as each has something left. */
  private async cancellation(row: Trade, merchantId: string): Promise<void> {
    await this.drain();
    if (row.unmatched !== undefined) {
      count(this.notSent, `names no sale: ${row.unmatched}`);
      return;
    }
    const [only, ...others] = row.originals;
    if (only !== undefined && others.length === 0) {
      await this.reverse(only, row.amount, row, merchantId);
      return;
    }
    this.counts.splitRows += 1;
    let rest = row.amount;
    for (const original of row.originals) {
      const part = Math.min(rest, this.taken.get(original)?.left ?? 0);
      if (part === 0) continue;
      this.counts.splitRequests += 1;
      await this.reverse(original, part, row, merchantId);
      rest -= part;
    }
    if (rest > 0) count(this.notSent, 'part of a split cancellation: above what is left');
  }

  private async reverse(
    original: string,
    amount: number,
    row: Trade,
    merchantId: string,
  ): Promise<void> {
    const taken = this.taken.get(original);
    if (!taken) {
      count(this.notSent, 'its sale was not taken');
      return;
    }
    const name = this.nextName(merchantId);
    const content = { ...name, amount: minor(amount), reason: `cancellation ${row.invoice}` };
    const by = { kind: 'terminal', id: `${merchantId}.${TERMINAL}` } as const;
    const command = { ...content, asked: 'reversal', saleId: taken.saleId } as const;
    const outcome = await this.tool.ledger.giveBacks.giveBack(command, { content, by });
    if (!this.accepted(outcome)) return;
    const { kind } = (outcome as { answer: GivenBackAnswer }).answer;
    if (kind === 'void') this.counts.voids += 1;
    else this.counts.refunds += 1;
    taken.left -= amount;
    this.addNet(merchantId, -amount);
  }

  private accepted(outcome: Outcome<unknown>): boolean {
    if (outcome.replayed) this.replayed += 1;
    if (!('refusal' in outcome)) return true;
    count(this.refused, outcome.refusal.code);
    return false;
  }

  private addNet(merchantId: string, amount: number): void {
    this.nets.set(merchantId, (this.nets.get(merchantId) ?? 0n) + BigInt(amount));
  }

  private async drain(): Promise<void> {
    await Promise.all(this.inFlight);
  }

  private summary(rows: number, eventsWritten: number): ImportSummary {
    const { sales, voids, refunds, splitRows, splitRequests } = this.counts;
    return {
      rows,
      sales,
      voids,
      refunds,
      split: { rows: splitRows, requests: splitRequests },
      refused: this.refused,
      notSent: this.notSent,
      unreadLines: this.unreadLines,
      replayed: this.replayed,
      eventsWritten,
      isInterrupted: this.interrupt.isPressed,
      merchants: [...this.merchants].map(([name, merchantId]) => ({
        merchantId,
        name,
        net: this.nets.get(merchantId) ?? 0n,
        books: this.books(merchantId),
      })),
    };
  }

  /** What the merchant's accounts hold of its trade, the fees that were taken from it included. */
  private books(merchantId: string): bigint {
    const owed = this.tool.views.books
      .trialBalance()
      .filter((account) => account.merchantId === merchantId)
      .filter(({ account }) => OWED.includes(account));
    return owed.reduce((sum, { debit, credit }) => sum + credit - debit, 0n);
  }
}

const OWED = ['merchant_pending', 'merchant_available', 'merchant_reserve', 'mdr_revenue'];

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
