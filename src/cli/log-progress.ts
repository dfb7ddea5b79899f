import type { Settings } from '../config.js';
import type { EventStore } from '../event-store/event-store.js';
import { isFolder } from '../event-store/store-url.js';
import { ALL_PROJECTIONS } from '../projections/all-projections.js';
import { liveCheckpoint } from '../projections/view-file.js';
import { type Progress, startProgress } from './progress.js';

/** Shows how far a reading of the whole log is, in events. */
export async function logProgress(
  what: string,
  store: EventStore,
  settings: Settings,
  json: boolean | undefined,
): Promise<Progress> {
  return startProgress(what, await eventsIn(store, settings), json);
}

/**
 * How many events the log has. A server does not count the ledger's: there it is what the views have seen, and 0 where
 * there are none.
 */
async function eventsIn(
  store: EventStore,
  { EVENT_STORE_URL, VIEWS_DIR }: Settings,
): Promise<number> {
  if (isFolder(EVENT_STORE_URL)) return Number(await store.head());
  const seen = ALL_PROJECTIONS.map((projection) => liveCheckpoint(VIEWS_DIR, projection)?.events);
  return Math.max(0, ...seen.map((events) => events ?? 0));
}
