import type { Position } from '../../event-store/event-store.js';
import type { LedgerEvent } from '../../ledger/domain/ledger-event.js';
import { decode, decodeData, type Said } from '../../ledger/event-codec.js';
import type { BytesPage, Note } from './bytes-check.js';
import type { Finding } from './judge.js';
import { illegible, isTime } from './legible.js';

/** An event as it was recorded. */
export interface Recorded extends Said {
  readonly recordedAt: string;
  /** The same, epoch milliseconds. */
  readonly at: number;
}

export function eventAt(page: BytesPage, place: number): Recorded {
  const recordedAt = page.recordedAt[place] as string;
  return {
    position: page.positions[place] as Position,
    stream: page.streams[place] as string,
    revision: page.revisions[place] as number,
    type: page.types[place] as string,
    data: page.data[place] as string,
    recordedAt,
    at: Date.parse(recordedAt),
  };
}

/** What it says, or why that can't be read. */
export function readable(said: Recorded, note: Note | undefined): LedgerEvent | Finding {
  try {
    const { metadata } = note ?? {};
    const event =
      metadata === undefined ? decodeData(said) : decode({ ...said, id: '', metadata }).event;
    const why = isTime(said.recordedAt)
      ? illegible(event)
      : 'recordedAt in its metadata is no time';
    return why === undefined ? event : { code: 'unreadable', detail: why };
  } catch (error) {
    return { code: 'unreadable', detail: (error as Error).message };
  }
}
