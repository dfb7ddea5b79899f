import { evolveKey, type Key } from '../access/domain/key.js';
import {
  CorruptLogError,
  type EventStore,
  type Position,
  START,
} from '../event-store/event-store.js';
import { decode } from '../ledger/event-codec.js';
import { isFileFault } from '../projections/file-faults.js';
import { keysProjection } from '../projections/keys.projection.js';
import { KeysView } from '../projections/keys.view.js';
import { skipsOf } from '../projections/skips.js';
import { askLive, positionIn } from '../projections/view-file.js';

/** Every key that was ever made, read beside whoever writes: from the view as far as that is, then from the log. */
export async function keptKeys(store: EventStore, viewsDir: string): Promise<Key[]> {
  const { position, keys } = inView(viewsDir);
  const found = new Map(keys.map((key) => [key.keyId, key]));
  const skipped = await skipsOf(store, keysProjection.name);
  for await (const page of store.pages(position)) {
    for (const stored of page) {
      if (!stored.type.startsWith('Key') || skipped.has(stored.id)) continue;
      const { event } = decode(stored);
      if (event.type !== 'KeyAdded' && event.type !== 'KeyRevoked') continue;
      const key = evolveKey(found.get(event.data.keyId), event);
      if (key) found.set(key.keyId, key);
    }
  }
  return [...found.values()];
}

const NONE = { position: START, keys: [] };

/** A view that can't be read is as good as none: the log has it all. */
function inView(viewsDir: string): { position: Position; keys: Key[] } {
  try {
    const kept = askLive(viewsDir, keysProjection, (database) => {
      const read = database.transaction(() => ({
        position: positionIn(database) ?? START,
        keys: new KeysView(database).all(),
      }));
      return read();
    });
    return kept ?? NONE;
  } catch (error) {
    if (error instanceof CorruptLogError || isFileFault(error)) return NONE;
    throw error;
  }
}
