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
import { Batch, type BatchIdentity } from './batch.js';
import { closedAnswer, closeRequest } from './batch.answer.js';
import { EVENTS_OF_CLOSE } from './domain/batch.events.js';

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
    if (held && currency !== null) held.moneyIn(currency);
    if (held && held.status !== 'new') {
      // Another node closes it, of whose requests none was recorded here; or was the first to open it, on a date of its own.
      const isAnothers = held.status === 'open' && held.day?.date !== businessDate;
      if (!held.day || isAnothers) held.day = await this.dayOf(row, businessDate, endsAt);
      else if (endsAt !== null) {
        held.sold({ date: businessDate, endsAt: Date.parse(endsAt) });
      }
      return;
    }
    const day = await this.dayOf(row, businessDate, endsAt);
    const status = this.heard.get(name)?.status ?? row.status;
    if (status === 'closed') return;
    const batch = this.held.get(name) ?? this.keep(this.make(row, status, day));
    if (currency !== null) batch.moneyIn(currency);
    if (batch.status !== 'new') return;
    batch.opened(day);
    if (status === 'closing') batch.closingElsewhere();
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
      if (batch?.status === 'new' || batch?.status === 'open') batch.closingElsewhere();
    }
    if (type === 'BatchClosed') {
      if (batch) this.closed(batch);
      this.heard.set(name, { status: 'closed', position });
    }
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
    for (;;) {
      const batch = this.held.get(name) ?? (await this.find(identity));
      const { closeRequest: asked } = batch;
      await asked?.catch(() => undefined);
      if (batch.closeRequest !== asked) continue;
      if (batch.status !== 'closing' || asked)
        return batch.status === 'new' ? 'open' : batch.status;
      if (await this.shut(identity, name)) return 'closing';
      if (batch.closeRequest) continue;
      throw new StoreUnavailableError(
        `the close of batch ${name} is not yet in the log`,
        'not-done',
      );
    }
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

  private make(identity: BatchIdentity, status: Batch['status'], day: Batch['day']): Batch {
    return new Batch(identity, status, day, this.news.isNeeded);
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
