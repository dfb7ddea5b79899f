import type { Position } from '../event-store/event-store.js';
import { businessDay, type BusinessDay } from '../merchants/domain/business-day.js';
import { type MerchantSettings } from '../merchants/domain/merchant.events.js';
import { minor } from '../ledger/domain/money.js';
import { requestName } from '../ledger/domain/request-name.js';
import { type PlannedMerchant, planMerchants, TERMINAL } from './import-merchants.js';
import type { Trade, Unread } from './import-rows.js';
import { type Counts, Tally } from './import-tally.js';
import type { Played, PlayedLedger } from './played-ledger.js';
import type { Progress } from './progress.js';
import type { Interrupt } from './tool.js';

/** Sales that are on their way to the log at the same time. */
const IN_FLIGHT = 256;

/** What an import did, in rows, requests and minor units. */
export interface ImportSummary extends Counts {
  readonly rowsInFile: number;
  /** False when everything had been played before: the log has nothing more than heads signed of it. */
  readonly changedTheLedger: boolean;
  readonly isInterrupted: boolean;
  readonly merchants: readonly MerchantNet[];
}

interface MerchantNet {
  readonly merchantId: string;
  readonly name: string;
  /** Accepted sales less what was given back. */
  readonly net: bigint;
  /** The part of it that this run has added. */
  readonly added: bigint;
  /** What the books hold of the merchant: its balances, and the fees that were taken from it. */
  readonly books: bigint;
  /** The same before this run. */
  readonly booksBefore: bigint;
}

/** What is wrong, a line for each; nothing when the books have grown by just what was added, to the minor unit. */
export function faultsOf({ merchants, unaccounted }: ImportSummary): string[] {
  const differing = merchants.filter(
    ({ added, books, booksBefore }) => books - booksBefore !== added,
  );
  return [
    ...differing.map(
      ({ merchantId, added, books, booksBefore }) =>
        `FAULT: the books of ${merchantId} went from ${booksBefore} to ${books}, but its sales less what was given back are ${added}.`,
    ),
    ...(unaccounted === 0 ? [] : [`FAULT: ${unaccounted} rows are not accounted for.`]),
  ];
}

interface Taken {
  readonly saleId: string;
  left: number;
}

/** Sums of a merchant, in minor units. */
interface Sums {
  readonly booksBefore: bigint;
  net: bigint;
  added: bigint;
}

/** Plays recorded trade into a ledger, each request at its own time. */
export class TradeImport {
  private readonly merchants = new Map<string, string>();
  private planned: ReadonlyMap<string, PlannedMerchant> = new Map();
  private readonly taken = new Map<string, Taken>();
  private readonly seen = new Set<string>();
  private readonly sums = new Map<string, Sums>();
  private readonly stans = new Map<string, number>();
  private readonly opened = new Set<string>();
  private readonly inFlight = new Set<Promise<void>>();
  private readonly tally = new Tally();
  private failure: Error | undefined;
  private day: BusinessDay | undefined;

  constructor(
    private readonly ledger: PlayedLedger,
    private readonly settings: Omit<MerchantSettings, 'name'>,
    private readonly interrupt: Pick<Interrupt, 'isPressed'>,
  ) {}

  /**
   * Plays the rows by their times. Ends once every batch is closed, unless they are to stay open.
   * @throws Error before anything is written, when a merchant of the trade is there with other settings
   */
  async run(
    rows: readonly (Trade | Unread)[],
    progress: Pick<Progress, 'at'>,
    leaveOpen: boolean,
  ): Promise<ImportSummary> {
    const before = await this.ledger.head();
    for (const row of rows) if ('why' in row) this.tally.unread(row);
    const trades = rows.filter((row): row is Trade => !('why' in row));
    trades.sort((a, b) => a.at - b.at);
    this.planned = await planMerchants(trades, this.settings, this.ledger);
    for (const row of trades) {
      if (this.interrupt.isPressed) break;
      await this.row(row);
      progress.at(this.tally.rows);
    }
    await this.drain();
    if (this.day && !leaveOpen && !this.interrupt.isPressed) await this.nextDay(this.day);
    return this.summary(rows.length, before);
  }

  private async row(row: Trade): Promise<void> {
    this.tally.rows += 1;
    if (this.seen.has(row.invoice)) {
      this.tally.notSent('its invoice was in an earlier row');
      return;
    }
    this.seen.add(row.invoice);
    await this.moveOn(row.at);
    const merchantId = this.merchants.get(row.country) ?? (await this.register(row));
    if (row.kind === 'sale') await this.sale(row, merchantId);
    else await this.cancellation(row, merchantId);
  }

  /** The clock goes on to the row's time; each business date on the way begins first, those without trade, too. */
  private async moveOn(at: number): Promise<void> {
    const day = businessDay(at, this.settings);
    if (this.day && day.endsAt > this.day.endsAt) await this.drain();
    while (this.day && day.endsAt > this.day.endsAt) this.day = await this.nextDay(this.day);
    this.day = day;
    if (this.ledger.clockNeedsQuiet) await this.drain();
    await this.ledger.setClock(at);
  }

  /** The day's batches close, and what is due on the next one is paid. */
  private async nextDay({ endsAt }: BusinessDay): Promise<BusinessDay> {
    await this.ledger.setClock(endsAt);
    await this.ledger.doDue();
    this.opened.clear();
    return businessDay(endsAt, this.settings);
  }

  private async register({ country }: Trade): Promise<string> {
    await this.drain();
    const planned = this.planned.get(country);
    if (!planned) throw new Error(`no merchant was planned for ${country}`);
    const { merchantId, settings, held } = planned;
    if (!held) await this.ledger.register(merchantId, settings);
    if (!held?.terminal) await this.ledger.assign(merchantId, TERMINAL);
    const booksBefore = await this.ledger.held(merchantId);
    this.sums.set(merchantId, { booksBefore, net: 0n, added: 0n });
    this.merchants.set(country, merchantId);
    return merchantId;
  }

  /** The next request name of the merchant's terminal; the same in every run on the same file. */
  private nextName(merchantId: string) {
    const batchNo = (this.day?.date ?? '').replaceAll('-', '').slice(2);
    const batch = `${merchantId}.${batchNo}`;
    const stan = (this.stans.get(batch) ?? 0) + 1;
    this.stans.set(batch, stan);
    const { terminalId } = TERMINAL;
    return { merchantId, terminalId, batchNo, stan: String(stan).padStart(6, '0') };
  }

  /** In a batch that is open the clock is read as the request comes in: the next row need not wait. */
  private async sale(row: Trade, merchantId: string): Promise<void> {
    const name = this.nextName(merchantId);
    const batch = `${merchantId}.${name.batchNo}`;
    const sending = this.takeSale(row, name)
      .catch((error: unknown) => {
        this.failure ??= error as Error;
      })
      .finally(() => this.inFlight.delete(sending));
    this.inFlight.add(sending);
    const isFirst = !this.opened.has(batch);
    this.opened.add(batch);
    if (isFirst) await this.drain();
    else if (this.inFlight.size >= IN_FLIGHT) await Promise.race(this.inFlight);
    if (this.failure) throw this.failure;
  }

  private async takeSale(row: Trade, name: ReturnType<TradeImport['nextName']>): Promise<void> {
    const { currency } = this.settings;
    const token = row.customer === '' ? `guest-${row.invoice}` : `customer-${row.customer}`;
    const card = { token, last4: token.replace(/\D/g, '').slice(-4).padStart(4, '0') };
    const played = await this.ledger.take({ ...name, amount: minor(row.amount), currency, card });
    if (!this.tally.took(played)) return;
    this.taken.set(row.invoice, { saleId: requestName(name), left: row.amount });
    this.add(name.merchantId, row.amount, played);
  }

  /** One request for each sale that it names, as far as each has something left. */
  private async cancellation(row: Trade, merchantId: string): Promise<void> {
    await this.drain();
    const [only, ...others] = row.originals;
    if (only === undefined) {
      this.tally.notSent(`names no sale: ${row.unmatched ?? 'none'}`);
    } else if (others.length === 0) {
      await this.reverse(only, row.amount, row, merchantId);
    } else {
      await this.split(row, merchantId);
    }
  }

  private async split(row: Trade, merchantId: string): Promise<void> {
    let rest = row.amount;
    let parts = 0;
    for (const original of row.originals) {
      const part = Math.min(rest, this.taken.get(original)?.left ?? 0);
      if (part === 0) continue;
      parts += 1;
      await this.reverse(original, part, row, merchantId);
      rest -= part;
    }
    if (rest > 0) this.tally.notSent('rest of a split cancellation: above what is left');
    this.tally.split(parts, rest > 0);
  }

  private async reverse(
    original: string,
    amount: number,
    row: Trade,
    merchantId: string,
  ): Promise<void> {
    const taken = this.taken.get(original);
    if (!taken) {
      this.tally.notSent('its sale was not taken');
      return;
    }
    const { saleId } = taken;
    const reason = `cancellation ${row.invoice}`;
    const name = this.nextName(merchantId);
    const played = await this.ledger.reverse({ ...name, saleId, amount: minor(amount), reason });
    if (!this.tally.took(played)) return;
    taken.left -= amount;
    this.add(merchantId, -amount, played);
  }

  private add(merchantId: string, amount: number, { replayed }: Played): void {
    const sums = this.sums.get(merchantId);
    if (!sums) throw new Error(`merchant ${merchantId} was never registered`);
    sums.net += BigInt(amount);
    if (!replayed) sums.added += BigInt(amount);
  }

  private async drain(): Promise<void> {
    await Promise.all(this.inFlight);
    if (this.failure) throw this.failure;
  }

  private async summary(rowsInFile: number, before: Position): Promise<ImportSummary> {
    const merchants: MerchantNet[] = [];
    for (const [name, merchantId] of this.merchants) {
      const sums = this.sums.get(merchantId) as Sums;
      merchants.push({ merchantId, name, ...sums, books: await this.ledger.held(merchantId) });
    }
    return {
      rowsInFile,
      ...this.tally.counts(),
      changedTheLedger: await this.ledger.hasChangedSince(before),
      isInterrupted: this.interrupt.isPressed,
      merchants,
    };
  }
}
