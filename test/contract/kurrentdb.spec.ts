import { KurrentDbEventStore } from '../../src/event-store/kurrentdb/kurrentdb-event-store.js';
import { onServer, serverUrl } from '../support/kurrentdb-server.js';
import { eventStoreContract } from './event-store.contract.js';

onServer('on EventStoreDB', () => {
  let url: Promise<string> | undefined;
  eventStoreContract('EventStoreDB', async () => {
    url ??= serverUrl();
    return KurrentDbEventStore.open({ url: await url, prefixes: ['contract-'] });
  });
});
