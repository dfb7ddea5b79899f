import type { Position } from '../event-store/event-store.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import type {
  BatchEvent,
  Difference,
  Reconciliation,
  SettledSums,
  StoredTotals,
} from './domain/batch.events.js';

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

/** The answer that a closed batch's own events give: always the same, until totals come late. */
export function closedAnswer(events: readonly RecordedEvent[]): BatchState | undefined {
  const closed = events.find(({ event }) => event.type === 'BatchClosed');
  if (closed?.event.type !== 'BatchClosed') return undefined;
  const { data } = closed.event;
  const late = events.find(({ event }) => event.type === 'BatchReconciled');
  const reconciled = late?.event.type === 'BatchReconciled' ? late.event.data : data;
  return {
    merchantId: data.merchantId,
    terminalId: data.terminalId,
    batchNo: data.batchNo,
    status: 'closed',
    businessDate: data.businessDate,
    ...(data.currency !== undefined && { currency: data.currency }),
    totals: data.totals,
    settled: data.settled,
    reconciliation: reconciled.reconciliation,
    ...(reconciled.differences && { differences: reconciled.differences }),
    ...(reconciled.differencesLeftOut !== undefined && {
      differencesLeftOut: reconciled.differencesLeftOut,
    }),
    ...(data.carriedForward && { carriedForward: data.carriedForward }),
    position: (late ?? closed).position,
  };
}

/** The request to close that a batch's events begin with. */
export function closeRequest(
  events: readonly RecordedEvent[],
): (BatchEvent & { type: 'BatchCloseRequested' }) | undefined {
  const first = events[0]?.event;
  return first?.type === 'BatchCloseRequested' ? first : undefined;
}
