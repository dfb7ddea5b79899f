import type { BatchItem, StoredTotals } from '../../src/batches/domain/batch.events.js';
import type { Ledger } from '../../src/compose-ledger.js';
import type { Actor } from '../../src/ledger/domain/ledger-event.js';
import type { RequestIdentity } from '../../src/ledger/domain/request-name.js';
import type { GiveBackCommand, SaleCommand } from '../../src/sales/domain/decide.js';
import type { Outcome } from '../../src/sales/sales.commands.js';
import { type BooksSending, sendToBooks } from './books-requests.js';
import { of } from './specification.js';

export type SellSending = RequestIdentity & {
  readonly op: 'sale';
  readonly amount: number;
  readonly currency: string;
  readonly card: { readonly token: string; readonly last4: string; readonly type?: 'debit' };
};

export type GiveBackSending = RequestIdentity & {
  readonly op: 'void' | 'refund' | 'reversal';
  readonly supervisor?: { readonly id: string; readonly password: string };
  readonly operatorId?: string;
  readonly saleId: string;
  readonly reason: string;
  readonly amount?: number;
  readonly ifMatch?: number;
};

export type TimeoutSending = RequestIdentity & {
  readonly op: 'timeout-reversal';
  readonly original: { readonly batchNo: string; readonly stan: string };
};

/** What a terminal or an operator may send, as plain data. */
export type Sending =
  | SellSending
  | GiveBackSending
  | TimeoutSending
  | BooksSending
  | { readonly op: 'settle'; readonly saleId: string }
  | { readonly op: 'approve' | 'decline'; readonly approvalId: string }
  | {
      readonly op: 'close';
      readonly merchantId: string;
      readonly terminalId: string;
      readonly batchNo: string;
      readonly totals?: StoredTotals;
      readonly items?: readonly BatchItem[];
    }
  | { readonly op: 'day-close'; readonly merchantId: string; readonly storeId?: string };

/** Hands it to the handler that a route would hand it to. */
export function send(ledger: Ledger, sending: Sending, by: Actor): Promise<Outcome<unknown>> {
  switch (sending.op) {
    case 'sale': {
      const content = contentOf(sending);
      const command: SaleCommand = { ...content, amount: of(content.amount) };
      return ledger.sales.take(command, { content, by });
    }
    case 'void':
    case 'refund':
    case 'reversal':
      return giveBack(ledger, sending, by);
    case 'timeout-reversal': {
      const { merchantId, terminalId, batchNo, stan, original } = sending;
      const content = { merchantId, terminalId, batchNo, stan, original };
      return ledger.timeoutReversals.reverse(content, { content, by });
    }
    case 'settle':
      return ledger.settlements.settle(sending.saleId, by);
    case 'approve':
      return ledger.approvals.approve(sending.approvalId, {}, by);
    case 'decline':
      return ledger.approvals.decline(sending.approvalId, { reason: 'not seen' }, by);
    case 'close': {
      const { totals, items } = sending;
      return ledger.batches.close(sending, { totals, items }, by);
    }
    case 'day-close':
      return dayClose(ledger, sending, by);
    case 'payouts':
    case 'payout-paid':
    case 'payout-returned':
    case 'acquirer-paid':
    case 'chargeback':
    case 'chargeback-won':
    case 'chargeback-lost':
    case 'write-off':
      return sendToBooks(ledger, sending, by);
  }
}

async function dayClose(
  ledger: Ledger,
  { merchantId, storeId }: Sending & { op: 'day-close' },
  by: Actor,
): Promise<Outcome<unknown>> {
  const outcome = await ledger.batches.dayClose(merchantId, storeId, by);
  if (!outcome) throw new Error(`${merchantId} has no store ${storeId ?? ''}`);
  return outcome;
}

/** The body that a terminal would send. */
function contentOf({ merchantId, terminalId, batchNo, stan, ...rest }: SellSending) {
  const { amount, currency, card } = rest;
  return { merchantId, terminalId, batchNo, stan, amount, currency, card };
}

function giveBack(
  ledger: Ledger,
  { op: asked, saleId, ifMatch, ...content }: GiveBackSending,
  by: Actor,
): Promise<Outcome<unknown>> {
  const command: GiveBackCommand & { saleId: string } = { ...content, asked, saleId };
  return ledger.giveBacks.giveBack(command, {
    content: content,
    by,
    ifMatch: ifMatch === undefined ? undefined : [ifMatch],
  });
}

/** Names of requests: `name(7)` is the seventh of the first batch of terminal T1 of M1. */
export function name(stan: number, more: Partial<RequestIdentity> = {}): RequestIdentity {
  const numbers = { batchNo: '000001', stan: String(stan).padStart(6, '0') };
  return { merchantId: 'M1', terminalId: 'T1', ...numbers, ...more };
}

/** The sale of that name: of 100.00, unless said otherwise. */
export function sell(stan: number, more: Partial<SellSending> = {}): SellSending {
  const card = { token: 'tok_1', last4: '4242' };
  return { op: 'sale', ...name(stan), amount: 10_000, currency: 'CNY', card, ...more };
}

/** A void, refund or reversal of the sale of the first name, under the second. */
export function back(
  op: GiveBackSending['op'],
  sale: number | string,
  stan: number,
  more: Partial<GiveBackSending> = {},
): GiveBackSending {
  const saleId = typeof sale === 'string' ? sale : `M1.T1.000001.${name(sale).stan}`;
  return { op, ...name(stan), saleId, reason: 'wrong size', ...more };
}

/** The reversal of a request of the first batch, whose outcome its terminal never learned. */
export function timeout(stan: number, original: number): TimeoutSending {
  const { batchNo, stan: unknown } = name(original);
  return { op: 'timeout-reversal', ...name(stan), original: { batchNo, stan: unknown } };
}

export function close(batchNo = '000001', more: object = {}): Sending & { op: 'close' } {
  return { op: 'close', merchantId: 'M1', terminalId: 'T1', batchNo, ...more };
}
