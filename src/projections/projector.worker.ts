import { parentPort, workerData } from 'node:worker_threads';
import { openEventStoreReader } from '../event-store/open-event-store.js';
import { ALL_PROJECTIONS } from './all-projections.js';
import { Projector, type ProjectionState } from './projector.js';

/** What the thread tells: how far the views are, or what ended it. */
export type ProjectorMessage =
  { readonly states: readonly ProjectionState[] } | { readonly fault: Error };

const port = parentPort;
if (!port) throw new Error('to be started as a thread');
const tell = (message: ProjectorMessage): void => {
  port.postMessage(message);
};

const { viewsDir, eventStoreUrl } = workerData as { viewsDir: string; eventStoreUrl: string };
const store = openEventStoreReader(eventStoreUrl);

try {
  const projector = await Projector.open(viewsDir, store, ALL_PROJECTIONS);
  tell({ states: projector.states() });
  const following = store.subscribe(projector.position()).subscribe({
    next: (page) => {
      projector.apply(page);
      tell({ states: projector.states() });
    },
    error: (fault: Error) => {
      tell({ fault });
    },
  });
  port.on('message', () => {
    following.unsubscribe();
    projector.close();
    void store.close();
    port.close();
  });
} catch (fault) {
  tell({ fault: fault as Error });
  port.close();
}
