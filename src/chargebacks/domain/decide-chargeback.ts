import { minor, ZERO } from '../../ledger/domain/money.js';
import { booksRefusals } from '../../payouts/domain/books-refusals.js';
import type { Refusal } from '../../sales/domain/refusal.js';
import { requestRefusals } from '../../sales/domain/request-refusals.js';
import { type Chargeback, moneyOf, remaining, type Sale } from '../../sales/domain/sale.js';
import type { ChargebackEvent } from '../../sales/domain/sale.events.js';

/** What the card scheme says of a new case. Without an amount all that is left of the sale is taken back. */
export interface OpenChargeback {
  readonly chargebackId: string;
  readonly amount?: number;
  /** Charged to the merchant. */
  readonly fee?: number;
  readonly reason: string;
  readonly evidenceRef?: string;
}

/** `done`: it was decided before. */
export type ChargebackDecision =
  { readonly event: ChargebackEvent } | 'done' | { readonly refusal: Refusal };

/** What every event of a case says. */
export interface ChargebackFact {
  readonly chargebackId: string;
  readonly saleId: string;
  readonly merchantId: string;
  readonly currency: string;
  readonly businessDate: string;
  readonly occurredAt: string;
}

/** Only what has settled is charged back, and no more than what is left of it. */
export function decideOpening(
  { amount, fee = 0, reason, evidenceRef }: OpenChargeback,
  sale: Sale,
  fact: ChargebackFact,
): ChargebackDecision {
  const held = chargebackOf(sale, fact.chargebackId);
  if (held) {
    const differing = [
      ...(amount !== undefined && amount !== held.amount ? ['amount'] : []),
      ...(fee !== held.fee ? ['fee'] : []),
      ...(reason !== held.told.reason ? ['reason'] : []),
      ...(evidenceRef !== held.told.evidenceRef ? ['evidenceRef'] : []),
    ];
    return differing.length === 0 ? 'done' : { refusal: requestRefusals.idUsed(differing) };
  }
  const left = remaining(sale);
  if (left > 0 && !sale.settlement) return { refusal: booksRefusals.notSettled() };
  const taken = amount ?? left;
  if (taken > left || taken === 0)
    return { refusal: booksRefusals.aboveRemaining(moneyOf(sale, left)) };
  const evidence = evidenceRef !== undefined && { evidenceRef };
  const data = { ...fact, amount: minor(taken), fee: minor(fee), reason, ...evidence };
  return { event: { type: 'ChargebackOpened', data } };
}

/** The money comes back, and the fee where the scheme gives it back. */
export function decideWon(
  returnFee: boolean,
  sale: Sale,
  fact: ChargebackFact,
): ChargebackDecision {
  const held = chargebackOf(sale, fact.chargebackId);
  if (!held) return { refusal: booksRefusals.unknownChargeback() };
  if (held.status === 'won') {
    const isSame = held.fee === 0 || held.told.isFeeReturned === returnFee;
    return isSame ? 'done' : { refusal: requestRefusals.idUsed(['returnFee']) };
  }
  if (held.status === 'lost') return { refusal: booksRefusals.chargebackStatus('lost') };
  const feeReturned = returnFee ? held.fee : ZERO;
  return { event: { type: 'ChargebackWon', data: { ...fact, amount: held.amount, feeReturned } } };
}

/** The money is gone for good. */
export function decideLost(sale: Sale, fact: ChargebackFact): ChargebackDecision {
  const held = chargebackOf(sale, fact.chargebackId);
  if (!held) return { refusal: booksRefusals.unknownChargeback() };
  if (held.status === 'lost') return 'done';
  if (held.status === 'won') return { refusal: booksRefusals.chargebackStatus('won') };
  return { event: { type: 'ChargebackLost', data: { ...fact, amount: held.amount } } };
}

/** The sale's case of that name, if it has one. */
export function chargebackOf(sale: Sale, chargebackId: string): Chargeback | undefined {
  return sale.chargebacks.find((held) => held.chargebackId === chargebackId);
}
