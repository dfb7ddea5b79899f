import type { Position } from '../event-store/event-store.js';
import { type Clock, timeText } from '../ledger/clock.js';
import { type RecordedEvent, THE_LEDGER } from '../ledger/domain/ledger-event.js';
import { minor } from '../ledger/domain/money.js';
import { streams, terminalName } from '../ledger/domain/request-name.js';
import { ifFirst } from '../ledger/if-first.js';
import type { Journal, Origin } from '../ledger/journal.js';
import type { MerchantDirectory } from '../merchants/merchant-directory.js';
import type { UnsettledSale } from '../projections/sales.view.js';
import type { Views } from '../projections/views.js';
import {
  decideSettlement,
  type SettlementTerms,
  type Settling,
  settlingOf,
} from '../sales/domain/decide.js';
import { awaitingVoids, declinedBySettlement } from '../sales/domain/approval.js';
import { remaining, type Sale } from '../sales/domain/sale.js';
import type { SaleEvent } from '../sales/domain/sale.events.js';
import { foldSale } from '../sales/recorded-sale.js';
import { closedAnswer, closeRequest } from './batch.answer.js';
import { itemsOf } from './batch-items.js';
import type { BatchEvent } from './domain/batch.events.js';
import { reconcile } from './domain/reconcile.js';
import type { Batch, OpenBatches } from './open-batches.js';

/** Sales whose settlements are on their way to the log at the same time. */
const PAGE = 512;

const VIEW_TIMEOUT_MS = 60_000;

type CloseRequested = (BatchEvent & { type: 'BatchCloseRequested' })['data'];

/** A sale of the batch as the view shows it. */
type Listed = UnsettledSale;

/**
 * Brings a requested close to its end: settles what is left of each sale by expected revision, then writes
 * what really settled. Each step finds what earlier tries have done, so that it can be resumed anywhere.
 */
export class BatchCloser {
  private readonly running = new Map<string, Promise<void>>();

  constructor(
    private readonly journal: Journal,
    private readonly directory: MerchantDirectory,
    private readonly batches: OpenBatches,
    private readonly views: Views,
    private readonly clock: Clock,
  ) {}

  /** Once at a time for each batch. @throws what `isForLater`: to be called again later */
  finish(batch: Batch): Promise<void> {
    const running = this.running.get(batch.name);
    if (running) return running;
    const run = this.run(batch).finally(() => this.running.delete(batch.name));
    this.running.set(batch.name, run);
    return run;
  }

  private async run(batch: Batch): Promise<void> {
    await this.batches.idle(batch);
    const events = await this.journal.read(streams.batch(batch.name));
    const request = closeRequest(events);
    if (!request) throw new Error(`batch ${batch.name} is closing without a request to close it`);
    if (!closedAnswer(events)) {
      const origin = { request: batch.name, by: THE_LEDGER, causationId: events[0]?.id };
      await this.settleAll(batch, request.data, origin, events[0]?.position as Position);
      await this.writeClosed(batch, events, request.data, origin);
    }
    this.batches.closed(batch);
  }

  /** `requestedAt`: where the log has the request to close. */
  private async settleAll(
    batch: Batch,
    request: CloseRequested,
    origin: Origin,
    requestedAt: Position,
  ): Promise<void> {
    await this.catchUp();
    const { fee, reserve, valueDate } = request.terms;
    const terms: SettlementTerms = {
      kind: 'batch',
      fee,
      ...(reserve && { reserve }),
      businessDate: request.businessDate,
      valueDate,
      occurredAt: request.occurredAt,
    };
    let page: Listed[];
    let after: Listed['position'] | undefined;
    do {
      page = this.views.sales.unsettled(batch.name, { after, limit: PAGE });
      const own = await this.own(page, request, requestedAt);
      if (await this.isEnded(batch.name)) return;
      await Promise.all(own.map((sale) => this.settle(origin, request, terms, sale)));
      after = page.at(-1)?.position;
    } while (page.length === PAGE);
    await this.settleCarried(origin, request, terms);
  }

  /**
   * Without what the terminal's next close settles: sales that came behind the request to close, or had nothing left since.
   * The view shows as carried also one of which only a part was put back.
   */
  private async own(
    page: readonly Listed[],
    request: CloseRequested,
    requestedAt: Position,
  ): Promise<Listed[]> {
    const carried = new Set(this.views.batches.carried(terminalName(request)));
    const own: Listed[] = [];
    for (const sale of page) {
      if (!carried.has(sale.saleId) || (await this.stayedDue(sale, requestedAt))) own.push(sale);
    }
    return own;
  }

  /** Whether it had something left when the close was requested, and at every moment since. */
  private async stayedDue({ saleId }: Listed, requestedAt: Position): Promise<boolean> {
    const events = await this.journal.read(streams.request(saleId));
    const since = events.filter(({ position }) => position >= requestedAt).length;
    return Array.from({ length: since + 1 }, (_, behind) =>
      foldSale(events.slice(0, events.length - behind)),
    ).every((then) => then !== undefined && remaining(then.sale) > 0);
  }

  /** What earlier batches of the terminal could not settle settles with this one; what this one can't, with the next. */
  private async settleCarried(
    origin: Origin,
    request: CloseRequested,
    terms: SettlementTerms,
  ): Promise<void> {
    const ids = this.views.batches
      .carried(terminalName(request))
      .filter((saleId) => !saleId.startsWith(`${origin.request}.`));
    const carried = ids.map((saleId) => this.views.sales.find(saleId));
    if (await this.isEnded(origin.request)) return;
    for (const sale of carried) {
      if (sale?.status === 'open') await this.settle(origin, request, terms, sale);
    }
  }

  /**
   * Whether another node has ended the close, as where this one stood still. Asked behind what there is to settle: a sale
   * that was put back since is the next close's.
   */
  private async isEnded(name: string): Promise<boolean> {
    if (!this.journal.isShared) return false;
    return closedAnswer(await this.journal.read(streams.batch(name))) !== undefined;
  }

  private async settle(
    origin: Origin,
    request: CloseRequested,
    terms: SettlementTerms,
    listed: Listed,
  ): Promise<void> {
    const stream = streams.request(listed.saleId);
    // What waits for an approval on it is in its stream alone.
    let isRead = listed.held > 0;
    let known: Sale | undefined;
    for (;;) {
      if (isRead) {
        known = await this.read(stream);
        if (known.settlement || (await this.isEnded(origin.request))) return;
      }
      const sale = known
        ? { ...settlingOf(known), batchNo: request.batchNo }
        : asSettling(listed, request);
      const event = decideSettlement(sale, terms);
      if (!event) return;
      const events = [event, ...(known ? await this.declined(known, event) : [])];
      const expected = known?.revision ?? listed.revision;
      if (await ifFirst(this.journal.append(stream, expected, events, origin))) return;
      // Something got there first, and is honoured: what is left now settles.
      isRead = true;
    }
  }

  private async declined(sale: Sale, settled: SaleEvent & { type: 'Settled' }) {
    if (awaitingVoids(sale).length === 0) return [];
    const merchant = (await this.directory.find(sale.data.merchantId))?.merchant;
    if (!merchant)
      throw new Error(`sale ${sale.data.saleId} is of a merchant that was never there`);
    return declinedBySettlement(sale, settled, merchant);
  }

  private async read(stream: string): Promise<Sale> {
    const sale = foldSale(await this.journal.read(stream))?.sale;
    if (!sale) throw new Error(`${stream} is listed and is no sale`);
    return sale;
  }

  private async writeClosed(
    batch: Batch,
    events: readonly RecordedEvent[],
    request: CloseRequested,
    origin: Origin,
  ): Promise<void> {
    await this.catchUp();
    const { merchantId, terminalId, batchNo, businessDate } = request;
    const seen = this.views.batches;
    const totals = seen.totals(batch.name);
    const { views, journal } = this;
    const items = request.items ? await itemsOf(batch.name, events, { views, journal }) : [];
    const carriedForward = seen.carriedInto(terminalName(request), batch.name);
    const event: BatchEvent = {
      type: 'BatchClosed',
      data: {
        merchantId,
        terminalId,
        batchNo,
        businessDate,
        ...seen.currency(batch.name),
        totals,
        settled: seen.settledSums(batch.name),
        ...seen.refunds(terminalName(request), batch.name),
        ...reconcile(request, { totals, items }),
        ...(carriedForward.length > 0 && { carriedForward }),
        occurredAt: timeText(this.clock.now()),
      },
    };
    await ifFirst(this.journal.append(streams.batch(batch.name), 0, [event], origin));
  }

  private async catchUp(): Promise<void> {
    await this.views.waitFor(await this.journal.head(), ['batches', 'sales'], VIEW_TIMEOUT_MS);
  }
}

/** The view's row as the decision takes it. */
function asSettling(listed: Listed, { terminalId, batchNo }: CloseRequested): Settling {
  return {
    saleId: listed.saleId,
    merchantId: listed.merchantId,
    terminalId,
    batchNo,
    currency: listed.currency,
    amount: minor(listed.amount),
    voided: minor(listed.voided),
    refunded: minor(listed.refunded),
    left: minor(listed.amount - listed.voided - listed.refunded),
    cardType: listed.cardType ?? undefined,
  };
}
