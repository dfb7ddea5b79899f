import type { EventStore, Position } from '../../event-store/event-store.js';
import { SettableClock, systemClock } from '../../ledger/clock.js';
import type { RecordedEvent } from '../../ledger/domain/ledger-event.js';
import { streams } from '../../ledger/domain/request-name.js';
import { decode } from '../../ledger/event-codec.js';
import { batchOf, type Sale } from '../../sales/domain/sale.js';
import { eventsAsOf, foldSale, type RecordedSale } from '../../sales/recorded-sale.js';
import { SaleQueries, type VoidabilityAsOf } from '../../sales/sale.queries.js';
import { isWithin, type Until } from '../until.js';
import type { KeptBooks } from './kept-books.js';
import { LegibleJournal } from './legible-journal.js';

/** An event, the sale that it is about as it left it, and what could be done with that then. */
export interface Step {
  readonly event: RecordedEvent;
  readonly sale: RecordedSale;
  readonly voidability: VoidabilityAsOf;
}

/**
 * One sale as it was. Limits are taken as unused: what a day had counted towards them is not known as of a moment of it.
 */
export class SaleReplay {
  /** Of the last step: the end of the log is no present to one who steps through it. */
  private readonly clock = new SettableClock();
  private readonly stepQueries: SaleQueries;
  private readonly queries: SaleQueries;
  private readonly journal: LegibleJournal;

  constructor(
    private readonly store: EventStore,
    private readonly books: KeptBooks,
  ) {
    const none = { at: () => Promise.resolve(undefined) };
    this.journal = new LegibleJournal(store);
    this.queries = new SaleQueries(this.journal, books, none, systemClock);
    this.stepQueries = new SaleQueries(this.journal, books, none, this.clock);
  }

  /** Positions of events about what was asked that can't be read, up to one of the log: they are left out. */
  leftOut(position: Position): Position[] {
    return [...this.journal.leftOut].filter((met) => met <= position).sort();
  }

  /** As its events left it that had happened by then; undefined where it was not taken by then. */
  async sale(saleId: string, until: Until | undefined): Promise<RecordedSale | undefined> {
    const events = await this.store.readStream(streams.request(saleId));
    return foldSale(eventsAsOf(events, (event) => isWithin(until, event)).map(decode));
  }

  /** Without a moment: as of now. */
  voidability(saleId: string, until: Until | undefined): Promise<VoidabilityAsOf> {
    const time = until && 'time' in until ? until.time : systemClock.now();
    const asked = until && 'position' in until ? until : { at: time };
    return this.books.asking(() => this.queries.voidability(saleId, asked));
  }

  /** The sale after each event that changed it, or what could be done with it: its batch, its merchant, its card. */
  async *steps(saleId: string, until: Until | undefined): AsyncGenerator<Step> {
    const own = await this.sale(saleId, until);
    if (!own) return;
    const about = await Promise.all(
      streamsAround(own.sale).map((stream) => this.read(stream, until)),
    );
    const first = own.events[0]?.position ?? '';
    const since = about.flat().filter(({ position }) => position > first);
    const events = [...own.events, ...since].sort((a, b) => (a.position < b.position ? -1 : 1));
    for (const event of events) yield await this.step(saleId, event);
  }

  /** The sale after one event. */
  async step(saleId: string, event: RecordedEvent): Promise<Step> {
    const { position } = event;
    const sale = await this.sale(saleId, { position });
    if (!sale) throw new Error(`sale ${saleId} was not taken by position ${position}`);
    this.clock.set(Date.parse(event.event.data.occurredAt));
    const ask = () => this.stepQueries.voidability(saleId, { position });
    return { event, sale, voidability: await this.books.asking(ask) };
  }

  private async read(stream: string, until: Until | undefined): Promise<RecordedEvent[]> {
    const events = await this.store.readStream(stream);
    return this.journal.legible(events.filter((event) => isWithin(until, event)));
  }
}

function streamsAround(sale: Sale): string[] {
  const { merchantId, card } = sale.data;
  return [streams.batch(batchOf(sale)), streams.merchant(merchantId), streams.card(card.token)];
}
