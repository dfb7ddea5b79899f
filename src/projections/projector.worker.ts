import { parentPort, workerData } from 'node:worker_threads';
import { openEventStoreReader } from '../event-store/open-event-store.js';
import { ALL_PROJECTIONS } from './all-projections.js';
import { Follower } from './follower.js';
import { Projector } from './projector.js';
import type { FromThread, ThreadOptions, ToThread } from './projector-thread.js';

const port = parentPort;
if (!port) throw new Error('to be started as a thread');
const tell = (message: FromThread): void => {
  port.postMessage(message);
};

const { viewsDir, eventStoreUrl } = workerData as ThreadOptions;

async function follow(): Promise<void> {
  const store = openEventStoreReader(eventStoreUrl);
  try {
    const projector = await Projector.open(viewsDir, store, ALL_PROJECTIONS);
    const follower = new Follower(projector, store, (states) => {
      tell({ states });
    });
    port?.on('message', (order: ToThread) => {
      if (order !== 'stop') {
        follower.hurry(order.hurry);
        return;
      }
      follower.close();
      void store.close();
      port.close();
    });
    await follower.start();
  } catch (error) {
    await store.close();
    throw error;
  }
}

try {
  await follow();
} catch (error) {
  const { name, message } = error as Error;
  tell({ fault: { name, message } });
  port.close();
}
