import { moneyText } from '../../ledger/domain/decimal.js';
import { add, type Minor, minor, subtract, ZERO } from '../../ledger/domain/money.js';
import { batchName } from '../../ledger/domain/request-name.js';
import { isBar } from './barred.js';
import type { Refusal } from './refusal.js';
import type {
  ApprovalDeclinedData,
  ApprovalRequestedData,
  ChargebackEvent,
  ReversalData,
  SaleData,
  SaleEvent,
  SettledData,
} from './sale.events.js';

export type SaleStatus = 'open' | 'voided' | 'settled' | 'refunded' | 'reversed';

/** Something that was done to a sale, as its history lists it. */
export interface Operation {
  readonly kind: 'void' | 'refund';
  readonly request: string;
  readonly amount: Minor;
  /** RFC 3339. */
  readonly occurredAt: string;
  /** Index of its event in the stream. */
  readonly revision: number;
  readonly isReversed: boolean;
}

/** A chargeback of a sale. Won, its money is back; else it is gone. */
export interface Chargeback {
  readonly chargebackId: string;
  readonly amount: Minor;
  readonly fee: Minor;
  readonly status: 'open' | 'won' | 'lost';
  /** What else was told of it, which its repeats must say alike. */
  readonly told: {
    readonly reason: string;
    readonly evidenceRef: string | undefined;
    /** Of one that was won. */
    readonly isFeeReturned?: boolean;
  };
}

/** A void or refund that waits, or has waited, for a second person's yes. */
export interface Approval {
  readonly data: ApprovalRequestedData;
  /** Index of its event in the stream. */
  readonly revision: number;
  /** `refused`: it was no longer possible. */
  readonly status: 'awaiting' | 'approved' | 'declined' | 'expired' | 'refused' | 'reversed';
  readonly refusal?: Refusal;
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
  readonly chargebacks: readonly Chargeback[];
  /** Of those that are open or lost. */
  readonly chargedBack: Minor;
  /** What was left of it when it was reversed as a whole; undefined while it stands. */
  readonly reversed?: Minor;
  /** Requests whose effect is here, so that each has it once. */
  readonly operations: readonly Operation[];
  /** Requests that are undone, so that none of them has an effect later. */
  readonly undone: readonly string[];
  /** Those of them that no terminal has asked to undo: they are refused. */
  readonly barred: readonly string[];
  readonly approvals: readonly Approval[];
  readonly revision: number;
}

/** The state after one more event; undefined stands for a stream without a sale. */
export function evolveSale(sale: Sale | undefined, event: SaleEvent): Sale | undefined {
  if (event.type === 'Sale') return taken(event.data);
  if (!sale) return undefined;
  // Of most sales the only event but their first.
  if (event.type === 'Settled') return settled(sale, event.data);
  const next = { ...sale, revision: sale.revision + 1 };
  switch (event.type) {
    case 'Void':
      return {
        ...next,
        voided: add(sale.voided, event.data.amount),
        operations: [...sale.operations, operation('void', event.data, next.revision)],
        approvals: ended(sale.approvals, event.data.request, 'approved'),
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
        approvals: ended(sale.approvals, event.data.request, 'approved'),
      };
    case 'ApprovalRequested': {
      const { revision } = next;
      const awaiting = { data: event.data, revision, status: 'awaiting' as const };
      return { ...next, approvals: [...sale.approvals, awaiting] };
    }
    case 'ApprovalDeclined':
      return { ...next, approvals: declined(sale.approvals, event.data) };
    case 'Reversal':
      return undo(next, event.data);
    case 'ChargebackOpened':
    case 'ChargebackWon':
    case 'ChargebackLost':
      return { ...next, ...chargedBack(sale, event) };
  }
}

function settled(sale: Sale, settlement: SettledData): Sale {
  return { ...sale, revision: sale.revision + 1, settlement };
}

function undo(sale: Sale, data: ReversalData): Sale {
  const next = {
    ...sale,
    undone: [...sale.undone, data.of],
    barred: isBar(data) ? [...sale.barred, data.of] : sale.barred,
    operations: sale.operations.map((done) =>
      done.request === data.of ? { ...done, isReversed: true } : done,
    ),
    approvals: ended(sale.approvals, data.of, 'reversed'),
  };
  switch (data.undone) {
    case 'nothing':
      return data.voided ? undoneWithSale(next, data.voided.amount) : next;
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

/** What a void had taken of a sale that was reversed: all of the sale is reversed then. */
function undoneWithSale(sale: Sale, voided: Minor): Sale {
  const { reversed = ZERO } = sale;
  return { ...sale, voided: subtract(sale.voided, voided), reversed: add(reversed, voided) };
}

function taken(data: SaleData): Sale {
  return {
    data,
    voided: ZERO,
    refunded: ZERO,
    refundedSettled: ZERO,
    feeReturned: ZERO,
    chargebacks: [],
    chargedBack: ZERO,
    operations: [],
    undone: [],
    barred: [],
    approvals: [],
    revision: 0,
  };
}

function chargedBack(sale: Sale, { type, data }: ChargebackEvent) {
  const { chargebackId, amount } = data;
  const changed = (change: (held: Chargeback) => Chargeback): readonly Chargeback[] =>
    sale.chargebacks.map((held) => (held.chargebackId === chargebackId ? change(held) : held));
  switch (type) {
    case 'ChargebackOpened': {
      const { fee, reason, evidenceRef } = data;
      const told = { reason, evidenceRef };
      const opened = { chargebackId, amount, fee, status: 'open' as const, told };
      return {
        chargebacks: [...sale.chargebacks, opened],
        chargedBack: add(sale.chargedBack, amount),
      };
    }
    case 'ChargebackWon': {
      const isFeeReturned = data.feeReturned > 0;
      return {
        chargebacks: changed(({ told, ...held }) => {
          return { ...held, status: 'won', told: { ...told, isFeeReturned } };
        }),
        chargedBack: subtract(sale.chargedBack, amount),
      };
    }
    case 'ChargebackLost':
      return { chargebacks: changed((held) => ({ ...held, status: 'lost' })) };
  }
}

/** What of it is shown. */
export function shownChargeback({
  chargebackId,
  amount,
  fee,
  status,
}: Chargeback): Omit<Chargeback, 'told'> {
  return { chargebackId, amount, fee, status };
}

/** The approvals, with the end of the one that waited under this name, if any did. */
function ended(
  approvals: readonly Approval[],
  request: string,
  status: Approval['status'],
  refusal?: Refusal,
): readonly Approval[] {
  if (approvals.length === 0) return approvals;
  return approvals.map((approval) =>
    approval.data.request === request && approval.status === 'awaiting'
      ? { ...approval, status, ...(refusal && { refusal }) }
      : approval,
  );
}

function declined(
  approvals: readonly Approval[],
  { request, why, refusal }: ApprovalDeclinedData,
): readonly Approval[] {
  return ended(approvals, request, why === 'not-possible' ? 'refused' : why, refusal);
}

function operation(
  kind: Operation['kind'],
  data: { readonly request: string; readonly amount: Minor; readonly occurredAt: string },
  revision: number,
): Operation {
  const { request, amount, occurredAt } = data;
  return { kind, request, amount, occurredAt, revision, isReversed: false };
}

/** What has been neither voided, refunded, charged back nor reversed. */
export function remaining(sale: Sale): Minor {
  if (sale.reversed !== undefined) return ZERO;
  const given = add(add(sale.voided, sale.refunded), sale.chargedBack);
  return subtract(sale.data.amount, given);
}

/** What requests hold that wait for an approval. */
export function held(sale: Sale): Minor {
  return awaiting(sale).reduce((sum, { data }) => add(sum, data.amount), ZERO);
}

export function awaiting(sale: Sale): readonly Approval[] {
  return sale.approvals.filter(({ status }) => status === 'awaiting');
}

/** An amount of the sale as a sentence tells it: CNY 100.00. */
export function moneyOf({ data }: Sale, amount: number): string {
  return moneyText(amount, data.currency);
}

/** What may still be voided or refunded. A chargeback asks nobody, and may take what is held. */
export function free(sale: Sale): Minor {
  return minor(Math.max(0, remaining(sale) - held(sale)));
}

export function statusOf(sale: Sale): SaleStatus {
  if (sale.reversed !== undefined) return 'reversed';
  const left = remaining(sale);
  if (left === 0 && sale.refunded > 0) return 'refunded';
  if (left === 0 && sale.chargedBack === 0) return 'voided';
  return sale.settlement ? 'settled' : 'open';
}

/** The batch that the sale settles with. */
export function batchOf(sale: Sale): string {
  return batchName(sale.data);
}
