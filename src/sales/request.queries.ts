import type { Position } from '../event-store/event-store.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import type { Journal } from '../ledger/journal.js';
import { isBar } from './domain/barred.js';
import type { Refusal } from './domain/refusal.js';
import type { RequestKind, SaleData } from './domain/sale.events.js';
import type { FirstEvent } from './domain/same-content.js';
import { outcomeOf } from './domain/timeout-reversal.js';
import { readRequest, type RecordedRequest } from './recorded-request.js';
import { effectAnswer, foldSale } from './recorded-sale.js';
import type { GivenBackAnswer, TimeoutReversed } from './sales.commands.js';

/** What became of a request. */
export interface RequestState {
  /** `unknown`: it was reversed before it arrived. */
  readonly kind: RequestKind | 'unknown';
  readonly outcome: 'done' | 'refused' | 'reversed' | 'never-arrived' | 'in-progress';
  /** The sale that it is, or is about. */
  readonly saleId?: string | undefined;
  readonly position: Position;
  readonly refusal?: Refusal;
  /** Of a void or refund that was done. */
  readonly effect?: GivenBackAnswer;
  /** Of a time-out reversal that was done: what it came to. */
  readonly reversal?: TimeoutReversed['outcome'];
  /** Of a void or refund that waits for an approval. */
  readonly waiting?: {
    readonly amount: number;
    readonly currency: string;
    readonly rrn?: string;
    readonly expiresAt: string;
  };
  /** Of a sale that was taken. */
  readonly taken?: SaleData;
}

/** What became of requests, read from the streams: always current. */
export class RequestQueries {
  constructor(private readonly journal: Journal) {}

  /** Undefined when the name was never used. */
  async request(name: string): Promise<RequestState | undefined> {
    const recorded = await readRequest(this.journal, name);
    const [first] = recorded.own;
    if (!first) return undefined;
    if (first.event.type === 'Reversal') {
      return { kind: 'unknown', outcome: 'never-arrived', position: first.position };
    }
    const event = first.event as FirstEvent;
    if (event.type !== 'Sale' && event.data.kind === 'timeout-reversal') {
      const original = await readRequest(this.journal, event.data.target ?? name);
      return timeoutReversalState(name, recorded.own, original.onSale);
    }
    return stateOf(name, event, recorded);
  }
}

/** A sale, a void or a refund. */
function stateOf(name: string, first: FirstEvent, { own, onSale }: RecordedRequest): RequestState {
  const { kind, saleId } =
    first.type === 'Sale'
      ? { kind: 'sale' as const, saleId: name }
      : { kind: first.data.kind, saleId: first.data.target ?? name };
  const isRefused = own.at(-1)?.event.type === 'Refused';
  const reversal = onSale.find(
    ({ event }) =>
      event.type === 'Reversal' && event.data.of === name && !(isRefused && isBar(event.data)),
  );
  if (reversal) {
    return { kind, outcome: 'reversed', saleId, position: reversal.position };
  }
  if (first.type === 'Sale') {
    const position = own[0]?.position as Position;
    return { kind, outcome: 'done', saleId, position, taken: first.data };
  }
  const effect = effectAnswer(name, onSale);
  if (effect) return { kind, outcome: 'done', saleId, position: effect.position, effect };
  return waitingState(name, kind, onSale) ?? undecided(kind, saleId, own);
}

/** Of a request that waits for an approval, or has waited in vain. */
function waitingState(
  name: string,
  kind: RequestKind,
  onSale: readonly RecordedEvent[],
): RequestState | undefined {
  const waited = foldSale(onSale)?.sale.approvals.find(({ data }) => data.request === name);
  if (!waited) return undefined;
  const { saleId, amount, currency, rrn, expiresAt } = waited.data;
  const { refusal } = waited;
  const waiting = { amount, currency, ...(rrn !== undefined && { rrn }), expiresAt };
  const last = onSale.findLast(
    ({ event }) => 'request' in event.data && event.data.request === name,
  );
  const position = last?.position as Position;
  return refusal
    ? { kind, outcome: 'refused', saleId, position, refusal }
    : { kind, outcome: 'in-progress', saleId, position, waiting };
}

function timeoutReversalState(
  name: string,
  own: readonly RecordedEvent[],
  onOriginal: readonly RecordedEvent[],
): RequestState {
  const kind = 'timeout-reversal';
  const answer = [...own, ...onOriginal].find(
    ({ event }) =>
      ((event.type === 'Reversal' && !isBar(event.data)) || event.type === 'NothingToReverse') &&
      event.data.request === name,
  );
  if (answer?.event.type !== 'Reversal' && answer?.event.type !== 'NothingToReverse') {
    return undecided(kind, foldSale(onOriginal)?.sale.data.saleId, own);
  }
  const { data } = answer.event;
  const reversal = 'outcome' in data ? data.outcome : outcomeOf(data);
  const { position } = answer;
  return { kind, outcome: 'done', saleId: data.saleId, position, reversal };
}

/** Refused, or let in and not yet decided. */
function undecided(
  kind: RequestKind,
  saleId: string | undefined,
  own: readonly RecordedEvent[],
): RequestState {
  const last = own.at(-1);
  const position = last?.position as Position;
  return last?.event.type === 'Refused'
    ? { kind, outcome: 'refused', saleId, position, refusal: last.event.data.refusal }
    : { kind, outcome: 'in-progress', saleId, position };
}
