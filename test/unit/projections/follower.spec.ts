import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Subject } from 'rxjs';
import type { EventStore, StoredEvent } from '../../../src/event-store/event-store.js';
import { SqliteEventStore } from '../../../src/event-store/sqlite/sqlite-event-store.js';
import { Follower } from '../../../src/projections/follower.js';
import { Projector } from '../../../src/projections/projector.js';
import { reportCards } from '../../support/card-events.js';
import { countProjection } from '../../support/cards.projection.js';
import { newFolder } from '../../support/store-folder.js';

let store: SqliteEventStore;
let follower: Follower;
/** Where the view stood, each time that it had moved. */
let stood: number[];
let moved: () => void;
/** What comes from the log, as the test lets it. */
let coming: Subject<StoredEvent[]>;

beforeEach(async () => {
  const folder = newFolder();
  store = await SqliteEventStore.open(folder, 'inline');
  coming = new Subject();
  stood = [];
  const log = Object.assign(Object.create(store) as EventStore, { subscribe: () => coming });
  const projector = await Projector.open(folder, store, [countProjection]);
  follower = new Follower(projector, log, ([state]) => {
    const position = Number(state?.position);
    if (position !== (stood.at(-1) ?? 0)) stood.push(position);
    moved();
  });
  moved = () => undefined;
  await follower.start();
});

afterEach(async () => {
  follower.close();
  await store.close();
});

async function twenty(): Promise<StoredEvent[]> {
  await reportCards(store, 20);
  return store.readAll({ limit: 20 });
}

test('whoever waits for a position costs the views one commit, however the events trickle in', async () => {
  const events = await twenty();
  const last = events.at(-1) as StoredEvent;
  follower.hurry(last.position);
  for (const event of events) coming.next([event]);
  expect(stood).toEqual([20]);
});

test('what nobody waits for is gathered', async () => {
  const events = await twenty();
  for (const event of events) coming.next([event]);
  expect(stood).toEqual([]);
  await new Promise<void>((resolve) => (moved = resolve));
  expect(stood).toEqual([20]);
});

test('waiting for a position that the log does not have yet costs those before it nothing', async () => {
  const events = await twenty();
  follower.hurry('00000000000000000099' as StoredEvent['position']);
  for (const event of events) coming.next([event]);
  expect(stood).toEqual([]);
});
