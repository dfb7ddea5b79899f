import { compiledStore, newFolder } from '../support/store-folder.js';
import { eventStoreContract } from './event-store/event-store.contract.js';

eventStoreContract('SQLite, written in a thread', async () =>
  (await compiledStore()).open(newFolder(), 'thread'),
);
