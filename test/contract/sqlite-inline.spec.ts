import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { newFolder } from '../support/store-folder.js';
import { eventStoreContract } from './event-store/event-store.contract.js';

eventStoreContract('SQLite, written in the same thread', () =>
  SqliteEventStore.open(newFolder(), 'inline'),
);
