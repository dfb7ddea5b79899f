import { EVENTS_OF_CLOSE } from '../batches/domain/batch.events.js';
import { foldCard } from '../cards/cards.command-handler.js';
import type { Position } from '../event-store/event-store.js';
import { type Clock, timeText } from '../ledger/clock.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import { streams } from '../ledger/domain/request-name.js';
import { type AsOf, holdingOf } from '../projections/books.view.js';
import type { Holding } from '../projections/statement.view.js';
import { isOfView, type Views } from '../projections/views.js';
import { effectOf, type GiveBackEffect } from './domain/effect.js';
import { fundsFor } from './domain/refund-conditions.js';
import type { Journal } from '../ledger/journal.js';
import { businessDay } from '../merchants/domain/business-day.js';
import { limitsOn, unused } from '../merchants/domain/limits.js';
import type { Merchant } from '../merchants/domain/merchant.js';
import { foldMerchant, type MerchantDirectory } from '../merchants/merchant-directory.js';
import {
  type DaySums,
  GIVE_BACK,
  giveBackLimits,
  type LimitedSpot,
  NotKnownYet,
  onceKnown,
} from './day-sums.js';
import type { Question } from './domain/condition.js';
import { isAboveForNow } from './domain/limits.js';
import { batchOf, type Sale } from './domain/sale.js';
import { voidability, type Voidability, voidableUntil } from './domain/voidability.js';
import { readNamed } from './recorded-request.js';
import { eventsAsOf, foldSale, type RecordedSale } from './recorded-sale.js';

/** An answer waits no longer than this for figures that it does not depend on. */
const SOON_MS = 1_000;

/** What is asked of a sale: for an amount, by a merchant, as of a past time or a position of the log. */
export interface VoidabilityQuestion {
  readonly amount?: number | undefined;
  readonly requester?: string | undefined;
  /** Epoch milliseconds: events that had occurred by then. */
  readonly at?: number | undefined;
  readonly position?: Position | undefined;
}

export interface VoidabilityAsOf {
  readonly answer: Voidability;
  /** What doing so would move, and what the merchant has before it. */
  readonly effect?: GiveBackEffect & { readonly before?: Holding };
  readonly asOf: { readonly position: Position; readonly time: string };
}

/**
 * One sale, read from the streams: always current. `merchants`: what is held of them in memory, which spares the reading of
 * a merchant's whole stream.
 */
export class SaleQueries {
  constructor(
    private readonly journal: Journal,
    private readonly views: Pick<Views, 'books' | 'waitFor'>,
    private readonly daySums: Pick<DaySums, 'at'>,
    private readonly clock: Clock,
    private readonly merchants?: Pick<MerchantDirectory, 'current'>,
  ) {}

  async sale(saleId: string): Promise<RecordedSale | undefined> {
    return foldSale(await readNamed(this.journal, saleId));
  }

  /** Where the log ends. */
  head(): Promise<Position> {
    return this.journal.head();
  }

  /** May it be voided, must it be refunded? An unknown sale has an answer too: no. */
  voidability(saleId: string, query: VoidabilityQuestion): Promise<VoidabilityAsOf> {
    return onceKnown(async () => {
      const { moment, known, ...asked } = await this.ask(saleId, query);
      const asOf = { position: moment.position, time: timeText(moment.now) };
      if (!known) return { answer: voidability(asked.question), asOf };
      const before = await this.holding(known, asked.question.merchant, moment);
      const limited = await this.withLimits(asked.question, known.sale, moment);
      if (limited instanceof NotKnownYet) return limited;
      const question = { ...limited, available: before?.available };
      const answer = voidability(question);
      const effect = effectOf(answer, question);
      return { answer, asOf, ...(effect && { effect: { ...effect, ...(before && { before }) } }) };
    });
  }

  /** Until when it may be voided, in epoch milliseconds; undefined where it may not. */
  voidUntil(saleId: string): Promise<number | undefined> {
    return onceKnown(async () => {
      const { moment, known, question } = await this.ask(saleId, {});
      if (!known) return undefined;
      const limited = await this.withLimits(question, known.sale, moment);
      return limited instanceof NotKnownYet ? limited : voidableUntil(limited);
    });
  }

  /** The question but for the limits on it and the merchant's funds. */
  private async ask(saleId: string, query: VoidabilityQuestion) {
    const { requester, amount } = query;
    const moment = await this.moment(query);
    const { now } = moment;
    const isThen = (event: RecordedEvent): boolean => happenedBy(event, moment);
    const read = async (stream: string, most?: number): Promise<RecordedEvent[]> =>
      (await this.journal.read(stream, 0, most)).filter(isThen);
    const known = foldSale(eventsAsOf(await readNamed(this.journal, saleId), isThen));
    const sale = known?.sale;
    const common = { sale, now, requester, amount };
    if (!sale) {
      const nothing = { merchant: undefined, card: 'active', batch: 'open' } as const;
      return { moment, known, question: { ...common, ...nothing } };
    }
    const merchant = await this.merchant(sale.data.merchantId, moment);
    const card = foldCard(await read(streams.card(sale.data.card.token)));
    const batch = batchStatus(await read(streams.batch(batchOf(sale)), EVENTS_OF_CLOSE));
    return { moment, known, question: { ...common, merchant, card, batch } };
  }

  private async withLimits(
    question: Question,
    sale: Sale,
    moment: Moment,
  ): Promise<Question | NotKnownYet> {
    const { limits, spot } = await this.limits(sale, question.merchant, moment);
    const limited = { ...question, limits };
    return spot && isAboveForNow(limited) ? new NotKnownYet(spot) : limited;
  }

  /**
   * What the merchant has in the sale's currency at that moment. Left out while the view of the books can't soon tell,
   * unless the answer depends on it. @throws as `Views.waitFor` then
   */
  private async holding(
    { sale }: RecordedSale,
    merchant: Merchant | undefined,
    moment: Moment,
  ): Promise<Holding | undefined> {
    const { merchantId, currency } = sale.data;
    const isNeeded = fundsFor({ sale, merchant }) !== undefined;
    try {
      await this.views.waitFor(moment.position, ['books'], isNeeded ? undefined : SOON_MS);
      return holdingOf(this.views.books.balances(merchantId, moment.past), currency);
    } catch (error) {
      if (isNeeded || !isOfView(error)) throw error;
      return undefined;
    }
  }

  /** As at the sale's own terminal. The sums of a past day are not known as of a moment of it: then nothing is used. */
  private async limits(
    { data }: Sale,
    merchant: Merchant | undefined,
    { now, isOver }: Moment,
  ): Promise<{ limits?: Question['limits']; spot?: LimitedSpot | undefined }> {
    const terminal = merchant?.terminals.get(data.terminalId);
    if (!merchant || !terminal) return {};
    const token = data.card.token;
    if (isOver) {
      const none = unused(limitsOn(merchant, terminal, token));
      return { limits: { void: none, refund: none } };
    }
    const spot = await this.daySums.at(merchant, terminal, token, GIVE_BACK);
    const { date } = businessDay(now, merchant.settings);
    return { spot, limits: spot && giveBackLimits(spot, { date, currency: data.currency }) };
  }

  /** A merchant as it was when what stands at this position of the log was recorded. */
  merchantAt(merchantId: string, position: Position): Promise<Merchant | undefined> {
    return this.merchant(merchantId, { position, at: undefined });
  }

  /** Its registration counts at any time: the clock may have been put back since. */
  private async merchant(
    merchantId: string,
    moment: Pick<Moment, 'position' | 'at'>,
  ): Promise<Merchant | undefined> {
    const held = moment.at === undefined ? await this.merchants?.current(merchantId) : undefined;
    if (held && held.position <= moment.position) return held.merchant;
    const events = await this.journal.read(streams.merchant(merchantId));
    return foldMerchant(
      events.filter((event) => event.revision === 0 || happenedBy(event, moment)),
    );
  }

  private async moment({ at, position }: VoidabilityQuestion): Promise<Moment> {
    const head = await this.journal.head();
    const byPosition = position !== undefined && position < head ? position : head;
    if (at !== undefined) {
      const isOver = byPosition < head || at < this.clock.now();
      return { now: at, position: byPosition, at, past: { at, position: byPosition }, isOver };
    }
    if (position === undefined) {
      const now = this.clock.now();
      return { now, position: head, at: undefined, past: undefined, isOver: false };
    }
    const last = await this.journal.at(byPosition);
    const now = last ? Date.parse(last.event.data.occurredAt) : this.clock.now();
    const past = { position: byPosition };
    return { now, position: byPosition, at: undefined, past, isOver: true };
  }
}

/** The moment that a question is about. */
interface Moment {
  readonly now: number;
  readonly position: Position;
  readonly at: number | undefined;
  /** What balances are asked as of; undefined for the present. */
  readonly past: AsOf | undefined;
  /** Whether it is neither the present nor still to come. */
  readonly isOver: boolean;
}

function happenedBy(
  { event, position }: RecordedEvent,
  moment: Pick<Moment, 'position' | 'at'>,
): boolean {
  if (position > moment.position) return false;
  return moment.at === undefined || Date.parse(event.data.occurredAt) <= moment.at;
}

function batchStatus(events: readonly RecordedEvent[]): Question['batch'] {
  if (events.some(({ event }) => event.type === 'BatchClosed')) return 'closed';
  return events.length > 0 ? 'closing' : 'open';
}
