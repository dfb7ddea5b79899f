import type { Cause } from '../../sales/domain/refusal.js';
import type { RequestKind } from '../../sales/domain/sale.events.js';

/** A failure on a terminal's own side, as it reports it: nothing that the ledger has seen. */
export interface FailureReport {
  readonly merchantId: string;
  readonly terminalId: string;
  readonly cause: Cause;
  /** The terminal's own name for it. */
  readonly code: string;
  readonly detail?: string;
  /** What it was about to ask for. */
  readonly kind?: RequestKind;
  /** The request that it hit, where it has a name. */
  readonly original?: { readonly batchNo: string; readonly stan: string };
  readonly operatorId?: string;
  /** When it happened by the terminal's own clock, for information. */
  readonly failedAt?: string;
}

export type FailureEvent = {
  readonly type: 'FailureReported';
  readonly data: FailureReport & {
    readonly failureId: string;
    readonly storeId: string;
    readonly businessDate: string;
    readonly occurredAt: string;
  };
};
