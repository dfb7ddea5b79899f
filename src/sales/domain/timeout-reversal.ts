import { type RequestIdentity, requestName } from '../../ledger/domain/request-name.js';
import type { BusinessDay } from '../../merchants/domain/business-day.js';
import { declinedByReversal } from './approval.js';
import type { Refusal } from './refusal.js';
import { timeoutReversalRefusals } from './request-refusals.js';
import { awaiting, remaining, type Sale } from './sale.js';
import type { Effect, RequestEvent, ReversalData, SaleEvent, Undone } from './sale.events.js';

/** A terminal asks to undo its own request, whose outcome it never learned [S4]. Its own name is a new one. */
export interface TimeoutReversal extends RequestIdentity {
  readonly original: { readonly batchNo: string; readonly stan: string };
}

/** What the ledger has of the request that is to be undone. */
export type Original =
  | { readonly is: 'absent' }
  | { readonly is: 'never-arrived' }
  | { readonly is: 'a-reversal' }
  | { readonly is: 'refused'; readonly saleId: string }
  | { readonly is: 'undone'; readonly sale: Sale }
  | { readonly is: 'sale'; readonly sale: Sale }
  | { readonly is: 'taken'; readonly sale: Sale }
  | { readonly is: 'effect'; readonly sale: Sale; readonly effect: Effect };

/**
 * Reads the original from the events under its name, and from the sale that these are about.
 * A terminal's reversal on the sale counts before a refusal: the request that lost to it is refused in its own stream, too.
 */
export function originalOf(
  name: string,
  own: readonly (SaleEvent | RequestEvent)[],
  about:
    { readonly sale: Sale; readonly events: readonly (SaleEvent | RequestEvent)[] } | undefined,
): Original {
  const [first] = own;
  if (!first) return { is: 'absent' };
  if (first.type === 'Reversal') return { is: 'never-arrived' };
  if ('kind' in first.data && first.data.kind === 'timeout-reversal') return { is: 'a-reversal' };
  const isRefused = own.at(-1)?.type === 'Refused';
  if (about?.sale.undone.includes(name) && !(isRefused && about.sale.barred.includes(name))) {
    return { is: 'undone', sale: about.sale };
  }
  if (first.type === 'Sale' && about) return { is: 'sale', sale: about.sale };
  const effect = about?.events.find(
    (event): event is Effect =>
      (event.type === 'Void' || event.type === 'Refund') && event.data.request === name,
  );
  if (about && effect) return { is: 'effect', sale: about.sale, effect };
  const waited = about?.sale.approvals.find(({ data }) => data.request === name);
  if (waited && waited.status !== 'awaiting') return { is: 'refused', saleId: waited.data.saleId };
  if (isRefused) return { is: 'refused', saleId: targetOf(first) ?? name };
  if (!about) throw new Error(`request ${name} was let in for a sale that is not there`);
  return { is: 'taken', sale: about.sale };
}

function targetOf(event: SaleEvent | RequestEvent): string | undefined {
  return event.type === 'RequestTaken' || event.type === 'Refused' ? event.data.target : undefined;
}

/** Where the outcome of a time-out reversal goes. */
export type ReversalDecision =
  /** Under the original's name, which must still be free. */
  | { readonly takeName: SaleEvent & { readonly type: 'Reversal' } }
  /** Onto the sale, by the revision that it was decided on. */
  | {
      readonly undo: SaleEvent & { readonly type: 'Reversal' };
      /** What comes to its end before that. */
      readonly before?: readonly SaleEvent[];
      readonly sale: Sale;
    }
  /** Under the reversal's own name: the ledger stays as it is. */
  | { readonly nothing: RequestEvent & { readonly type: 'NothingToReverse' } }
  | { readonly refusal: Refusal };

/**
 * What becomes of a time-out reversal. `isCleared`: the batch of the original has been or is being closed, so that
 * the money of a refund is on its way.
 */
export function decideTimeoutReversal(
  command: TimeoutReversal,
  original: Original,
  { day, occurredAt, isCleared, timeZone }: ReversalContext,
): ReversalDecision {
  const fact = reversalFact(command, day, occurredAt);
  const reversal = (undone: Undone): SaleEvent & { readonly type: 'Reversal' } => ({
    type: 'Reversal',
    data: { ...fact, ...undone },
  });
  const nothing = (outcome: 'already-reversed' | 'never-arrived', saleId?: string) => ({
    nothing: {
      type: 'NothingToReverse' as const,
      data: { ...fact, outcome, ...(saleId !== undefined && { saleId }) },
    },
  });
  switch (original.is) {
    case 'absent':
      return { takeName: reversal({ undone: 'nothing' }) };
    case 'never-arrived':
      return nothing('never-arrived');
    case 'refused':
      return nothing('never-arrived', original.saleId);
    case 'undone':
      return nothing('already-reversed', original.sale.data.saleId);
    case 'a-reversal':
      return { refusal: timeoutReversalRefusals.notReversible() };
    case 'taken': {
      const { sale } = original;
      const { of } = fact;
      const waiting = awaiting(sale).find(({ data }) => data.request === of);
      const held = waiting && { held: waiting.data.amount };
      return { undo: reversal({ undone: 'nothing', saleId: sale.data.saleId, ...held }), sale };
    }
    case 'sale':
      return undoSale(original.sale, reversal, { occurredAt, timeZone });
    case 'effect':
      return undoEffect(original, reversal, { isCleared, timeZone });
  }
}

export interface ReversalContext {
  readonly day: BusinessDay;
  readonly occurredAt: string;
  readonly isCleared: boolean;
  /** The merchant's. */
  readonly timeZone: string;
}

type ReversalOf = (undone: Undone) => SaleEvent & { readonly type: 'Reversal' };

function undoSale(
  sale: Sale,
  reversal: ReversalOf,
  { occurredAt, timeZone }: Pick<ReversalContext, 'occurredAt' | 'timeZone'>,
): ReversalDecision {
  if (sale.settlement || sale.refunded > 0) {
    return { refusal: timeoutReversalRefusals.settledSince(sale, timeZone) };
  }
  const { saleId, amount: gross, currency, businessDate, storeId, card } = sale.data;
  const counted = { businessDate, storeId, cardToken: card.token };
  const money = { saleId, amount: remaining(sale), currency, counted };
  const before = declinedByReversal(sale, occurredAt);
  return { undo: reversal({ undone: 'sale', gross, ...money }), before, sale };
}

function undoEffect(
  { sale, effect }: Original & { is: 'effect' },
  reversal: ReversalOf,
  { isCleared, timeZone }: Pick<ReversalContext, 'isCleared' | 'timeZone'>,
): ReversalDecision {
  const { saleId, amount, currency, batchNo, businessDate, storeId, cardToken } = effect.data;
  const counted = {
    businessDate,
    ...(storeId !== undefined && { storeId }),
    ...(cardToken !== undefined && { cardToken }),
  };
  if (sale.reversed !== undefined) {
    const voided = { amount, currency, counted };
    return { undo: reversal({ undone: 'nothing', saleId, voided }), sale };
  }
  if (effect.type === 'Void') {
    if (sale.settlement)
      return { refusal: timeoutReversalRefusals.settledSince(sale, timeZone, effect) };
    return { undo: reversal({ undone: 'void', saleId, amount, currency, counted }), sale };
  }
  const { afterSettlement, feeReturned } = effect.data;
  if (sale.settlement && !afterSettlement) {
    return { refusal: timeoutReversalRefusals.settledSince(sale, timeZone, effect) };
  }
  if (isCleared) return { refusal: timeoutReversalRefusals.refundCleared(batchNo) };
  const money = { saleId, amount, currency, counted, afterSettlement, feeReturned };
  return { undo: reversal({ undone: 'refund', ...money }), sale };
}

function reversalFact(command: TimeoutReversal, day: BusinessDay, occurredAt: string) {
  const { merchantId, terminalId, batchNo, stan, original } = command;
  return {
    request: requestName(command),
    of: requestName({ merchantId, terminalId, ...original }),
    merchantId,
    terminalId,
    batchNo,
    stan,
    businessDate: day.date,
    occurredAt,
  };
}

/** Whether a reversal found its request at all. */
export function outcomeOf(data: ReversalData): 'reversed' | 'never-arrived' {
  return data.undone === 'nothing' && data.saleId === undefined ? 'never-arrived' : 'reversed';
}
