import { expect, test } from '@jest/globals';
import { NEVER } from 'rxjs';
import { AuditQueries } from '../../../src/audit/audit.queries.js';
import type { EventStore } from '../../../src/event-store/event-store.js';
import { SqliteEventStore } from '../../../src/event-store/sqlite/sqlite-event-store.js';
import { reportCards } from '../../support/card-events.js';
import { turnsDuring } from '../../support/turns.js';
import { afterSuite, newFolder } from '../../support/store-folder.js';

test('the whole trail ends where the log ended when it was asked for, however fast others write', async () => {
  const store = await SqliteEventStore.open(newFolder(), 'inline');
  afterSuite(() => store.close());
  await reportCards(store, 1);
  const told: string[] = [];

  for await (const page of new AuditQueries(store).all(undefined, {})) {
    told.push(...page.map(({ stream }) => stream));
    if (told.length < 5) await reportCards(store, 1, told.length);
  }

  expect(told).toEqual(['card-card0']);
});

test('a live trail whose reader leaves while the log is read waits for no news', async () => {
  const leaving = new AbortController();
  const store = {
    readAll: () => {
      leaving.abort();
      return Promise.resolve([]);
    },
    subscribe: () => NEVER,
  };
  const live = new AuditQueries(store as unknown as EventStore).live(undefined, {}, leaving.signal);
  expect(await live.next()).toEqual({ done: true, value: undefined });
});

test('others have their turn while the trail is read, also where none of it is asked for', async () => {
  const store = await SqliteEventStore.open(newFolder(), 'inline');
  afterSuite(() => store.close());
  await reportCards(store, 2_500);
  const queries = new AuditQueries(store);
  const none = { type: 'Void' };

  const whole = async (): Promise<void> => {
    for await (const page of queries.all(undefined, none)) expect(page).toEqual([]);
  };

  expect(await turnsDuring(whole)).toBeGreaterThanOrEqual(10);
  expect(await turnsDuring(() => queries.page({ ...none, limit: 1 }))).toBeGreaterThanOrEqual(10);
});
