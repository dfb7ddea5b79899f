import type { LedgerEvent, RecordedEvent } from '../ledger/domain/ledger-event.js';
import { REQUEST_NAME, streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';

/** A request: the events under its name, and those of the stream that it has changed or would change. */
export interface RecordedRequest {
  readonly own: readonly RecordedEvent[];
  readonly onSale: readonly RecordedEvent[];
}

/** Both are empty where the name was never used. */
export async function readRequest(journal: Journal, name: string): Promise<RecordedRequest> {
  const own = await readNamed(journal, name);
  const target = targetOf(own[0]?.event);
  return { own, onSale: target === undefined ? own : await readNamed(journal, target) };
}

/** The events under a request's name; of a malformed one there are none. */
export async function readNamed(journal: Journal, name: string): Promise<RecordedEvent[]> {
  return REQUEST_NAME.test(name) ? journal.read(streams.request(name)) : [];
}

/** The sale that a void or refund is about, by the first event under its name. */
export function targetOf(first: LedgerEvent | undefined): string | undefined {
  if (first?.type !== 'RequestTaken' && first?.type !== 'Refused') return undefined;
  const { kind, target } = first.data;
  return kind === 'timeout-reversal' ? undefined : target;
}
