import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, jest, test } from '@jest/globals';
import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { START } from '../../src/event-store/event-store.js';
import { KurrentDbEventStore } from '../../src/event-store/kurrentdb/kurrentdb-event-store.js';
import { anEvent, ids, someEvents } from '../contract/event-store/events.js';
import { sharedServer } from '../support/store-settings.js';

const ROUNDS = 3;
/** Appends in a row, each of so many events: that is much for as long as it lasts. */
const BURST = 12;
const EVENTS = 100;
/** Then as many one by one, with a rest after each. */
const TRICKLE = 6;
const REST_MS = 60;
const LOOK_MS = 20;

test('much at once is followed in pages, little as it comes, and all of it once and in order', async () => {
  const stream = `following-${randomUUID()}`;
  const store = await KurrentDbEventStore.open({ url: sharedServer(), prefixes: [stream] });
  const subscriptions = jest.spyOn(KurrentDBClient.prototype, 'subscribeToAll');
  const seen: string[] = [];
  const following = store.subscribe(START).subscribe((page) => seen.push(...ids(page)));
  const sent: string[] = [];
  const append = async (count: number): Promise<void> => {
    const events = count === 1 ? [anEvent()] : someEvents(count);
    await store.append(stream, sent.length === 0 ? 'no-stream' : sent.length - 1, events);
    sent.push(...ids(events));
  };
  const caughtUp = async (times: number): Promise<void> => {
    while (seen.length < sent.length || subscriptions.mock.calls.length < times) {
      await pause(LOOK_MS);
    }
  };

  await caughtUp(1);
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (let burst = 0; burst < BURST; burst += 1) await append(EVENTS);
    for (let single = 0; single < TRICKLE; single += 1) {
      await append(1);
      await pause(REST_MS);
    }
    await caughtUp(round + 1);
  }

  following.unsubscribe();
  await store.close();
  subscriptions.mockRestore();
  expect(seen).toEqual(sent);
});
