import { expect, test } from '@jest/globals';
import { NEVER } from 'rxjs';
import { AuditQueries } from '../../../src/audit/audit.queries.js';
import type { EventStore } from '../../../src/event-store/event-store.js';

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
