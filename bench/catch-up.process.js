// Brings new views up to the log's end, as the service's thread for them does.
import { openEventStoreReader } from '../dist/event-store/open-event-store.js';
import { ALL_PROJECTIONS } from '../dist/projections/all-projections.js';
import { Follower } from '../dist/projections/follower.js';
import { Projector } from '../dist/projections/projector.js';
import { answering } from './answering.js';
import { timed } from './timed.js';

answering(catchUp);

async function catchUp({ url, viewsDir }) {
  const store = await openEventStoreReader(url);
  const projector = await Projector.open(viewsDir, store, ALL_PROJECTIONS);
  const head = await store.head();
  let follower;
  const figures = await timed(
    () =>
      new Promise((resolve, reject) => {
        follower = new Follower(projector, store, (states) => {
          if (states.some(({ status }) => status === 'stopped'))
            reject(new Error('a view stopped'));
          if (states.every(({ position }) => position === head)) resolve(states[0].events);
        });
        follower.start().catch(reject);
      }),
  );
  follower.close();
  await store.close();
  return figures;
}
