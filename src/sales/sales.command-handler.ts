import type { Batch, Left } from '../batches/batch.js';
import type { OpenBatches } from '../batches/open-batches.js';
import { type Appended, StoreUnavailableError } from '../event-store/event-store.js';
import { type Clock, timeText } from '../ledger/clock.js';
import { decidedAnew, inTime } from '../ledger/decided-anew.js';
import { batchName, requestName, streams } from '../ledger/domain/request-name.js';
import { ifFirst } from '../ledger/if-first.js';
import type { Journal } from '../ledger/journal.js';
import { businessDay } from '../merchants/domain/business-day.js';
import { hasLimits } from '../merchants/domain/limits.js';
import { currencyOf, type Merchant, type Terminal } from '../merchants/domain/merchant.js';
import type { MerchantDirectory } from '../merchants/merchant-directory.js';
import { type DaySums, type LimitedSpot, NotKnownYet, onceKnown } from './day-sums.js';
import { decideSale, type SaleCommand } from './domain/decide.js';
import { type Counting, isPassedForNow } from './domain/limits.js';
import type { Refusal } from './domain/refusal.js';
import { requestRefusals } from './domain/request-refusals.js';
import type { RequestEvent, SaleData, SaleEvent } from './domain/sale.events.js';
import { remaining } from './domain/sale.js';
import { swipeWarnings } from './domain/warnings.js';
import { differingFields, type FirstEvent, fingerprintOf } from './domain/same-content.js';
import type { RecentSwipes } from './recent-swipes.js';
import { foldSale } from './recorded-sale.js';
import { notRecorded, type Outcome, type Sent, type SaleTaken } from './sales.commands.js';

/** What this handler writes. */
type Written = (SaleEvent & { type: 'Sale' }) | (RequestEvent & { type: 'Refused' });

/** Where a sale is made, and what it may be a second swipe of. */
interface Place {
  readonly merchant: Merchant;
  readonly terminal: Terminal;
  readonly batch: Batch;
  readonly spot: LimitedSpot | undefined;
  readonly repeats: string | undefined;
  /** When this began to be asked for, by `performance.now`. */
  readonly since: number;
}

/** Takes sales. The name is taken by the append itself, so that a first request needs no read. */
export class SalesCommandHandler {
  constructor(
    private readonly journal: Journal,
    private readonly directory: MerchantDirectory,
    private readonly batches: OpenBatches,
    private readonly daySums: DaySums,
    private readonly swipes: RecentSwipes,
    private readonly clock: Clock,
  ) {}

  /** @throws StoreUnavailableError, ViewBehindError while a restarted ledger learns its open batches */
  take(sale: SaleCommand, sent: Sent): Promise<Outcome<SaleTaken>> {
    return decidedAnew(() => this.attempt(sale, sent));
  }

  private async attempt(sale: SaleCommand, sent: Sent): Promise<Outcome<SaleTaken>> {
    const since = performance.now();
    const { merchantId, terminalId } = sale;
    const known = this.directory.known(merchantId);
    const merchant = known?.terminals.has(terminalId)
      ? known
      : (await this.directory.find(merchantId, terminalId))?.merchant;
    if (!merchant) return notRecorded(requestRefusals.unknownMerchant());
    const terminal = merchant.terminals.get(terminalId);
    if (!terminal) return notRecorded(requestRefusals.unknownTerminal());
    const batch = this.batches.known(batchName(sale)) ?? (await this.batches.find(sale));

    const spot = hasLimits(merchant, terminal)
      ? await this.daySums.at(merchant, terminal, sale.card.token, ['sale'])
      : undefined;

    const seen = this.swipes.seen(sale, this.clock.now());
    try {
      const repeats = seen.repeats && (await this.standing(seen.repeats));
      const at = { merchant, terminal, batch, spot, repeats, since };
      const outcome = await onceKnown(() => this.decide(sale, sent, at));
      this.swipes.decided(seen, 'answer' in outcome && !outcome.replayed);
      return outcome;
    } catch (error) {
      const mayBeDone = error instanceof StoreUnavailableError && error.outcome === 'unknown';
      if (!mayBeDone) this.swipes.decided(seen, false);
      throw error;
    }
  }

  /** Everything up to the append happens in the turn in which the batch lets the sale in. */
  private async decide(
    sale: SaleCommand,
    sent: Sent,
    { merchant, terminal, batch, spot, repeats, since }: Place,
  ): Promise<Outcome<SaleTaken> | NotKnownYet> {
    const now = this.clock.now();
    const day = businessDay(now, merchant.settings);
    const under = { date: day.date, currency: sale.currency };
    const limits = spot?.applied('sale', under);
    if (spot && limits && isPassedForNow(limits, countingOf(sale))) return new NotKnownYet(spot);
    inTime(since);
    const isOfTerminal = sale.currency === currencyOf(merchant, terminal);
    const shut = batch.enter(day, isOfTerminal ? sale.currency : undefined);
    let left: Left = 'nothing';
    try {
      const decided = shut
        ? { refusal: shut }
        : decideSale(sale, { merchant, terminal, day, now, limits, repeats });
      if ('event' in decided) batch.sold(day);
      const event =
        'event' in decided ? decided.event : refused(sale, sent, decided.refusal, day.date, now);
      const writing = this.write(sale, event, sent);
      if ('event' in decided) spot?.count('sale', under, sale.amount, writing.then(takenAt));
      const outcome = await writing;
      if ('answer' in outcome) left = 'money';
      else if (outcome.position !== undefined) left = 'fact';
      return outcome;
    } finally {
      if (!shut) batch.leave(left);
      else if (left === 'fact') batch.refused(day);
    }
  }

  /** A swipe before this one that was paid, and of which something is left. What is on its way to the log counts. */
  private async standing(swiped: string): Promise<string | undefined> {
    const seen = new Set<string>();
    for (let name: string | undefined = swiped; name !== undefined && !seen.has(name);) {
      seen.add(name);
      const events = await this.journal.read(streams.request(name));
      const sale = foldSale(events)?.sale;
      if (events.length === 0 || (sale && remaining(sale) > 0)) return name;
      name = sale?.data.repeats;
    }
    return undefined;
  }

  private async write(sale: SaleCommand, event: Written, sent: Sent): Promise<Outcome<SaleTaken>> {
    const name = requestName(sale);
    const origin = { request: name, by: sent.by };
    const appended = await ifFirst(
      this.journal.append(streams.request(name), 'no-stream', [event], origin),
    );
    if (!appended || appended.repeated) return this.replay(name, sent);
    return answer(event, appended, false);
  }

  /** The name was used before: the same request gets its first answer again. */
  private async replay(name: string, sent: Sent): Promise<Outcome<SaleTaken>> {
    const events = await this.journal.read(streams.request(name));
    const [first] = events;
    if (!first) throw new Error(`stream of ${name} conflicts, but is empty`);
    if (first.event.type === 'Reversal') return late();
    const event = first.event as FirstEvent;
    const differing = differingFields(fingerprintOf(event), {
      kind: 'sale',
      content: sent.content,
    });
    if (differing.length > 0) {
      return notRecorded(requestRefusals.nameUsed(differing));
    }
    const isReversed = events.some(
      (later) => later.event.type === 'Reversal' && later.event.data.of === name,
    );
    return isReversed ? late() : answer(event as Written, first, true);
  }
}

function countingOf({ amount, currency, card }: SaleCommand): Counting {
  return { kind: 'sale', amount, currency, cardType: card.type };
}

function refused(
  sale: SaleCommand,
  sent: Sent,
  refusal: Refusal,
  businessDate: string,
  now: number,
): RequestEvent & { type: 'Refused' } {
  const { merchantId, terminalId, batchNo, stan } = sale;
  return {
    type: 'Refused',
    data: {
      request: requestName(sale),
      kind: 'sale',
      content: sent.content,
      refusal,
      merchantId,
      terminalId,
      batchNo,
      stan,
      businessDate,
      occurredAt: timeText(now),
    },
  };
}

/** Where a sale that was taken just now stands. */
function takenAt(outcome: Outcome<SaleTaken>): Appended['position'] | undefined {
  return 'answer' in outcome && !outcome.replayed ? outcome.answer.position : undefined;
}

/** A sale that comes, or comes again, after its own reversal. */
function late(): Outcome<SaleTaken> {
  return notRecorded(requestRefusals.reversed());
}

function answer(
  event: Written,
  at: Pick<Appended, 'position'>,
  replayed: boolean,
): Outcome<SaleTaken> {
  const { position } = at;
  if (event.type === 'Refused') return { refusal: event.data.refusal, position, replayed };
  return { answer: saleTaken(event.data, position), replayed };
}

function saleTaken(data: SaleData, position: Appended['position']): SaleTaken {
  const warnings = swipeWarnings(data.repeats);
  return {
    saleId: data.saleId,
    rrn: data.rrn,
    status: 'open',
    amount: data.amount,
    currency: data.currency,
    businessDate: data.businessDate,
    occurredAt: data.occurredAt,
    responseCode: '00',
    revision: 0,
    position,
    ...(warnings && { warnings }),
  };
}
