import type { StoredEvent } from '../../event-store/event-store.js';
import { SIGN_EVERY_MS } from '../domain/signed-head.js';

/** What stands behind all that was signed, but for heads. */
export interface Unsigned {
  readonly events: number;
  /** When the first and the last of them were recorded, RFC 3339. */
  readonly from: string;
  readonly until: string;
  /** So much later than the first, or than a close, that a service that ran and could sign had signed it. */
  readonly isLate: boolean;
}

/** A service that is busy, or is started again, signs later than it should. */
const LATE_MS = 3 * SIGN_EVERY_MS;

/** How long a head that is due at once, behind a close, may take. */
const LATE_BEHIND_CLOSE_MS = 15_000;

/** The events behind a head, as they come. */
export class UnsignedTail {
  private first: string | undefined;
  private last = '';
  private closedAt: string | undefined;

  /** `events`: that others had written between the tree that the head is of and the head. */
  constructor(private events = 0) {}

  /** `recordedAt`: RFC 3339, or empty where it can't be read. */
  take({ type }: StoredEvent, recordedAt: string): void {
    if (type === 'HeadSigned') return;
    this.events += 1;
    this.first ??= recordedAt;
    this.last = recordedAt;
    if (type === 'BatchClosed') this.closedAt ??= recordedAt;
  }

  /** Undefined where all is signed, or written beside the last head. */
  unsigned(): Unsigned | undefined {
    const { events, first, last, closedAt } = this;
    if (first === undefined) return undefined;
    const isLate =
      msBetween(first, last) > LATE_MS ||
      (closedAt !== undefined && msBetween(closedAt, last) > LATE_BEHIND_CLOSE_MS);
    return { events, from: first, until: last, isLate };
  }
}

function msBetween(from: string, until: string): number {
  return Date.parse(until) - Date.parse(from);
}
