import type { StoredEvent } from '../event-store/event-store.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import { decode } from '../ledger/event-codec.js';

/** An event on its way into the views: read when the first of them wants it, and once for all. */
export class Arrival {
  private read: RecordedEvent | undefined;

  constructor(readonly stored: StoredEvent) {}

  /** @throws CorruptLogError when it can't be read as an event */
  get recorded(): RecordedEvent {
    this.read ??= decode(this.stored);
    return this.read;
  }
}
