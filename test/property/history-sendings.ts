import { payoutName } from '../../src/payouts/domain/payout.js';
import { SALE_TIME } from '../support/facts.js';
import type { Sending } from '../support/requests.js';
import type { TestLedger } from '../support/test-ledger.js';
import type { Sent } from './history-steps.js';

const SHOPS = ['M1', 'M2'] as const;
const HOUR_MS = 3_600_000;
const NO_SALE = 'M1.T0.000000.000099';

/** Of one terminal; it has no minor unit. */
export const OTHER_CURRENCY = 'JPY';

/** What a step picks from: what has come of those before it. */
interface Known {
  readonly answered: readonly { readonly sending: Sending }[];
  readonly saleIds: readonly string[];
  /** Requests that have waited for an approval. */
  readonly waiting: readonly string[];
  readonly ledger: TestLedger;
}

interface Place {
  readonly merchant: number;
  readonly terminal: number;
  readonly batch: number;
  readonly stan: number;
}

/** What a step sends; undefined where there is nothing to send it about. */
export function sendingOf(step: Sent, known: Known): Sending | undefined {
  switch (step.does) {
    case 'repeat':
      return oneOf(known.answered, step.which)?.sending;
    case 'sale': {
      const { amount, currency, card } = step;
      const token = { token: card, last4: '4242' };
      const name = nameOf(step, known);
      const isForeign = name.merchantId === 'M1' && name.terminalId === 'T1';
      const own = isForeign ? OTHER_CURRENCY : 'CNY';
      const code = currency === 'own' ? own : currency;
      return { op: 'sale', ...name, amount, currency: code, card: token };
    }
    case 'back': {
      const { op, amount, ifMatch, isStranger, isUnknown } = step;
      const saleId = isUnknown ? NO_SALE : saleIdOf(step.target, known);
      const [owner = 'M1'] = saleId.split('.');
      const merchantId = isStranger ? shop(step) : owner;
      return {
        op,
        ...nameOf(step, known),
        merchantId,
        saleId,
        reason: 'wrong size',
        ...(amount !== undefined && { amount }),
        ...(ifMatch !== undefined && { ifMatch }),
      };
    }
    case 'settle':
      return { op: 'settle', saleId: saleIdOf(step.target, known) };
    case 'decide': {
      const approvalId = oneOf(known.waiting, step.target) ?? NO_SALE;
      return { op: step.op, approvalId };
    }
    case 'close': {
      const { merchantId, terminalId, batchNo } = nameOf({ ...step, stan: 1 }, known);
      const nothing = { saleCount: 0, voidCount: 0, refundCount: 0 };
      const totals = { ...nothing, saleAmount: '0', voidAmount: '0', refundAmount: '0' };
      const sends = step.sends === 'totals' && { totals };
      return { op: 'close', merchantId, terminalId, batchNo, ...sends };
    }
    case 'timeout': {
      const name = nameOf(step, known);
      const stan = String(step.original).padStart(6, '0');
      return { op: 'timeout-reversal', ...name, original: { batchNo: name.batchNo, stan } };
    }
    case 'payouts':
      return { op: 'payouts', date: dateIn(step.days, known) };
    case 'payout': {
      const { payouts } = known.ledger.views.payouts.list({ limit: 100 });
      const payout = oneOf(payouts, step.which);
      if (!payout) return undefined;
      const { merchantId, currency, number } = payout;
      return { op: `payout-${step.end}`, payoutId: payoutName(merchantId, currency, number) };
    }
    case 'acquirer':
      return {
        op: 'acquirer-paid',
        paymentId: `P${step.payment}`,
        merchantId: shop(step),
        currency: step.isOther ? OTHER_CURRENCY : 'CNY',
        date: dateIn(0, known),
        amount: String(step.amount),
        schemeCost: String(step.schemeCost),
      };
    case 'chargeback': {
      const { amount, fee, end } = step;
      const named = { saleId: saleIdOf(step.target, known), chargebackId: `CB${step.name}` };
      if (end !== 'open') return { op: `chargeback-${end}`, ...named };
      return { op: 'chargeback', ...named, ...(amount !== undefined && { amount }), fee };
    }
    case 'write-off':
      return {
        op: 'write-off',
        merchantId: shop(step),
        writeOffId: `W${step.name}`,
        currency: step.isOther ? OTHER_CURRENCY : 'CNY',
      };
    case 'day-close': {
      const { store } = step;
      const of = store === undefined ? {} : { storeId: store };
      return { op: 'day-close', merchantId: shop(step), ...of };
    }
  }
}

/** Batch numbers go on with the days, so that most requests find a batch of their date. */
function nameOf(step: Place, { ledger }: Known) {
  const day = Math.floor((ledger.clock.now() - Date.parse(SALE_TIME)) / (24 * HOUR_MS));
  const batch = Math.max(0, day) * 2 + step.batch;
  return {
    merchantId: shop(step),
    terminalId: `T${step.terminal}`,
    batchNo: String(batch).padStart(6, '0'),
    stan: String(step.stan).padStart(6, '0'),
  };
}

/** So many days from now, as the merchants' zones have it, or nearly. */
function dateIn(days: number, { ledger }: Known): string {
  return new Date(ledger.clock.now() + days * 24 * HOUR_MS).toISOString().slice(0, 10);
}

function saleIdOf(target: number, { saleIds }: Known): string {
  return oneOf(saleIds, target) ?? NO_SALE;
}

export function shop({ merchant }: { readonly merchant: number }): string {
  return SHOPS[merchant] ?? 'M1';
}

function oneOf<T>(all: readonly T[], which: number): T | undefined {
  return all[which % Math.max(all.length, 1)];
}
