import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { openEventStoreReader } from '../../event-store/open-event-store.js';
import { projectionOf } from '../all-projections.js';
import { build } from './build.js';
import type { BuildOrder, FromBuilder } from './rebuild-thread.js';

const port = parentPort;
if (!port) throw new Error('to be started as a thread');
const tell = (message: FromBuilder): void => {
  port.postMessage(message);
};

const { views, eventStoreUrl, isAside } = workerData as BuildOrder;

// On Linux this is of the thread alone; elsewhere it would be of the whole process.
if (isAside && process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW);

const cancelling = new AbortController();
port.on('message', () => {
  cancelling.abort();
});

const store = await openEventStoreReader(eventStoreUrl);
try {
  const buildings = views.map(({ name, place }) => ({ projection: projectionOf(name), place }));
  const built = await build(buildings, store, cancelling.signal, (events) => {
    tell({ events });
  });
  tell({ built });
} catch (error) {
  tell({ fault: (error as Error).message });
} finally {
  await store.close();
  port.close();
}
