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

// On Linux this is of the thread alone; elsewhere it would be of the whole process.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW);

const { name, generation, viewsDir, eventStoreUrl } = workerData as BuildOrder;
const cancelling = new AbortController();
port.on('message', () => {
  cancelling.abort();
});

const store = await openEventStoreReader(eventStoreUrl);
try {
  const place = { viewsDir, directory: viewsDir, generation };
  const [built] = await build(
    [{ projection: projectionOf(name), place }],
    store,
    cancelling.signal,
    (events) => {
      tell({ events });
    },
  );
  if (built) tell({ built });
} catch (error) {
  tell({ fault: (error as Error).message });
} finally {
  await store.close();
  port.close();
}
