import { add, type Minor, subtract, ZERO } from '../../ledger/domain/money.js';
import { batchName } from '../../ledger/domain/request-name.js';
import type { ReversalData, SaleData, SaleEvent, SettledData } from './sale.events.js';

export type SaleStatus = 'open' | 'voided' | 'settled' | 'refunded' | 'reversed';

/** Something that was done to a sale, as its history lists it. */
export interface Operation {
  readonly kind: 'void' | 'refund';
  readonly request: string;
  readonly amount: Minor;
  /** Index of its event in the stream. */
  readonly revision: number;
  readonly isReversed: boolean;
}

/** A sale as its events left it. */
export interface Sale {
  readonly data: SaleData;
  readonly voided: Minor;
  readonly refunded: Minor;
  /** Refunds that came after the settlement, and the fee given back with them. */
  readonly refundedSettled: Minor;
  readonly feeReturned: Minor;
  readonly settlement?: SettledData;
  /** What was left of it when it was reversed as a whole; undefined while it stands. */
  readonly reversed?: Minor;
  /** Requests whose effect is here, so that each has it once. */
  readonly operations: readonly Operation[];
  /** Requests that are undone, so that none of them has an effect later. */
  readonly undone: readonly string[];
  readonly revision: number;
}

/** The state after one more event; undefined stands for a stream without a sale. */
export function evolveSale(sale: Sale | undefined, event: SaleEvent): Sale | undefined {
  if (event.type === 'Sale') return taken(event.data);
  if (!sale) return undefined;
  const next = { ...sale, revision: sale.revision + 1 };
  switch (event.type) {
    case 'Void':
      return {
        ...next,
        voided: add(sale.voided, event.data.amount),
        operations: [...sale.operations, operation('void', event.data, next.revision)],
      };
    case 'Refund':
      return {
        ...next,
        refunded: add(sale.refunded, event.data.amount),
        refundedSettled: event.data.afterSettlement
          ? add(sale.refundedSettled, event.data.amount)
          : sale.refundedSettled,
        feeReturned: add(sale.feeReturned, event.data.feeReturned),
        operations: [...sale.operations, operation('refund', event.data, next.revision)],
      };
    case 'Settled':
      return { ...next, settlement: event.data };
    case 'Reversal':
      return undo(next, event.data);
  }
}

function undo(sale: Sale, data: ReversalData): Sale {
  const next = {
    ...sale,
    undone: [...sale.undone, data.of],
    operations: sale.operations.map((done) =>
      done.request === data.of ? { ...done, isReversed: true } : done,
    ),
  };
  switch (data.undone) {
    case 'nothing':
      return next;
    case 'sale':
      return { ...next, reversed: data.amount };
    case 'void':
      return { ...next, voided: subtract(sale.voided, data.amount) };
    case 'refund':
      return {
        ...next,
        refunded: subtract(sale.refunded, data.amount),
        refundedSettled: data.afterSettlement
          ? subtract(sale.refundedSettled, data.amount)
          : sale.refundedSettled,
        feeReturned: subtract(sale.feeReturned, data.feeReturned),
      };
  }
}

function taken(data: SaleData): Sale {
  return {
    data,
    voided: ZERO,
    refunded: ZERO,
    refundedSettled: ZERO,
    feeReturned: ZERO,
    operations: [],
    undone: [],
    revision: 0,
  };
}

function operation(
  kind: Operation['kind'],
  data: { readonly request: string; readonly amount: Minor },
  revision: number,
): Operation {
  return { kind, request: data.request, amount: data.amount, revision, isReversed: false };
}

/** What has been neither voided, refunded nor reversed. */
export function remaining(sale: Sale): Minor {
  if (sale.reversed !== undefined) return ZERO;
  return subtract(subtract(sale.data.amount, sale.voided), sale.refunded);
}

export function statusOf(sale: Sale): SaleStatus {
  if (sale.reversed !== undefined) return 'reversed';
  const left = remaining(sale);
  if (left === 0) return sale.refunded > 0 ? 'refunded' : 'voided';
  return sale.settlement ? 'settled' : 'open';
}

/** The batch that the sale settles with. */
export function batchOf(sale: Sale): string {
  return batchName(sale.data);
}
