import type { CheckedPage } from '../../event-store/checked-page.js';
import type { StoredEvent } from '../../event-store/event-store.js';
import type { LedgerEvent } from '../../ledger/domain/ledger-event.js';
import { decode } from '../../ledger/event-codec.js';
import { ALL_PROJECTIONS } from '../../projections/all-projections.js';
import { type Finding, illegal, type PlacedFinding } from './judge.js';
import { legibly } from './legible.js';

const VIEWS: ReadonlySet<string> = new Set(ALL_PROJECTIONS.map(({ name }) => name));

type Skipped = LedgerEvent & { type: 'EventSkipped' };

/** `place`: how many events stand before it. */
interface Decision {
  readonly place: number;
  readonly stored: StoredEvent;
  readonly data: Skipped['data'];
}

/**
 * Decisions that a view is to leave out an event: it must be one that stands before. In a store that was restored its
 * position may be another than it was then. They are few, if any: what stands before them is read again for them.
 */
export class SkipsCheck {
  private readonly decisions: Decision[] = [];
  private place = 0;

  /** The next of the log. */
  take(stored: StoredEvent): void {
    if (stored.type === 'EventSkipped') {
      // What can't be read is told where it is judged.
      const event = legibly(() => decode(stored).event as Skipped);
      if (event) this.decisions.push({ place: this.place, stored, data: event.data });
    }
    this.place += 1;
  }

  /** What is wrong with the decisions. `again` reads the same log from its beginning. */
  async findings(again: () => AsyncIterable<CheckedPage>): Promise<PlacedFinding[]> {
    const last = this.decisions.at(-1);
    if (!last) return [];
    const sought = new Set(this.decisions.flatMap(({ data }) => Object.values(namesIn(data))));
    const first = await firstPlaces(again(), last.place, sought);
    return this.decisions.flatMap(({ place, stored, data }) => {
      const finding = wrongSkip(data, (name) => (first.get(name) ?? place) < place);
      const { position, stream } = stored;
      return finding ? [{ ...finding, position, stream }] : [];
    });
  }
}

/** Where each name was met first. */
async function firstPlaces(
  pages: AsyncIterable<CheckedPage>,
  end: number,
  sought: ReadonlySet<string>,
): Promise<ReadonlyMap<string, number>> {
  const first = new Map<string, number>();
  let place = 0;
  for await (const { events } of pages) {
    for (const { id: eventId, type: eventType, position } of events) {
      for (const name of Object.values(namesIn({ eventId, eventType, position }))) {
        if (sought.has(name) && !first.has(name)) first.set(name, place);
      }
      place += 1;
    }
    if (place >= end) break;
  }
  return first;
}

/** What an event is looked for by. */
function namesIn({
  eventId,
  eventType,
  position,
}: Pick<Skipped['data'], 'eventId' | 'eventType' | 'position'>) {
  return { event: `${eventId} ${eventType}`, position, both: `${position} ${eventId}` };
}

function wrongSkip(
  data: Skipped['data'],
  isBefore: (name: string) => boolean,
): Finding | undefined {
  const { projection, eventId, eventType } = data;
  const { event, position, both } = namesIn(data);
  if (!VIEWS.has(projection)) return illegal(`there is no view ${projection}`);
  if (!isBefore(event)) return illegal(`no ${eventType} with the id ${eventId} stands before it`);
  if (!isBefore(position) || isBefore(both)) return undefined;
  return illegal(`another event than ${eventId} stands at position ${position}`);
}
