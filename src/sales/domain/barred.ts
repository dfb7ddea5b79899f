import type { RequestIdentity } from '../../ledger/domain/request-name.js';
import type { ReversalData, SaleEvent } from './sale.events.js';

interface Barring extends RequestIdentity {
  readonly request: string;
  readonly businessDate: string;
  readonly occurredAt: string;
}

/**
 * A request's own reversal, before it had any effect: where several nodes may have the same request, the one that
 * refuses it keeps the others' effect from the sale by it. What the sale's stream has first of the two, counts.
 */
export function barred(
  { request, merchantId, terminalId, batchNo, stan, businessDate, occurredAt }: Barring,
  saleId: string,
): SaleEvent & { readonly type: 'Reversal' } {
  const name = { merchantId, terminalId, batchNo, stan };
  const fact = { ...name, businessDate, occurredAt };
  return {
    type: 'Reversal',
    data: { request, of: request, undone: 'nothing', saleId, ...fact },
  };
}

/** Whether a reversal only keeps its own request from the sale: no terminal has asked for it. */
export function isBar({ request, of }: ReversalData): boolean {
  return request === of;
}
