import { expect, test } from '@jest/globals';
import { KurrentDbEventStore } from '../../src/event-store/kurrentdb/kurrentdb-event-store.js';
import { anEvent } from '../contract/event-store/events.js';
import { eventStoreContract } from '../contract/event-store/event-store.contract.js';
import { compiled } from '../support/store-folder.js';
import { sharedServer } from '../support/store-settings.js';

interface Compiled {
  readonly KurrentDbEventStore: typeof KurrentDbEventStore;
}

eventStoreContract('EventStoreDB', () =>
  KurrentDbEventStore.open({ url: sharedServer(), prefixes: ['contract-'] }),
);

eventStoreContract('EventStoreDB, appended to from a thread', async () => {
  const store = await compiled<Compiled>('event-store/kurrentdb/kurrentdb-event-store.js');
  const options = { url: sharedServer(), prefixes: ['contract-'], mode: 'thread' } as const;
  return store.KurrentDbEventStore.open(options);
});

test('an event in a stream that would not be read again is not taken', async () => {
  const store = await KurrentDbEventStore.open({ url: sharedServer(), prefixes: ['contract-'] });
  await expect(store.append('other-1', 'no-stream', [anEvent()])).rejects.toThrow(
    'stream other-1 would not be read again: contract- are',
  );
  await store.close();
});
