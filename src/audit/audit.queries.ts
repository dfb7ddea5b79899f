import type { EventStore, Position, StoredEvent } from '../event-store/event-store.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import { decode } from '../ledger/event-codec.js';

export interface TrailQuery {
  /** Only what the log has behind this position. */
  readonly after?: Position | undefined;
  readonly limit: number;
  readonly merchantId?: string | undefined;
  readonly saleId?: string | undefined;
  readonly type?: string | undefined;
}

export interface TrailPage {
  readonly events: readonly RecordedEvent[];
  /** To be given as `after`; absent when the end of the log was reached. */
  readonly next?: Position;
}

/** Events read from the log for one page at the most, however few of them fit the filters. */
const READ_LIMIT = 20_000;
const READ_PAGE = 1_000;

/** The trail: every event of the log in its order. */
export class AuditQueries {
  constructor(private readonly store: EventStore) {}

  /** A page may be short, or empty, and still not be the last: `next` tells. */
  async page(query: TrailQuery): Promise<TrailPage> {
    const events: RecordedEvent[] = [];
    let at = query.after;
    for (let read = 0; read < READ_LIMIT; read += READ_PAGE) {
      const page = await this.store.readAll({ after: at, limit: READ_PAGE });
      for (const stored of page) {
        at = stored.position;
        const event = fitting(stored, query);
        if (event) events.push(event);
        if (events.length === query.limit) return { events, next: at };
      }
      if (page.length < READ_PAGE) return { events };
    }
    return at === undefined ? { events } : { events, next: at };
  }
}

/** The event, if it is what is asked for. The type is compared before anything is parsed. */
function fitting(stored: StoredEvent, query: TrailQuery): RecordedEvent | undefined {
  if (query.type !== undefined && stored.type !== query.type) return undefined;
  const event = decode(stored);
  const data = event.event.data as { merchantId?: string; saleId?: string; target?: string };
  if (query.merchantId !== undefined && data.merchantId !== query.merchantId) return undefined;
  if (query.saleId !== undefined && (data.saleId ?? data.target) !== query.saleId) return undefined;
  return event;
}
