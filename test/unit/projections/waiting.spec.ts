import { describe, expect, test } from '@jest/globals';
import { Subject } from 'rxjs';
import type { EventStore, Position, StoredEvent } from '../../../src/event-store/event-store.js';
import { ViewBehindError } from '../../../src/projections/views.js';
import { settings } from '../../support/facts.js';
import * as requests from '../../support/requests.js';
import { newSqliteLog, TestLedger } from '../../support/test-ledger.js';

test('who waits for views is sent away once the service stops', async () => {
  const { views } = await TestLedger.open();
  const waiting = views.waitFor('9'.repeat(20) as Position, undefined, 600_000);
  views.stopWaiting();
  await expect(waiting).rejects.toThrow(ViewBehindError);
});

describe('views that are begun anew on a log that has something', () => {
  test('are not read from before they tell of all that it had', async () => {
    const log = newSqliteLog();
    const before = await TestLedger.open(log);
    await before.register('M1', settings(), { T1: 'S1' });
    for (const stan of [1, 2]) await before.send(requests.sell(stan));
    await before.caughtUp();
    const known = before.views.books.balances('M1');
    await before.close();

    const coming = new Subject<StoredEvent[]>();
    const { views, store } = await TestLedger.open(log, {
      wrap: (inner) =>
        Object.assign(Object.create(inner) as EventStore, { subscribe: () => coming }),
    });
    const events = await store.readAll({ limit: 100 });
    coming.next(events.slice(0, -1));
    await views.letCome(events.at(-2)?.position as Position, ['books']);

    expect(() => views.books).toThrow(ViewBehindError);
    expect(views.state().find(({ name }) => name === 'books')?.due).toBe(events.at(-1)?.position);
    const there = views.finished('books');
    coming.next(events.slice(-1));
    await there;
    expect(views.books.balances('M1')).toEqual(known);
    expect(known).toMatchObject([{ currency: 'CNY' }]);
  });
});
