import { setImmediate as turn } from 'node:timers/promises';
import type { EventStore } from '../../src/event-store/event-store.js';
import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import type { Dice } from './lossy-network.js';
import { newFolderInMemory, removeFolder } from './store-folder.js';
import type { TestLog } from './test-ledger.js';

/** Turns that a request is on its way at the most, either way. */
const FAR = 4;

/**
 * A log that several nodes have open at the same time, as they have EventStoreDB: each hears of the others' events by
 * reading. Requests take as long as the dice say, so that those of different nodes overtake each other.
 */
export function newSharedLog(dice: Dice): TestLog {
  const folder = newFolderInMemory();
  const opening = SqliteEventStore.open(folder, 'inline');
  const wait = async (): Promise<void> => {
    for (let turns = Math.floor(dice() * FAR); turns > 0; turns -= 1) await turn();
  };
  const far =
    <A extends unknown[], R>(request: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await wait();
      try {
        return await request(...args);
      } finally {
        await wait();
      }
    };
  return {
    async open() {
      const inner = await opening;
      return Object.assign(Object.create(inner) as EventStore, {
        isShared: true,
        append: far(inner.append.bind(inner)),
        readStream: far(inner.readStream.bind(inner)),
        readAll: far(inner.readAll.bind(inner)),
        head: far(inner.head.bind(inner)),
        close: () => Promise.resolve(),
      });
    },
    async remove() {
      await (await opening).close();
      removeFolder(folder);
    },
  };
}
