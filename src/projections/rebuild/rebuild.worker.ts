import { EventEmitter, on } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import type { StoredEvent } from '../../event-store/event-store.js';
import { openEventStoreReader } from '../../event-store/open-event-store.js';
import { projectionOf } from '../all-projections.js';
import { giveWay, REBUILD_NICENESS } from '../give-way.js';
import { build } from './build.js';
import type { BuildOrder, FromBuilder, ToBuilder } from './rebuild-thread.js';

const port = parentPort;
if (!port) throw new Error('to be started as a thread');
const tell = (message: FromBuilder): void => {
  port.postMessage(message);
};

const { views, eventStoreUrl, isAside, failing, isFed } = workerData as BuildOrder;

if (isAside) giveWay(REBUILD_NICENESS);

const cancelling = new AbortController();
const feed = new EventEmitter();
const fed = on(feed, 'page', { close: ['end'] }) as AsyncIterable<[StoredEvent[]]>;
port.on('message', (message: ToBuilder) => {
  if (message === 'cancel') cancelling.abort();
  else if (message === 'end') feed.emit('end');
  else feed.emit('page', message.page);
});

async function* pagesFed(): AsyncGenerator<StoredEvent[]> {
  for await (const [page] of fed) {
    yield page;
    tell('took a page');
  }
}

const store = await openEventStoreReader(eventStoreUrl);
try {
  const buildings = views.map(({ name, place }) => ({ projection: projectionOf(name), place }));
  const seen = (events: number): void => {
    tell({ events });
  };
  const first = isFed ? pagesFed() : undefined;
  const built = await build(buildings, store, cancelling.signal, seen, failing, first);
  tell({ built });
} catch (error) {
  tell({ fault: (error as Error).message });
} finally {
  await store.close();
  port.close();
}
