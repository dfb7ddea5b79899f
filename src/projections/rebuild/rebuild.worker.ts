import { parentPort, workerData } from 'node:worker_threads';
import { openEventStoreReader } from '../../event-store/open-event-store.js';
import { projectionOf } from '../all-projections.js';
import { giveWay, REBUILD_NICENESS } from '../give-way.js';
import { build } from './build.js';
import type { BuildOrder, FromBuilder } from './rebuild-thread.js';

const port = parentPort;
if (!port) throw new Error('to be started as a thread');
const tell = (message: FromBuilder): void => {
  port.postMessage(message);
};

const { views, eventStoreUrl, isAside, failing } = workerData as BuildOrder;

if (isAside) giveWay(REBUILD_NICENESS);

const cancelling = new AbortController();
port.on('message', () => {
  cancelling.abort();
});

const store = await openEventStoreReader(eventStoreUrl);
try {
  const buildings = views.map(({ name, place }) => ({ projection: projectionOf(name), place }));
  const seen = (events: number): void => {
    tell({ events });
  };
  const built = await build(buildings, store, cancelling.signal, seen, failing);
  tell({ built });
} catch (error) {
  tell({ fault: (error as Error).message });
} finally {
  await store.close();
  port.close();
}
