// Keeps some views of a log that grows, as the service's thread for all of them does.
import { parentPort, workerData } from 'node:worker_threads';
import { openEventStoreReader } from '../dist/event-store/open-event-store.js';
import { Follower } from '../dist/projections/follower.js';
import { giveWay, VIEWS_NICENESS } from '../dist/projections/give-way.js';
import { Projector } from '../dist/projections/projector.js';
import { projectionOf } from '../dist/projections/all-projections.js';

giveWay(VIEWS_NICENESS);
const { eventStoreUrl, viewsDir, kept } = workerData;
let wanted;
const store = await openEventStoreReader(eventStoreUrl);
const projector = await Projector.open(viewsDir, store, kept.map(projectionOf));
const follower = new Follower(projector, store, tellIfThere);
parentPort.on('message', (position) => {
  wanted = position;
  tellIfThere(follower.states());
});
await follower.start();
parentPort.postMessage('follows');

function tellIfThere(states) {
  if (wanted !== undefined && states.every(({ position }) => position >= wanted))
    parentPort.postMessage('there');
}
