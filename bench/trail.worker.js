// Keeps the tree over a log that grows, as the service's thread for views does.
import { parentPort, workerData } from 'node:worker_threads';
import { openEventStoreReader } from '../dist/event-store/open-event-store.js';
import { Follower } from '../dist/projections/follower.js';
import { giveWay, VIEWS_NICENESS } from '../dist/projections/give-way.js';
import { Projector } from '../dist/projections/projector.js';
import { trailProjection } from '../dist/projections/trail.projection.js';

giveWay(VIEWS_NICENESS);
let wanted;
const store = await openEventStoreReader(workerData.eventStoreUrl);
const projector = await Projector.open(workerData.viewsDir, store, [trailProjection]);
const follower = new Follower(projector, store, tellIfThere);
parentPort.on('message', (position) => {
  wanted = position;
  tellIfThere(follower.states());
});
await follower.start();
parentPort.postMessage('follows');

function tellIfThere([{ position }]) {
  if (wanted !== undefined && position >= wanted) parentPort.postMessage('there');
}
