import type { EventStore, Position, StoredEvent } from '../../event-store/event-store.js';
import type { RecordedEvent } from '../../ledger/domain/ledger-event.js';
import { streams } from '../../ledger/domain/request-name.js';
import { decode } from '../../ledger/event-codec.js';
import { Journal } from '../../ledger/journal.js';

/** A log of which streams are read without the events that can't be; of a sale's own nothing may be missing. */
export class LegibleJournal extends Journal {
  /** Where those are, as far as they were met. */
  readonly leftOut = new Set<Position>();

  constructor(private readonly log: EventStore) {
    super(log);
  }

  override async read(stream: string, from?: number, most?: number): Promise<RecordedEvent[]> {
    if (stream.startsWith(streams.request(''))) return super.read(stream, from, most);
    return this.legible(await this.log.readStream(stream, from, most));
  }

  legible(events: readonly StoredEvent[]): RecordedEvent[] {
    return events.flatMap((stored) => {
      const event = readable(stored);
      if (!event) this.leftOut.add(stored.position);
      return event ?? [];
    });
  }
}

/** The event, if it can be read. */
export function readable(stored: StoredEvent): RecordedEvent | undefined {
  try {
    return decode(stored);
  } catch {
    return undefined;
  }
}
