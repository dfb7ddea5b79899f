import type { EventData, LedgerEventType } from '../ledger/domain/ledger-event.js';
import type { Arrived } from './arrival.js';
import type { Fold } from './projection.js';

/** Those that name their events here. `payouts` are tables in the file of the books. */
type ViewName =
  | 'sales'
  | 'batches'
  | 'settlements'
  | 'payouts'
  | 'day-sums'
  | 'approvals'
  | 'refusals'
  | 'requests'
  | 'appeals'
  | 'chargebacks'
  | 'merchants'
  | 'keys';

/**
 * Which views each event matters to: a new one does not compile before it has its line here, and before each view of
 * the line handles it. Beside these the books take whatever has postings (`accounting/domain/postings.ts`), and the
 * trail takes everything.
 */
export const VIEWS_BY_EVENT = {
  Sale: ['sales', 'batches', 'settlements', 'day-sums', 'refusals'],
  Void: ['sales', 'batches', 'settlements', 'day-sums', 'approvals', 'refusals', 'requests'],
  Refund: ['sales', 'batches', 'settlements', 'day-sums', 'approvals', 'refusals', 'requests'],
  ApprovalRequested: ['sales', 'batches', 'approvals', 'refusals', 'requests'],
  ApprovalDeclined: ['sales', 'approvals', 'refusals'],
  Settled: ['sales', 'batches', 'settlements', 'payouts'],
  Reversal: ['sales', 'batches', 'settlements', 'day-sums', 'approvals', 'refusals', 'requests'],
  ChargebackOpened: ['sales', 'settlements', 'chargebacks'],
  ChargebackWon: ['sales', 'settlements', 'chargebacks'],
  ChargebackLost: ['sales', 'chargebacks'],
  RequestTaken: ['batches', 'requests'],
  Refused: ['batches', 'refusals', 'requests'],
  NothingToReverse: ['batches', 'refusals', 'requests'],
  FailureReported: ['refusals'],
  AppealFiled: ['appeals'],
  AppealAnswered: ['appeals'],
  BatchCloseRequested: ['batches', 'approvals'],
  BatchClosed: ['batches', 'settlements'],
  BatchReconciled: [],
  MerchantRegistered: ['day-sums', 'merchants'],
  MerchantPolicyChanged: ['day-sums', 'merchants'],
  TerminalAssigned: ['refusals'],
  StoreLimitsSet: [],
  RightFrozen: [],
  RightRestored: [],
  SupervisorSet: [],
  SupervisorLocked: [],
  CardReported: [],
  CardRestored: [],
  KeyAdded: ['keys'],
  KeyRevoked: ['keys'],
  SignatureUsed: [],
  PayoutSent: ['payouts'],
  PayoutPaid: ['payouts'],
  PayoutReturned: ['payouts'],
  ReserveReleased: ['payouts'],
  WrittenOff: [],
  AcquirerPaid: ['settlements'],
  EventSkipped: [],
  HeadSigned: [],
} as const satisfies Record<LedgerEventType, readonly ViewName[]>;

/** What a view does with each of its events: with what it says, and with where it stands in the log. */
export type Handlers<View extends ViewName> = {
  readonly [T in LedgerEventType as View extends (typeof VIEWS_BY_EVENT)[T][number] ? T : never]: (
    data: EventData<T>,
    arrived: Arrived,
  ) => void;
};

/** The fold that gives each of the view's events to its handler, and leaves out the others. */
export function handling<View extends ViewName>(handlers: Handlers<View>): Fold {
  const byType = new Map<string, (data: object, arrived: Arrived) => void>(
    Object.entries(handlers),
  );
  return (events) => {
    for (const arrived of events) {
      const { type, data } = arrived.event;
      byType.get(type)?.(data, arrived);
    }
  };
}
