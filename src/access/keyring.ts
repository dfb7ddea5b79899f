import type { Position } from '../event-store/event-store.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import { streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import type { News } from '../ledger/news.js';
import { evolveKey, type Key, type KeyEvent } from './domain/key.js';
import { KEY_ID } from './secret.js';

/** Keys in memory at the most, those that were never made among them. */
const CAPACITY = 10_000;

/** A key as it was when it was read, and where its last event stands: undefined where there was none. */
export interface KeyRecord {
  readonly key: Key | undefined;
  readonly revision: number | undefined;
  readonly position: Position | undefined;
}

/** Keys as they stand, kept in memory so that a request needs no read. */
export class Keyring {
  private readonly records = new Map<string, KeyRecord>();
  private heard = 0;

  constructor(
    private readonly journal: Journal,
    private readonly news: News,
  ) {
    news.listen(streams.key(''), ({ stream }) => {
      this.heard += 1;
      this.records.delete(stream.slice(streams.key('').length));
    });
  }

  /** What is in memory and still true; undefined may also mean that it has to be read. */
  known(keyId: string): KeyRecord | undefined {
    return this.news.isFresh() ? this.records.get(keyId) : undefined;
  }

  async find(keyId: string): Promise<KeyRecord> {
    return this.known(keyId) ?? (await this.reload(keyId));
  }

  /** Reads the key's stream anew. @throws StoreUnavailableError */
  async reload(keyId: string): Promise<KeyRecord> {
    await this.news.fresh();
    const { heard } = this;
    const events = KEY_ID.test(keyId) ? await this.journal.read(streams.key(keyId)) : [];
    // What another node wrote meanwhile may be missing from what was read.
    if (heard !== this.heard) return this.reload(keyId);
    const last = events.at(-1);
    return this.keep(keyId, {
      key: foldKey(events),
      revision: last?.revision,
      position: last?.position,
    });
  }

  /** Takes a newer record; an older one, read while a write went on, is passed over. */
  keep(keyId: string, record: KeyRecord): KeyRecord {
    const held = this.records.get(keyId);
    if (held && (held.revision ?? -1) > (record.revision ?? -1)) return held;
    if (!held && this.records.size >= CAPACITY) this.forgetOldest();
    this.records.set(keyId, record);
    return record;
  }

  private forgetOldest(): void {
    const [oldest] = this.records.keys();
    if (oldest !== undefined) this.records.delete(oldest);
  }
}

function foldKey(events: readonly RecordedEvent[]): Key | undefined {
  return events.reduce<Key | undefined>(
    (key, { event }) => evolveKey(key, event as KeyEvent),
    undefined,
  );
}
