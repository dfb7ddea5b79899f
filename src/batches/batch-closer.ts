import type { Position } from '../event-store/event-store.js';
import { type Clock, timeText } from '../ledger/clock.js';
import { type EventData, type RecordedEvent, THE_LEDGER } from '../ledger/domain/ledger-event.js';
import { minor } from '../ledger/domain/money.js';
import {
  batchName,
  parseRequestName,
  streams,
  terminalName,
} from '../ledger/domain/request-name.js';
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
import type { Batch } from './batch.js';
import { closedAnswer, closeRequest } from './batch.answer.js';
import { itemsOf } from './batch-items.js';
import type { BatchEvent } from './domain/batch.events.js';
import { reconcile } from './domain/reconcile.js';
import type { OpenBatches } from './open-batches.js';

/** Sales whose settlements are on their way to the log at the same time. */
const PAGE = 512;

const VIEW_TIMEOUT_MS = 60_000;

type CloseRequested = EventData<'BatchCloseRequested'>;

/** A sale of the batch as the view shows it. */
type Listed = UnsettledSale;

interface Close {
  readonly request: CloseRequested;
  /** Where the log has the request. */
  readonly requestedAt: Position;
  readonly origin: Origin;
  readonly terms: SettlementTerms;
}

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
    await batch.idle();
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

  /**
   * Only what had something left when the close was requested and ever since: whichever node resumes it finds the same, so
   * that none settles what another, which has ended it meanwhile, had not counted. All else is the terminal's next close's.
   */
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
    const close = { request, requestedAt, origin, terms };
    let page: Listed[];
    let after: Listed['position'] | undefined;
    do {
      page = this.views.sales.unsettled(batch.name, { after, limit: PAGE });
      await Promise.all(page.map((sale) => this.settle(close, sale)));
      after = page.at(-1)?.position;
    } while (page.length === PAGE);
    await this.settleCarried(batch, close);
  }

  /** What earlier batches of the terminal could not settle. */
  private async settleCarried(batch: Batch, close: Close): Promise<void> {
    const carried = this.views.batches
      .carried(terminalName(close.request))
      .filter((saleId) => !saleId.startsWith(`${batch.name}.`))
      .map((saleId) => this.views.sales.find(saleId));
    for (const sale of carried) {
      if (sale?.status === 'open' && (await this.isCarried(sale))) await this.settle(close, sale);
    }
  }

  /** The view shows as carried also one of which only a part was put back: its own batch settles it. */
  private async isCarried({ saleId }: Listed): Promise<boolean> {
    const own = streams.batch(batchName(parseRequestName(saleId)));
    const requestedAt = (await this.journal.read(own, 0, 1))[0]?.position;
    const events = await this.journal.read(streams.request(saleId));
    return requestedAt !== undefined && !stayedDue(events, requestedAt);
  }

  private async settle(
    { request, requestedAt, origin, terms }: Close,
    listed: Listed,
  ): Promise<void> {
    const stream = streams.request(listed.saleId);
    // Of most sales their first event is the only one. What waits for an approval on it is in its stream alone.
    let isRead = listed.revision > 0;
    if (!isRead && listed.position >= Number(requestedAt)) return;
    let known: Sale | undefined;
    for (;;) {
      if (isRead) {
        const events = await this.journal.read(stream);
        known = foldSale(events)?.sale;
        if (!known) throw new Error(`${stream} is listed and is no sale`);
        if (known.settlement || !stayedDue(events, requestedAt)) return;
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

/** Whether a sale of these events had something left at this position of the log, and at every moment since. */
function stayedDue(events: readonly RecordedEvent[], since: Position): boolean {
  const before = events.filter(({ position }) => position < since).length;
  return Array.from({ length: events.length - before + 1 }, (_, more) =>
    foldSale(events.slice(0, before + more)),
  ).every((then) => then !== undefined && remaining(then.sale) > 0);
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
