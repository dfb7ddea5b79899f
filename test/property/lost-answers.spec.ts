import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { newFolderInMemory } from '../support/store-folder.js';
import { lostAnswersOn } from './lost-answers.js';

lostAnswersOn('the embedded store', () => SqliteEventStore.open(newFolderInMemory(), 'inline'), 4);
