import type { Position } from '../event-store/event-store.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import type { SaleEvent } from './domain/sale.events.js';
import { evolveSale, remaining, type Sale, statusOf } from './domain/sale.js';
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
  return sale && { sale, position: last.position as Position, events };
}

/** The answer to the request whose effect stands on the sale: as it was when the effect was written. */
export function givenBackAnswer(
  request: string,
  events: readonly RecordedEvent[],
): GivenBackAnswer | undefined {
  const index = events.findIndex(
    ({ event }) =>
      (event.type === 'Void' || event.type === 'Refund') && event.data.request === request,
  );
  const effect = events[index]?.event;
  const then = foldSale(events.slice(0, index + 1));
  if (!then || (effect?.type !== 'Void' && effect?.type !== 'Refund')) return undefined;
  return {
    kind: effect.type === 'Void' ? 'void' : 'refund',
    request,
    saleId: effect.data.saleId,
    amount: effect.data.amount,
    remaining: remaining(then.sale),
    status: statusOf(then.sale),
    responseCode: '00',
    revision: then.sale.revision,
    position: then.position,
  };
}
