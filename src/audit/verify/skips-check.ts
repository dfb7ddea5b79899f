import type { StoredEvent } from '../../event-store/event-store.js';
import { decode } from '../../ledger/event-codec.js';
import { ALL_PROJECTIONS } from '../../projections/all-projections.js';
import { type Finding, illegal } from './judge.js';
import { NameFilter } from './name-filter.js';

const VIEWS: ReadonlySet<string> = new Set(ALL_PROJECTIONS.map(({ name }) => name));

/**
 * Decisions that a view is to leave out an event: it must be one that stands before. In a store that was restored its
 * position may be another than it was then.
 */
export class SkipsCheck {
  private readonly events = new NameFilter();
  private readonly positions = new NameFilter();

  add({ id, type, position }: StoredEvent): void {
    this.events.add(`${id} ${type}`);
    this.positions.add(position);
    this.positions.add(`${position} ${id}`);
  }

  finding(stored: StoredEvent): Finding | undefined {
    const { event } = decode(stored);
    if (event.type !== 'EventSkipped') return undefined;
    const { projection, eventId, eventType, position } = event.data;
    if (!VIEWS.has(projection)) return illegal(`there is no view ${projection}`);
    if (!this.events.mayHave(`${eventId} ${eventType}`)) {
      return illegal(`no ${eventType} with the id ${eventId} stands before it`);
    }
    if (!this.positions.mayHave(position) || this.positions.mayHave(`${position} ${eventId}`)) {
      return undefined;
    }
    return illegal(`another event than ${eventId} stands at position ${position}`);
  }
}
