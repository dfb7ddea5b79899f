import { isDeepStrictEqual } from 'node:util';
import type { Position } from '../event-store/event-store.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import type {
  BatchEvent,
  Difference,
  Reconciliation,
  SettledSums,
  StoredTotals,
} from './domain/batch.events.js';
import type { Reconciled, TerminalSide } from './domain/reconcile.js';
import { type SentOrKept, sentOf } from './sent.js';

/** A batch, and what it comes to. Sums are decimal texts in minor units. */
export interface BatchFigures {
  readonly merchantId: string;
  readonly terminalId: string;
  readonly batchNo: string;
  readonly status: 'open' | 'closing' | 'closed';
  readonly businessDate: string;
  /** Of its sums; absent as long as there is no money in it. */
  readonly currency?: string;
  readonly totals: StoredTotals;
  readonly settled: SettledSums;
}

/** A batch as its terminal sees it. */
export interface BatchState extends BatchFigures {
  readonly reconciliation: Reconciliation;
  readonly differences?: readonly Difference[];
  readonly differencesLeftOut?: number;
  readonly carriedForward?: readonly string[];
  readonly position: Position;
}

/** The answer that a closed batch's own events give: the same until other totals or items are compared with it. */
export function closedAnswer(events: readonly RecordedEvent[]): BatchState | undefined {
  const last = lastComparison(events);
  return last && answerWith(events, last);
}

/** The same, where what the terminal sends is what was compared last; undefined where it is still to be compared. */
export function comparedAnswer(
  events: readonly RecordedEvent[],
  terminal: TerminalSide,
): BatchState | undefined {
  const last = lastComparison(events);
  const isSame = last && isDeepStrictEqual(sentOf(last.sent), sentOf(terminal));
  return isSame ? answerWith(events, last) : undefined;
}

interface Comparison {
  readonly sent: SentOrKept;
  readonly found: Reconciled;
  /** Of the event that says so. */
  readonly position: Position;
}

/** That of the close, or of what came later; undefined for a batch that is not closed. */
function lastComparison(events: readonly RecordedEvent[]): Comparison | undefined {
  for (const { event, position } of events.toReversed()) {
    const { type, data } = event;
    if (type === 'BatchReconciled') return { sent: data, found: data, position };
    if (type === 'BatchClosed') {
      return { sent: closeRequest(events)?.data ?? {}, found: data, position };
    }
  }
  return undefined;
}

/** The answer of a closed batch with what one comparison found. */
export function answerWith(
  events: readonly RecordedEvent[],
  { found, position }: Pick<Comparison, 'found' | 'position'>,
): BatchState | undefined {
  const closed = events.find(({ event }) => event.type === 'BatchClosed');
  if (closed?.event.type !== 'BatchClosed') return undefined;
  const { data } = closed.event;
  const { reconciliation, differences, differencesLeftOut } = found;
  return {
    merchantId: data.merchantId,
    terminalId: data.terminalId,
    batchNo: data.batchNo,
    status: 'closed',
    businessDate: data.businessDate,
    ...(data.currency !== undefined && { currency: data.currency }),
    totals: data.totals,
    settled: data.settled,
    reconciliation,
    ...(differences && { differences }),
    ...(differencesLeftOut !== undefined && { differencesLeftOut }),
    ...(data.carriedForward && { carriedForward: data.carriedForward }),
    position,
  };
}

/** The request to close that a batch's events begin with. */
export function closeRequest(
  events: readonly RecordedEvent[],
): (BatchEvent & { type: 'BatchCloseRequested' }) | undefined {
  const first = events[0]?.event;
  return first?.type === 'BatchCloseRequested' ? first : undefined;
}
