/** What the acquirer paid for one merchant's business date, or for one batch of it. */
export interface AcquirerLine {
  readonly merchantId: string;
  readonly businessDate: string;
  /** Both or none: the batch that it is for. */
  readonly terminalId?: string;
  readonly batchNo?: string;
  /** Received, in minor units as a decimal text; below zero where the acquirer took money back. */
  readonly amount: string;
  /** Kept by the acquirer for itself and the card scheme. */
  readonly schemeCost: string;
}

export type AcquirerEvent = {
  readonly type: 'AcquirerPaid';
  readonly data: {
    readonly paymentId: string;
    readonly currency: string;
    /** The date of the money's arrival. */
    readonly receivedOn: string;
    readonly reference?: string;
    readonly lines: readonly AcquirerLine[];
    readonly occurredAt: string;
  };
};
