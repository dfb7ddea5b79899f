import type { Position } from '../event-store/event-store.js';
import type { LedgerEvent, RecordedEvent } from '../ledger/domain/ledger-event.js';
import type { Answered, SaleEvent } from './domain/sale.events.js';
import { evolveSale, remaining, type Sale, statusOf } from './domain/sale.js';
import { doubleWarnings } from './domain/warnings.js';
import type { GivenBackAnswer } from './sales.commands.js';

/** A sale with the events that made it. */
export interface RecordedSale {
  readonly sale: Sale;
  /** Of the last event. */
  readonly position: Position;
  readonly events: readonly RecordedEvent[];
}

/** The sale that a stream's events make, or the first of them; undefined where none was taken. */
export function foldSale(events: readonly RecordedEvent[]): RecordedSale | undefined {
  const last = events.at(-1);
  if (events[0]?.event.type !== 'Sale' || !last) return undefined;
  const sale = events.reduce<Sale | undefined>(
    (state, { event }) => evolveSale(state, event as SaleEvent),
    undefined,
  );
  return sale && { sale, position: last.position, events };
}

/**
 * A sale's events as of a moment: those up to the first that came later. Where clocks differ, one behind that may have
 * occurred earlier, but it was decided on all before it: without them a sale could be given back twice.
 */
export function eventsAsOf<E>(events: readonly E[], isThen: (event: E) => boolean): readonly E[] {
  const end = events.findIndex((event) => !isThen(event));
  return end < 0 ? events : events.slice(0, end);
}

/** The first answer to a void or refund: as it was when its effect, or its wait for an approval, was written. */
export function givenBackAnswer(
  request: string,
  events: readonly RecordedEvent[],
): GivenBackAnswer | undefined {
  return answerIn(events, (event) => isAnswered(event) && event.data.request === request);
}

/** What a void or refund has done, once it has: not at first where it had to wait for an approval. */
export function effectAnswer(
  request: string,
  events: readonly RecordedEvent[],
): GivenBackAnswer | undefined {
  return answerIn(
    events,
    (event) => (event.type === 'Void' || event.type === 'Refund') && event.data.request === request,
  );
}

function answerIn(
  events: readonly RecordedEvent[],
  isIt: (event: LedgerEvent) => boolean,
): GivenBackAnswer | undefined {
  const then = asLeftBy(events, isIt);
  const event = then?.events.at(-1)?.event;
  return then && event && isAnswered(event) ? answerOf(event, then.sale, then.position) : undefined;
}

/** A sale as the first such event left it; undefined where there is none. */
export function asLeftBy(
  events: readonly RecordedEvent[],
  isIt: (event: LedgerEvent) => boolean,
): RecordedSale | undefined {
  return foldSale(events.slice(0, events.findIndex(({ event }) => isIt(event)) + 1));
}

function isAnswered(event: LedgerEvent): event is Answered {
  return event.type === 'Void' || event.type === 'Refund' || event.type === 'ApprovalRequested';
}

/** The answer to a void or refund, with the sale as its event left it. */
export function answerOf(event: Answered, sale: Sale, position: Position): GivenBackAnswer {
  const { request, saleId, rrn, amount, currency, businessDate, occurredAt } = event.data;
  const isWaiting = event.type === 'ApprovalRequested';
  const kind = isWaiting ? event.data.kind : event.type === 'Void' ? 'void' : 'refund';
  const warnings = doubleWarnings(kind, event.data.repeats);
  return {
    kind,
    request,
    saleId,
    ...(rrn !== undefined && { rrn }),
    amount,
    currency,
    remaining: remaining(sale),
    businessDate,
    occurredAt,
    status: isWaiting ? 'awaiting-approval' : statusOf(sale),
    ...(isWaiting && { expiresAt: event.data.expiresAt }),
    responseCode: isWaiting ? '09' : '00',
    revision: sale.revision,
    position,
    ...(warnings && { warnings }),
  };
}
