import type { Position, StoredEvent } from '../event-store/event-store.js';
import type { LedgerEvent, RecordedEvent } from '../ledger/domain/ledger-event.js';
import { decodeFact, decodeProvenance } from '../ledger/event-codec.js';

/** What a fold may ask of an event. */
export type Arrived = Pick<RecordedEvent, 'event' | 'position' | 'revision' | 'recordedAt'>;

/** An event on its way into the views: read when the first of them wants it, and once for all. */
export class Arrival implements Arrived {
  private read: LedgerEvent | undefined;

  constructor(readonly stored: StoredEvent) {}

  /** @throws CorruptLogError when it can't be read as an event */
  get event(): LedgerEvent {
    this.read ??= decodeFact(this.stored);
    return this.read;
  }

  get position(): Position {
    return this.stored.position;
  }

  get revision(): number {
    return this.stored.revision;
  }

  /** @throws CorruptLogError when it can't be read as an event */
  get recordedAt(): string {
    return decodeProvenance(this.stored).recordedAt;
  }
}
