import type { EventStore, StoredEvent } from '../event-store/event-store.js';
import { logLine } from './domain/log-line.js';
import { isBehind, isWithin, type Until } from './until.js';

/**
 * Makes text of the log, page by page. One that needs the whole log first keeps what it needs and gives it at the end.
 * `skipped`: ids of events that the books leave out by an operator's decision; what is made of the books does, too.
 */
export type ExportFormat = (
  pages: AsyncIterable<readonly StoredEvent[]>,
  skipped?: ReadonlySet<string>,
) => AsyncIterable<string>;

/** The log as far as it is asked for; `seen` is told how many events have been read. */
export async function* exported(
  store: EventStore,
  until: Until | undefined,
  seen: (events: number) => void = () => undefined,
): AsyncGenerator<readonly StoredEvent[]> {
  let events = 0;
  for await (const page of store.pages()) {
    yield page.filter((event) => isWithin(until, event));
    seen((events += page.length));
    const last = page.at(-1);
    if (last && isBehind(until, last)) return;
  }
}

/** Every event as a line of JSON, byte for byte: what `restore` reads. */
export const ndjson: ExportFormat = async function* (pages) {
  for await (const page of pages) yield page.map((event) => `${logLine(event)}\n`).join('');
};
