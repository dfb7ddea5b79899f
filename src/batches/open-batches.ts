import { batchName, streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import { type BusinessDay, businessDateEnd } from '../merchants/domain/business-day.js';
import type { MerchantDirectory } from '../merchants/merchant-directory.js';
import type { Views } from '../projections/views.js';
import type { Refusal } from '../sales/domain/refusal.js';
import { requestRefusals } from '../sales/domain/request-refusals.js';
import { closedAnswer, closeRequest } from './batch.answer.js';

export interface BatchIdentity {
  readonly merchantId: string;
  readonly terminalId: string;
  readonly batchNo: string;
}

/** A batch as this process knows it. `new`: named, but no request of it is recorded yet. */
export interface Batch extends BatchIdentity {
  readonly name: string;
  status: 'new' | 'open' | 'closing' | 'closed';
  /** Undefined while it is new. `endsAt` is in epoch milliseconds. */
  day: BusinessDay | undefined;
  /** Its close as this process wrote it down, or is doing so: undefined as long as nobody has asked for one. */
  closeRequest: Promise<void> | undefined;
  /** Requests that are let in and not yet decided. */
  inFlight: number;
  /** Called when none is in flight any more. */
  onIdle: (() => void)[];
}

/**
 * The batches that are not closed. A request is let into its batch, and its first fact queued for the log,
 * in one turn; so is the fact that a batch closes. What the log has behind that fact is therefore not of the batch.
 */
export class OpenBatches {
  private readonly held = new Map<string, Batch>();
  private readonly loading = new Map<string, Promise<Batch>>();
  private restoring: Promise<void> | undefined;

  constructor(
    private readonly journal: Journal,
    private readonly views: Views,
    private readonly directory: MerchantDirectory,
  ) {}

  /** Learns once, from the views, which batches the log left open. @throws ViewBehindError while they catch up. */
  async restore(): Promise<void> {
    this.restoring ??= this.readLive();
    try {
      await this.restoring;
    } catch (error) {
      this.restoring = undefined;
      throw error;
    }
  }

  private async readLive(): Promise<void> {
    await this.views.waitFor(await this.journal.head());
    for (const { businessDate, endsAt, status, ...identity } of this.views.batches.live()) {
      const settings = (await this.directory.find(identity.merchantId))?.merchant.settings;
      if (!settings) throw new Error(`merchant ${identity.merchantId} was never registered`);
      const ends = endsAt === null ? businessDateEnd(businessDate, settings) : Date.parse(endsAt);
      this.hold(identity, status, { date: businessDate, endsAt: ends });
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

  private async load(identity: BatchIdentity, name: string): Promise<Batch> {
    await this.restore();
    const held = this.held.get(name);
    if (held) return held;
    const events = await this.journal.read(streams.batch(name));
    const request = closeRequest(events);
    if (!request) return this.hold(identity, 'new', undefined);
    const { businessDate: date, occurredAt } = request.data;
    const day = { date, endsAt: Date.parse(occurredAt) };
    return closedAnswer(events)
      ? this.make(identity, 'closed', day)
      : this.hold(identity, 'closing', day);
  }

  private hold(identity: BatchIdentity, status: Batch['status'], day: Batch['day']): Batch {
    const batch = this.make(identity, status, day);
    this.held.set(batch.name, batch);
    return batch;
  }

  private make(
    { merchantId, terminalId, batchNo }: BatchIdentity,
    status: Batch['status'],
    day: Batch['day'],
  ): Batch {
    const name = batchName({ merchantId, terminalId, batchNo });
    const closeRequest = status === 'closing' ? Promise.resolve() : undefined;
    const identity = { merchantId, terminalId, batchNo };
    return { ...identity, name, status, day, closeRequest, inFlight: 0, onIdle: [] };
  }

  /**
   * Lets a request into the batch, or says why not. Whoever is let in must queue its first fact in this
   * same turn, and call `leave` once it is decided.
   */
  enter(batch: Batch, day: BusinessDay): Refusal | undefined {
    if (batch.status === 'closing') return requestRefusals.batchClosing(batch.batchNo);
    if (batch.status === 'closed') return requestRefusals.batchClosed(batch.batchNo);
    if (batch.day && batch.day.date !== day.date) {
      return requestRefusals.batchDate(batch.batchNo, batch.day.date);
    }
    batch.day ??= day;
    batch.inFlight += 1;
    return undefined;
  }

  /** `recorded`: whether something of the request is in the log; the first such opens the batch. */
  leave(batch: Batch, recorded: boolean): void {
    batch.inFlight -= 1;
    if (recorded && batch.status === 'new') batch.status = 'open';
    if (batch.inFlight > 0) return;
    // Nothing of it is in the log: the next request may open it on another date.
    if (batch.status === 'new') batch.day = undefined;
    for (const wake of batch.onIdle.splice(0)) wake();
  }

  /** Resolves when no request is on its way through the batch. */
  async idle(batch: Batch): Promise<void> {
    if (batch.inFlight > 0) await new Promise<void>((resolve) => batch.onIdle.push(resolve));
  }

  closed(batch: Batch): void {
    batch.status = 'closed';
    this.held.delete(batch.name);
  }
}
