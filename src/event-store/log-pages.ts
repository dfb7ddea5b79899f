import type { EventStore, Position, StoredEvent } from './event-store.js';

const PAGE = 1_000;

/** The log in pages, from behind a position to the end that it has when it gets there: never more than one in memory. */
export async function* logPages(
  store: EventStore,
  after?: Position,
): AsyncGenerator<readonly StoredEvent[]> {
  let from = after;
  for (;;) {
    const page = await store.readAll({ after: from, limit: PAGE });
    if (page.length === 0) return;
    yield page;
    from = page.at(-1)?.position;
  }
}
