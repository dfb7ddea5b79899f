import type { EventStore } from '../event-store/event-store.js';
import { streams } from '../ledger/domain/request-name.js';
import { decode } from '../ledger/event-codec.js';

/** Ids of the events that an operator has decided a view is to leave out. */
export async function skipsOf(store: EventStore, view: string): Promise<ReadonlySet<string>> {
  const decisions = (await store.readStream(streams.projection(view))).map(decode);
  return new Set(
    decisions.flatMap(({ event }) => (event.type === 'EventSkipped' ? [event.data.eventId] : [])),
  );
}
