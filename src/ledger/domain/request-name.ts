/** A request as its terminal names it; no two requests of a ledger share all four. */
export interface RequestIdentity {
  readonly merchantId: string;
  readonly terminalId: string;
  readonly batchNo: string;
  readonly stan: string;
}

/** `merchantId.terminalId.batchNo.stan`: of a sale, this is the saleId. */
export function requestName(request: RequestIdentity): string {
  return `${request.merchantId}.${request.terminalId}.${request.batchNo}.${request.stan}`;
}

/** `merchantId.terminalId.batchNo`. */
export function batchName(batch: Omit<RequestIdentity, 'stan'>): string {
  return `${batch.merchantId}.${batch.terminalId}.${batch.batchNo}`;
}

/** `merchantId.terminalId`. */
export function terminalName(of: Pick<RequestIdentity, 'merchantId' | 'terminalId'>): string {
  return `${of.merchantId}.${of.terminalId}`;
}

export const REQUEST_NAME = /^[A-Za-z0-9]{1,15}\.[A-Za-z0-9]{1,8}\.[0-9]{6}\.[0-9]{6}$/;

/** The parts of a well-formed request name. @throws RangeError for any other text. */
export function parseRequestName(name: string): RequestIdentity {
  if (!REQUEST_NAME.test(name)) throw new RangeError('not a request name');
  const [merchantId, terminalId, batchNo, stan] = name.split('.') as [
    string,
    string,
    string,
    string,
  ];
  return { merchantId, terminalId, batchNo, stan };
}

export const streams = {
  request: (name: string) => `sale-${name}`,
  batch: (name: string) => `batch-${name}`,
  merchant: (merchantId: string) => `merchant-${merchantId}`,
  appeal: (appealId: string) => `appeal-${appealId}`,
  failure: (failureId: string) => `failure-${failureId}`,
  card: (token: string) => `card-${token}`,
  key: (keyId: string) => `key-${keyId}`,
  /** By its key and its nonce. */
  signature: (name: string) => `signature-${name}`,
  payout: (payoutId: string) => `payout-${payoutId}`,
  acquirer: (paymentId: string) => `acquirer-${paymentId}`,
  reserve: (name: string) => `reserve-${name}`,
  writeOffs: (merchantId: string) => `writeoff-${merchantId}`,
  /** What operators have decided about a view. */
  projection: (name: string) => `projection-${name}`,
  /** What was signed of the log. */
  trail: (of: string) => `trail-${of}`,
} as const;

/** What the names of the ledger's streams begin with: nothing else in a shared log is the ledger's. */
export const STREAM_PREFIXES: readonly string[] = Object.values(streams).map((name) => name(''));
