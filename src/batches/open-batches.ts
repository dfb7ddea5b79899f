import { setImmediate as othersTurn } from 'node:timers/promises';
import {
  type Position,
  type StoredEvent,
  StoreUnavailableError,
} from '../event-store/event-store.js';
import { inGroups } from '../ledger/all-of.js';
import { batchName, streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import type { News } from '../ledger/news.js';
import { type BusinessDay, businessDateEnd } from '../merchants/domain/business-day.js';
import type { MerchantDirectory } from '../merchants/merchant-directory.js';
import type { LiveBatch } from '../projections/batches.view.js';
import { isOfView, type Views } from '../projections/views.js';
import type { Refusal } from '../sales/domain/refusal.js';
import { closedAnswer, closeRequest } from './batch.answer.js';
import { EVENTS_OF_CLOSE } from './domain/batch.events.js';
import { shutFor } from './domain/entering.js';

export interface BatchIdentity {
  readonly merchantId: string;
  readonly terminalId: string;
  readonly batchNo: string;
}

/** A batch as this process knows it. `new`: named, but no request of it is recorded yet. */
export interface Batch extends BatchIdentity {
  readonly name: string;
  status: 'new' | 'open' | 'closing' | 'closed';
  /** Undefined while it is new. `endsAt`, in epoch milliseconds, is the latest of its sales'. */
  day: BusinessDay | undefined;
  /** Of its money: that which is in it, or is on its way. Its totals are sums of one currency. */
  currency: string | undefined;
  /** Whether anything of it is recorded, besides its close. */
  hasFacts: boolean;
  /** Whether money in it is recorded. */
  hasMoney: boolean;
  /** Its close as this process wrote it down, or is doing so: undefined as long as nobody has asked for one. */
  closeRequest: Promise<void> | undefined;
  /** Requests that are let in and not yet decided. */
  inFlight: number;
  /** Called when none is in flight any more. */
  onIdle: (() => void)[];
  /** Since when another node has been closing it, by `performance.now`; undefined when that is this node's to do. */
  closedByOtherSince: number | undefined;
}

/** What a request leaves behind in its batch: nothing in the log, a fact that moves no money, or money. */
export type Left = 'nothing' | 'fact' | 'money';

/** A close that another node has begun and not ended for so long is taken over. */
const TAKE_OVER_MS = 10_000;

/** Batches that are taken in before others have their turn. */
const AT_ONCE = 128;

/** Behind every position: of a fact that this node has written and not yet heard of. */
const NOT_HEARD_YET = '~' as Position;

/** What was heard of a batch. */
interface Heard {
  readonly status: 'closing' | 'closed';
  readonly position: Position;
}

/**
 * The batches that are not closed. A request is let into its batch, and its first fact queued for the log,
 * in one turn; so is the fact that a batch closes. On the embedded store, what the log has behind that fact is
 * therefore not of the batch. Where other nodes write, too, they are heard of, but a request may slip in before that.
 */
export class OpenBatches {
  private readonly held = new Map<string, Batch>();
  private readonly loading = new Map<string, Promise<Batch>>();
  private reading: Promise<void> | undefined;
  private readingNext: Promise<void> | undefined;
  private isRestored = false;
  /** Batches that the views may still show as open. */
  private readonly heard = new Map<string, Heard>();

  constructor(
    private readonly journal: Journal,
    private readonly views: Views,
    private readonly directory: MerchantDirectory,
    private readonly news: News,
  ) {
    const prefix = streams.batch('');
    news.listen(prefix, (event) => {
      this.hear(event.stream.slice(prefix.length), event);
    });
  }

  /**
   * Learns from the views which batches are open: once on the embedded store, else anew each time, since other nodes
   * open batches, too.
   * @throws ViewBehindError while the views catch up; ViewStoppedError, ViewDamagedError
   */
  async restore(): Promise<void> {
    if (this.isRestored && !this.news.isNeeded) return;
    await (this.reading ? this.afterReading(this.reading) : this.read());
    this.isRestored = true;
  }

  /** A reading under way may have begun before the last batch was opened: who comes meanwhile shares the next. */
  private afterReading(reading: Promise<void>): Promise<void> {
    this.readingNext ??= reading
      .catch(() => undefined)
      .then(() => {
        this.readingNext = undefined;
        return this.read();
      });
    return this.readingNext;
  }

  private read(): Promise<void> {
    this.reading = this.readLive().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async readLive(): Promise<void> {
    // What others close behind the head is heard of only from when this node first listens.
    await this.news.listening();
    const head = await this.journal.head();
    await this.views.waitFor(head, ['batches']);
    for (const rows of inGroups(this.views.batches.live(), AT_ONCE)) {
      for (const row of rows) await this.take(row);
      await othersTurn();
    }
    for (const [name, { position }] of this.heard) {
      // Who reads a stream just now may have been told what was there before.
      if (position <= head && !this.loading.has(name)) this.heard.delete(name);
    }
  }

  /** A batch as the views have it, unless it is known better. */
  private async take({ businessDate, endsAt, currency, ...row }: LiveBatch): Promise<void> {
    const name = batchName(row);
    const held = this.held.get(name);
    if (held && currency !== null) moneyIn(held, currency);
    if (held && held.status !== 'new') {
      // Another node closes it, of whose requests none was recorded here; or was the first to open it, on a date of its own.
      const isAnothers = held.status === 'open' && held.day?.date !== businessDate;
      if (!held.day || isAnothers) held.day = await this.dayOf(row, businessDate, endsAt);
      else if (endsAt !== null) {
        this.sold(held, { date: businessDate, endsAt: Date.parse(endsAt) });
      }
      return;
    }
    const day = await this.dayOf(row, businessDate, endsAt);
    const status = this.heard.get(name)?.status ?? row.status;
    if (status === 'closed') return;
    const batch = this.held.get(name) ?? this.keep(this.make(row, status, day));
    if (currency !== null) moneyIn(batch, currency);
    if (batch.status !== 'new') return;
    batch.hasFacts = true;
    batch.day = day;
    batch.status = 'open';
    if (status === 'closing') this.closingElsewhere(batch);
  }

  private async dayOf(
    { merchantId }: BatchIdentity,
    date: string,
    endsAt: string | null,
  ): Promise<BusinessDay> {
    const settings = (await this.directory.find(merchantId))?.merchant.settings;
    if (!settings) throw new Error(`merchant ${merchantId} was never registered`);
    return { date, endsAt: endsAt === null ? businessDateEnd(date, settings) : Date.parse(endsAt) };
  }

  /** Another node has closed a batch, or begun to; or it is this node's own fact that comes back. */
  private hear(name: string, { type, position }: StoredEvent): void {
    const batch = this.held.get(name);
    if (type === 'BatchCloseRequested') {
      this.heard.set(name, { status: 'closing', position });
      if (batch?.status === 'new' || batch?.status === 'open') this.closingElsewhere(batch);
    }
    if (type === 'BatchClosed') {
      if (batch) this.closed(batch);
      this.heard.set(name, { status: 'closed', position });
    }
  }

  /** Another node was the first to ask for its close: that one ends it, if it can. */
  closingElsewhere(batch: Batch): void {
    batch.status = 'closing';
    batch.closeRequest ??= Promise.resolve();
    if (this.news.isNeeded) batch.closedByOtherSince = performance.now();
  }

  /** Whether a close that was begun is this node's to end. */
  isOurs({ closedByOtherSince }: Batch): boolean {
    if (closedByOtherSince === undefined) return true;
    return performance.now() - closedByOtherSince > TAKE_OVER_MS;
  }

  /** The batch, when no reading is needed to know it. */
  known(name: string): Batch | undefined {
    return this.held.get(name);
  }

  /** Every batch that is open or closing. */
  all(): Batch[] {
    return [...this.held.values()].filter(({ status }) => status !== 'new');
  }

  /** The batch, whatever its state. One that is closed is not kept. */
  async find(identity: BatchIdentity): Promise<Batch> {
    const name = batchName(identity);
    const held = this.held.get(name) ?? this.loading.get(name);
    if (held) return held;
    const loading = this.load(identity, name);
    this.loading.set(name, loading);
    try {
      return await loading;
    } finally {
      this.loading.delete(name);
    }
  }

  /**
   * What the log has of it, or surely will have: while its close is on its way, whoever asks waits.
   * @throws StoreUnavailableError where nobody can tell whether that was written; it soon is, once the store writes
   */
  async status(identity: BatchIdentity): Promise<'open' | 'closing' | 'closed'> {
    const name = batchName(identity);
    await this.held.get(name)?.closeRequest?.catch(() => undefined);
    const batch = this.held.get(name) ?? (await this.find(identity));
    const { status, closeRequest: written } = batch;
    if (status === 'closing' && !written && !(await this.shut(identity, name))) {
      throw new StoreUnavailableError(
        `the close of batch ${name} is not yet in the log`,
        'not-done',
      );
    }
    return status === 'new' ? 'open' : status;
  }

  private async load(identity: BatchIdentity, name: string): Promise<Batch> {
    const before = await this.shut(identity, name);
    // Of one that is closed its own stream says all.
    if (before?.status === 'closed') return before;
    await this.learn();
    const held = this.held.get(name);
    if (held) return held;
    const shut = await this.shut(identity, name);
    // Heard of while the stream was read, which may have been before.
    if (!shut && this.heard.has(name)) return this.load(identity, name);
    return this.keep(shut ?? this.make(identity, 'new', undefined));
  }

  /** As its own stream has it, of which comparisons that came later say nothing; undefined where nobody has asked for its close. */
  private async shut(identity: BatchIdentity, name: string): Promise<Batch | undefined> {
    const events = await this.journal.read(streams.batch(name), 0, EVENTS_OF_CLOSE);
    const request = closeRequest(events);
    if (!request) return undefined;
    const { businessDate: date, occurredAt } = request.data;
    const day = { date, endsAt: Date.parse(occurredAt) };
    return this.make(identity, closedAnswer(events) ? 'closed' : 'closing', day);
  }

  /** Views that do not tell keep a node from taking requests only until it has once known every open batch. */
  private async learn(): Promise<void> {
    try {
      await this.restore();
    } catch (error) {
      if (!this.isRestored || !isOfView(error)) throw error;
    }
  }

  /** One that is closed is not kept. */
  private keep(batch: Batch): Batch {
    if (batch.status !== 'closed') this.held.set(batch.name, batch);
    return batch;
  }

  private make(
    { merchantId, terminalId, batchNo }: BatchIdentity,
    status: Batch['status'],
    day: Batch['day'],
  ): Batch {
    const name = batchName({ merchantId, terminalId, batchNo });
    const isClosing = status === 'closing';
    return {
      merchantId,
      terminalId,
      batchNo,
      name,
      status,
      day,
      currency: undefined,
      hasFacts: status !== 'new',
      hasMoney: false,
      closeRequest: isClosing ? Promise.resolve() : undefined,
      inFlight: 0,
      onIdle: [],
      closedByOtherSince: this.news.isNeeded && isClosing ? performance.now() : undefined,
    };
  }

  /**
   * Lets a request into the batch, or says why not. Whoever is let in must queue its first fact in this
   * same turn, and call `leave` once it is decided. `currency`: of the money that it may move, if that is known.
   */
  enter(batch: Batch, day: BusinessDay, currency?: string): Refusal | undefined {
    const { batchNo, status } = batch;
    // Named one by one: a spread with a field behind it is slow to make.
    const held = { batchNo, status, date: batch.day?.date, currency: batch.currency };
    const shut = shutFor(held, { date: day.date, currency });
    if (shut) return shut;
    batch.day ??= day;
    batch.currency ??= currency;
    batch.inFlight += 1;
    return undefined;
  }

  /** Where settings have moved the end of its date, a batch lasts as long as the last of its sales may be voided. */
  sold(batch: Batch, { date, endsAt }: BusinessDay): void {
    // Two nodes may have opened it at the same moment, each on a date of its own: the first counts.
    if (batch.day?.date === date && endsAt > batch.day.endsAt) batch.day = { date, endsAt };
  }

  /** The first request of which something is in the log opens the batch. */
  leave(batch: Batch, left: Left): void {
    batch.inFlight -= 1;
    if (left !== 'nothing') batch.hasFacts = true;
    if (batch.hasFacts && batch.status === 'new') batch.status = 'open';
    if (left === 'money') batch.hasMoney = true;
    if (batch.inFlight > 0) return;
    this.forgetUnrecorded(batch);
    for (const wake of batch.onIdle.splice(0)) wake();
  }

  /** The refusal of a request that was not let in is in the log: where nothing of the batch was, that opens it. */
  refused(batch: Batch, day: BusinessDay): void {
    if (batch.hasFacts) return;
    batch.hasFacts = true;
    batch.day = day;
    if (batch.status === 'new') batch.status = 'open';
  }

  /** The request to close it is surely not in the log: it takes requests again, and is new if it was. */
  reopen(batch: Batch): void {
    batch.status = batch.hasFacts ? 'open' : 'new';
    if (batch.inFlight === 0) this.forgetUnrecorded(batch);
  }

  /** What is not in the log binds nobody: the next request may open it on another date, or in another currency. */
  private forgetUnrecorded(batch: Batch): void {
    if (batch.status === 'new') batch.day = undefined;
    if (!batch.hasMoney) batch.currency = undefined;
  }

  /** Resolves when no request is on its way through the batch. */
  async idle(batch: Batch): Promise<void> {
    if (batch.inFlight > 0) await new Promise<void>((resolve) => batch.onIdle.push(resolve));
  }

  /** Rows that were read from the views before, and are taken in only now, do not open it again. */
  closed(batch: Batch): void {
    const { name } = batch;
    batch.status = 'closed';
    this.held.delete(name);
    if (this.news.isNeeded && this.heard.get(name)?.status !== 'closed') {
      this.heard.set(name, { status: 'closed', position: NOT_HEARD_YET });
    }
  }
}

/** What other nodes have taken in. */
function moneyIn(batch: Batch, currency: string): void {
  batch.currency ??= currency;
  batch.hasMoney = true;
}
