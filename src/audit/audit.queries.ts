import { setImmediate as othersTurn, setTimeout as pause } from 'node:timers/promises';
import { firstValueFrom, fromEvent, takeUntil } from 'rxjs';
import type { EventStore, Position, StoredEvent } from '../event-store/event-store.js';
import { START, upTo } from '../event-store/event-store.js';
import { streams } from '../ledger/domain/request-name.js';
import type { Actor } from '../ledger/domain/ledger-event.js';

export interface TrailFilter {
  readonly merchantId?: string | undefined;
  readonly saleId?: string | undefined;
  readonly terminalId?: string | undefined;
  readonly type?: string | undefined;
  /** When it occurred, epoch milliseconds: from the first, to before the second. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface TrailQuery extends TrailFilter {
  /** Only what the log has behind this position. */
  readonly after?: Position | undefined;
  readonly limit: number;
}

/** One event of the trail: what, when, who, for which request, and which event led to it. */
export interface TrailEntry {
  readonly position: Position;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly occurredAt: string | undefined;
  readonly recordedAt: string | undefined;
  readonly by: Actor | undefined;
  readonly request: string | undefined;
  readonly causationId: string | undefined;
  readonly data: object;
}

export interface TrailPage {
  readonly events: readonly TrailEntry[];
  /** To be given as `after`; absent when the end of the log was reached. */
  readonly next?: Position;
}

/** Events read from the log for one page at the most, however few of them fit the filters. */
const READ_LIMIT = 20_000;

/** So many events are read at once: of the embedded store, which answers in the same turn, fewer; a server takes its time for each page. */
const PAGE = 250;
const PAGE_OF_SHARED = 1_000;

/** Events that come one by one are told together when they come faster than this. */
const GATHER_MS = 20;

/** The trail: every event of the log in its order, also those that no version of the ledger can read. */
export class AuditQueries {
  private readonly size: number;

  constructor(private readonly store: EventStore) {
    this.size = store.isShared ? PAGE_OF_SHARED : PAGE;
  }

  /** A page may be short, or empty, and still not be the last: `next` tells. */
  async page(query: TrailQuery): Promise<TrailPage> {
    const events: TrailEntry[] = [];
    let at = query.after;
    for (let read = 0; read < READ_LIMIT; read += this.size) {
      const page = await this.read(at);
      for (const stored of page) {
        at = stored.position;
        const event = fitting(stored, query);
        if (event) events.push(event);
        if (events.length === query.limit) return { events, next: at };
      }
      if (page.length < this.size) return { events };
    }
    return at === undefined ? { events } : { events, next: at };
  }

  /**
   * What there is now behind a position, page by page, no faster than it is taken. Each page is asked for by itself: a reader may
   * leave at any time, and a server would go on holding what it has read ahead.
   */
  async *all(after: Position | undefined, filter: TrailFilter): AsyncGenerator<TrailEntry[]> {
    const head = await this.store.head();
    let at = after ?? START;
    do {
      const page = await this.read(at);
      yield upTo(head, page).flatMap((stored) => fitting(stored, filter) ?? []);
      at = page.at(-1)?.position ?? head;
    } while (at < head);
  }

  /** The same, and then what comes, until the signal ends it. */
  async *live(
    after: Position | undefined,
    filter: TrailFilter,
    signal: AbortSignal,
  ): AsyncGenerator<TrailEntry[]> {
    let at = after ?? START;
    while (!signal.aborted) {
      const page = await this.read(at);
      if (page.length === 0) {
        await this.news(at, signal);
        continue;
      }
      at = page.at(-1)?.position ?? at;
      yield page.flatMap((stored) => fitting(stored, filter) ?? []);
      if (page.length < this.size) await pause(GATHER_MS, undefined, { signal });
    }
  }

  /** The embedded store answers at once: without a pause a long reading would keep the service from all else. */
  private async read(after: Position | undefined): Promise<StoredEvent[]> {
    await othersTurn();
    return this.store.readAll({ after, limit: this.size });
  }

  /** Resolves when there is something behind the position, or at the signal. */
  private async news(after: Position, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const news = this.store.subscribe(after).pipe(takeUntil(fromEvent(signal, 'abort')));
    await firstValueFrom(news, { defaultValue: [] });
  }
}

/** The event, if it is what is asked for. The type is compared before anything is parsed. */
function fitting(stored: StoredEvent, filter: TrailFilter): TrailEntry | undefined {
  if (filter.type !== undefined && stored.type !== filter.type) return undefined;
  const data = parse(stored.data);
  const isOther = (asked: string | undefined, value: unknown): boolean =>
    asked !== undefined && asked !== value;
  if (filter.merchantId !== undefined && !isAbout(filter.merchantId, data)) return undefined;
  if (isOther(filter.terminalId, data['terminalId'])) return undefined;
  if (filter.saleId !== undefined && !isOfSale(filter.saleId, stored.stream, data))
    return undefined;
  const occurredAt = data['occurredAt'] as string | undefined;
  const time = Date.parse(occurredAt ?? '');
  if (filter.from !== undefined && !(time >= filter.from)) return undefined;
  if (filter.to !== undefined && !(time < filter.to)) return undefined;
  const metadata = parse(stored.metadata);
  const { position, stream, revision, id, type } = stored;
  return {
    ...{ position, stream, revision, id, type, occurredAt },
    recordedAt: metadata['recordedAt'] as string | undefined,
    by: metadata['by'] as Actor | undefined,
    request: metadata['$correlationId'] as string | undefined,
    causationId: metadata['$causationId'] as string | undefined,
    data: shown(data),
  };
}

/** Also what stands under its name where it was refused, or reversed before it came. */
function isOfSale(
  saleId: string,
  stream: string,
  data: Readonly<Record<string, unknown>>,
): boolean {
  return stream === streams.request(saleId) || (data['saleId'] ?? data['target']) === saleId;
}

/** What an acquirer paid is about each merchant that it has a line for. */
function isAbout(merchantId: string, data: Readonly<Record<string, unknown>>): boolean {
  const { lines } = data;
  const all: unknown[] = Array.isArray(lines) ? [data, ...(lines as unknown[])] : [data];
  return all.some((each) => (each as { merchantId?: unknown } | null)?.merchantId === merchantId);
}

/** The hash of a password: a short one could be guessed from it. */
const SECRET_FIELD = 'passwordHash';

/** Whether the event, shown whole, would show what is secret. */
export function holdsSecret({ data }: StoredEvent): boolean {
  return SECRET_FIELD in parse(data);
}

/** What an event says, but for what is secret. */
function shown(data: Record<string, unknown>): object {
  return { ...data, [SECRET_FIELD]: undefined };
}

/** Nothing where others have written what is no JSON object. */
function parse(json: string): Record<string, unknown> {
  try {
    const value = JSON.parse(json) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
