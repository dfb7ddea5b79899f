import { KurrentDbEventStore } from '../../src/event-store/kurrentdb/kurrentdb-event-store.js';
import { eventStoreContract } from '../contract/event-store/event-store.contract.js';
import { sharedServer } from '../support/store-settings.js';

eventStoreContract('EventStoreDB', () =>
  KurrentDbEventStore.open({ url: sharedServer(), prefixes: ['contract-'] }),
);
