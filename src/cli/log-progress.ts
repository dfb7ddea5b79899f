import type { Settings } from '../config.js';
import type { EventStore } from '../event-store/event-store.js';
import { isFolder } from '../event-store/store-url.js';
import { ALL_PROJECTIONS } from '../projections/all-projections.js';
import type { Projection } from '../projections/projection.js';
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
  return Math.max(0, ...ALL_PROJECTIONS.map((projection) => seenBy(projection, VIEWS_DIR)));
}

/** A view that can't be read keeps nobody from reading the log. */
function seenBy(projection: Projection, viewsDir: string): number {
  try {
    return liveCheckpoint(viewsDir, projection)?.events ?? 0;
  } catch {
    return 0;
  }
}
