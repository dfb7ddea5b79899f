import { parsePosition, type Position, type StoredEvent } from '../event-store/event-store.js';
import { isTimestamp } from '../ledger/timestamp.js';

/** How far a reading of the log goes: to a position, or over what had occurred by a time. */
export type Until = { readonly position: Position } | { readonly time: number };

/** Of a position, with or without its leading zeros, or a time in RFC 3339; undefined for any other text. */
export function parseUntil(text: string): Until | undefined {
  const position = parsePosition(text);
  if (position !== undefined) return { position };
  return isTimestamp(text) ? { time: Date.parse(text) } : undefined;
}

/** Whether the event belongs to a reading that goes so far: also one that does not say when it occurred. */
export function isWithin(until: Until | undefined, event: StoredEvent): boolean {
  if (!until) return true;
  if ('position' in until) return event.position <= until.position;
  return !(occurredAt(event) > until.time);
}

/** Whether nothing behind the event belongs to it: of positions this can be known. */
export function isBehind(until: Until | undefined, event: StoredEvent): boolean {
  return until !== undefined && 'position' in until && event.position > until.position;
}

/** Epoch milliseconds; NaN where others have written what says no time. */
function occurredAt({ data }: StoredEvent): number {
  try {
    return Date.parse((JSON.parse(data) as { occurredAt: string }).occurredAt);
  } catch {
    return NaN;
  }
}
