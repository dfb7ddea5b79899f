import type { EventStore, Position, StoredEvent } from './event-store.js';

/** What a store finds wrong with its own keeping of the log, apart from what the events say. */
export interface KeepingFault {
  /** `altered`: the row's checksum does not hold. `missing`: no event where one must be. `damaged`: the file is broken. `line`: no event. */
  readonly code: 'altered' | 'missing' | 'damaged' | 'line';
  readonly position?: string;
  readonly detail: string;
}

/** Some of the log in its order, as a check of all of it is given it. */
export interface CheckedPage {
  readonly events: readonly StoredEvent[];
  readonly faults: readonly KeepingFault[];
}

/** The log up to where it ended when this began, from a store that answers for its own keeping. */
export async function* trustedPages(store: EventStore): AsyncGenerator<CheckedPage> {
  const head = await store.head();
  for await (const page of store.pages()) {
    yield { events: upTo(head, page), faults: [] };
    if ((page.at(-1)?.position ?? '') >= head) return;
  }
}

function upTo(head: Position, page: readonly StoredEvent[]): readonly StoredEvent[] {
  return page.filter(({ position }) => position <= head);
}
