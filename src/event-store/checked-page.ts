import type { EventStore, StoredEvent } from './event-store.js';

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

/** The log as it is when this begins, from a store that answers for its own keeping. */
export async function* trustedPages(store: EventStore): AsyncGenerator<CheckedPage> {
  for await (const events of store.pages()) yield { events, faults: [] };
}
