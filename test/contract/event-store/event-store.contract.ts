import { afterAll, beforeAll, describe, jest } from '@jest/globals';
import type { EventStore } from '../../../src/event-store/event-store.js';
import { concurrentAppends, expectedRevisions, repeats } from './appends.contract.js';
import { readingAll, storedContent } from './reads.contract.js';
import { closing, subscriptions } from './subscriptions.contract.js';

/** A store of its own for one suite. The log behind it may be shared, and need not be empty. */
export type MakeStore = () => Promise<EventStore>;

/** What every event store of the ledger must do, whatever it runs on. */
export function eventStoreContract(name: string, makeStore: MakeStore): void {
  describe(`event store contract: ${name}`, () => {
    jest.setTimeout(60_000);
    let store: EventStore;
    const theStore = (): EventStore => store;

    beforeAll(async () => {
      store = await makeStore();
    });
    afterAll(() => store.close());

    describe('expected revisions', () => {
      expectedRevisions(theStore);
    });
    describe('repeats', () => {
      repeats(theStore);
    });
    describe('appends at the same time', () => {
      concurrentAppends(theStore);
    });
    describe('what is stored', () => {
      storedContent(theStore);
    });
    describe('reading the whole log', () => {
      readingAll(theStore);
    });
    describe('subscriptions', () => {
      subscriptions(theStore);
    });
    describe('closing', () => {
      closing(makeStore);
    });
  });
}
