import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { type EventStore, StoreUnavailableError } from '../event-store/event-store.js';
import { openEventStoreReader } from '../event-store/open-event-store.js';
import { faultOf } from '../event-store/thread-fault.js';
import { ALL_PROJECTIONS } from './all-projections.js';
import { Follower } from './follower.js';
import { giveWay, VIEWS_NICENESS } from './give-way.js';
import { Projector } from './projector.js';
import type { Adoption, FromThread, ThreadOptions, ToThread } from './projector-thread.js';

const START_PATIENCE_MS = 60_000;
const START_RETRY_MS = 500;

const port = parentPort;
if (!port) throw new Error('to be started as a thread');
const tell = (message: FromThread): void => {
  port.postMessage(message);
};

const { viewsDir, eventStoreUrl } = workerData as ThreadOptions;

async function follow(): Promise<void> {
  const store = await openEventStoreReader(eventStoreUrl);
  try {
    const projector = await openPatiently(store);
    const follower = new Follower(projector, store, (states) => {
      tell({ states });
    });
    port?.on('message', (order: ToThread) => {
      if (order === 'stop') {
        follower.close();
        void store.close();
        port.close();
      } else if ('adopt' in order) {
        void adopt(follower, order.adopt);
      } else {
        follower.hurry(order.hurry);
      }
    });
    await follower.start();
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The log may be away or slow just when this begins. */
async function openPatiently(store: EventStore): Promise<Projector> {
  const limit = performance.now() + START_PATIENCE_MS;
  for (;;) {
    try {
      return await Projector.open(viewsDir, store, ALL_PROJECTIONS);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || performance.now() > limit) throw error;
    }
    await sleep(START_RETRY_MS);
  }
}

async function adopt(follower: Follower, adopted: Adoption): Promise<void> {
  try {
    await follower.adopt(adopted.name, adopted.generation);
    tell({ adopted });
  } catch (error) {
    tell({ adopted, failure: (error as Error).message });
  }
}

try {
  giveWay(VIEWS_NICENESS);
  await follow();
} catch (error) {
  tell({ fault: faultOf(error) });
  port.close();
}
