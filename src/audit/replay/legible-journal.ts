import type { EventStore, Position, StoredEvent } from '../../event-store/event-store.js';
import type { LedgerEvent, RecordedEvent } from '../../ledger/domain/ledger-event.js';
import { streams } from '../../ledger/domain/request-name.js';
import { decode } from '../../ledger/event-codec.js';
import { Journal } from '../../ledger/journal.js';
import { illegible, legibly } from '../verify/legible.js';
import { unfitSetting } from '../verify/settings-check.js';

/** So far back a readable event is looked for. */
const LOOK_BACK = 100;

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

  /** Of one that can't be read the last before it that can: what was said by then, and when. */
  override async at(position: Position): Promise<RecordedEvent | undefined> {
    const stored = await this.log.at(position);
    if (!stored) return undefined;
    const [event] = this.legible([stored]);
    if (event) return event;
    const before = await this.log.readAll({ after: position, limit: LOOK_BACK, backwards: true });
    return before.map(readable).find((one) => one !== undefined);
  }

  legible(events: readonly StoredEvent[]): RecordedEvent[] {
    return events.flatMap((stored) => {
      const event = readable(stored);
      if (!event) this.leftOut.add(stored.position);
      return event ?? [];
    });
  }
}

/** The event, if it can be read, and what it says is such as folds go by. */
export function readable(stored: StoredEvent): RecordedEvent | undefined {
  const recorded = legibly(() => decode(stored));
  return recorded && isSound(recorded.event) ? recorded : undefined;
}

/** Whether what an event says is such as folds go by. */
export function isSound(event: LedgerEvent): boolean {
  const isOfSettings =
    event.type === 'MerchantRegistered' || event.type === 'MerchantPolicyChanged';
  if (isOfSettings && unfitSetting(event.data.settings) !== undefined) return false;
  return illegible(event) === undefined;
}
