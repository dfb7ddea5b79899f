import { CorruptLogError, type NewEvent, type StoredEvent } from '../event-store/event-store.js';
import type { Actor, LedgerEvent, LedgerEventType, RecordedEvent } from './domain/ledger-event.js';
import { canonicalJson } from './canonical-json.js';
import { eventId } from './event-id.js';

/** Version of every event's shape as it is written now. */
const SCHEMA_VERSION = 1;

const VERSION_AT_END = `,"version":${SCHEMA_VERSION}}`;

export interface Provenance {
  /** The request (or batch, merchant, card) that the fact comes from. */
  readonly request: string;
  readonly by: Actor;
  /** RFC 3339, UTC, milliseconds. */
  readonly recordedAt: string;
  /** Id of the event that led to this one. */
  readonly causationId?: string | undefined;
}

/**
 * An event as it is stored: canonical JSON (RFC 8785), and an id (UUID v5) from the request's name,
 * the event's type and its data including the decided time, so that only a true repeat shares it.
 */
export function encode(event: LedgerEvent, from: Provenance): NewEvent {
  const data = canonicalJson(event.data);
  const metadata = canonicalJson({
    $causationId: from.causationId,
    $correlationId: from.request,
    by: from.by,
    recordedAt: from.recordedAt,
    version: SCHEMA_VERSION,
  });
  return {
    id: idFor(from.request, event.type, data),
    type: event.type,
    data,
    metadata,
  };
}

/** The id that the event has once it is written for the request. */
export function idOf({ type, data }: LedgerEvent, request: string): string {
  return idFor(request, type, canonicalJson(data));
}

function idFor(request: string, type: string, data: string): string {
  return eventId(`${request} ${type} ${data}`);
}

/** Whether the id of an event follows from what it says, as `encode` makes it. */
export function hasOwnId(
  { id, type, data }: StoredEvent,
  { correlationId }: Pick<RecordedEvent, 'correlationId'>,
): boolean {
  return idFor(correlationId, type, data) === id;
}

/** Fields without which an event of the type can't be understood. */
const REQUIRED: {
  readonly [T in LedgerEventType]: readonly (string &
    keyof Extract<LedgerEvent, { type: T }>['data'])[];
} = {
  Sale: [
    'saleId',
    'merchantId',
    'amount',
    'currency',
    'card',
    'businessDate',
    'businessDateEndsAt',
    'occurredAt',
  ],
  Void: ['request', 'saleId', 'merchantId', 'amount', 'currency', 'occurredAt'],
  Refund: [
    'request',
    'saleId',
    'merchantId',
    'amount',
    'currency',
    'afterSettlement',
    'feeReturned',
    'occurredAt',
  ],
  ApprovalRequested: [
    'request',
    'saleId',
    'merchantId',
    'kind',
    'amount',
    'currency',
    'expiresAt',
    'occurredAt',
  ],
  ApprovalDeclined: ['request', 'saleId', 'kind', 'amount', 'why', 'refusal', 'occurredAt'],
  Settled: [
    'saleId',
    'merchantId',
    'currency',
    'gross',
    'voided',
    'refunded',
    'fee',
    'reserve',
    'net',
    'occurredAt',
  ],
  Reversal: ['request', 'of', 'undone', 'merchantId', 'occurredAt'],
  RequestTaken: ['request', 'kind', 'target', 'content', 'occurredAt'],
  Refused: ['request', 'kind', 'content', 'refusal', 'occurredAt'],
  AppealFiled: ['appealId', 'merchantId', 'saleId', 'code', 'reason', 'occurredAt'],
  AppealAnswered: ['appealId', 'merchantId', 'saleId', 'outcome', 'reason', 'occurredAt'],
  FailureReported: ['failureId', 'merchantId', 'terminalId', 'cause', 'code', 'occurredAt'],
  NothingToReverse: ['request', 'of', 'outcome', 'occurredAt'],
  BatchCloseRequested: [
    'merchantId',
    'terminalId',
    'batchNo',
    'businessDate',
    'terms',
    'occurredAt',
  ],
  BatchClosed: [
    'merchantId',
    'terminalId',
    'batchNo',
    'totals',
    'settled',
    'refunds',
    'reconciliation',
    'occurredAt',
  ],
  BatchReconciled: ['merchantId', 'terminalId', 'batchNo', 'reconciliation', 'occurredAt'],
  MerchantRegistered: ['merchantId', 'settings', 'occurredAt'],
  MerchantPolicyChanged: ['merchantId', 'settings', 'occurredAt'],
  TerminalAssigned: ['merchantId', 'terminalId', 'storeId', 'occurredAt'],
  StoreLimitsSet: ['merchantId', 'storeId', 'occurredAt'],
  RightFrozen: ['merchantId', 'right', 'occurredAt'],
  RightRestored: ['merchantId', 'right', 'occurredAt'],
  SupervisorSet: ['merchantId', 'supervisorId', 'name', 'passwordHash', 'occurredAt'],
  SupervisorLocked: ['merchantId', 'supervisorId', 'occurredAt'],
  ChargebackOpened: [
    'chargebackId',
    'saleId',
    'merchantId',
    'currency',
    'amount',
    'fee',
    'businessDate',
    'occurredAt',
  ],
  ChargebackWon: [
    'chargebackId',
    'saleId',
    'merchantId',
    'currency',
    'amount',
    'feeReturned',
    'businessDate',
    'occurredAt',
  ],
  ChargebackLost: ['chargebackId', 'saleId', 'merchantId', 'amount', 'businessDate', 'occurredAt'],
  PayoutSent: [
    'payoutId',
    'merchantId',
    'currency',
    'amount',
    'number',
    'date',
    'businessDate',
    'occurredAt',
  ],
  PayoutPaid: ['payoutId', 'merchantId', 'currency', 'amount', 'businessDate', 'occurredAt'],
  PayoutReturned: [
    'payoutId',
    'merchantId',
    'currency',
    'amount',
    'afterPaid',
    'businessDate',
    'occurredAt',
  ],
  ReserveReleased: ['merchantId', 'currency', 'amount', 'heldUntil', 'businessDate', 'occurredAt'],
  WrittenOff: ['writeOffId', 'merchantId', 'currency', 'amount', 'businessDate', 'occurredAt'],
  AcquirerPaid: ['paymentId', 'currency', 'receivedOn', 'lines', 'occurredAt'],
  CardReported: ['token', 'status', 'occurredAt'],
  CardRestored: ['token', 'occurredAt'],
  KeyAdded: ['keyId', 'scope', 'hash', 'occurredAt'],
  KeyRevoked: ['keyId', 'occurredAt'],
  SignatureUsed: ['keyId', 'nonce', 'claim', 'occurredAt'],
  EventSkipped: ['projection', 'eventId', 'position', 'reason', 'occurredAt'],
  HeadSigned: ['treeSize', 'rootHash', 'keyId', 'publicKey', 'signature', 'occurredAt'],
};

/** Of every event that the log may hold. */
export const EVENT_TYPES: readonly string[] = Object.keys(REQUIRED);

/** By their names: each named by the one text that the code has of it, which is compared sooner than a copy. */
const TYPES: ReadonlyMap<string, { readonly type: string; readonly required: readonly string[] }> =
  new Map(Object.entries(REQUIRED).map(([type, required]) => [type, { type, required }]));

/**
 * A stored event, checked and brought to its present shape: the only place where old versions are upcast.
 * @throws CorruptLogError naming the position, for what this ledger did not write.
 */
export function decode(stored: StoredEvent): RecordedEvent {
  return {
    event: decodeFact(stored),
    position: stored.position,
    stream: stored.stream,
    revision: stored.revision,
    id: stored.id,
    ...decodeProvenance(stored),
  };
}

/**
 * What the event says. Metadata as `encode` writes them end with their version: they need not be parsed for it.
 * @throws CorruptLogError
 */
export function decodeFact(stored: StoredEvent): LedgerEvent {
  if (!stored.metadata.endsWith(VERSION_AT_END)) parseMetadata(stored);
  return decodeData(stored);
}

/** The same of an event whose metadata are known to be in order. @throws CorruptLogError */
export function decodeData(stored: Said): LedgerEvent {
  const data = parse(stored, stored.data);
  const known = TYPES.get(stored.type);
  if (!known) throw unreadable(stored, 'its type is not known');
  for (const field of known.required) {
    if (data[field] === undefined) throw unreadable(stored, `it lacks ${field}`);
  }
  return { type: known.type, data } as unknown as LedgerEvent;
}

/** An event without what the store and its writer say of it. */
export type Said = Omit<StoredEvent, 'id' | 'metadata'>;

/** @throws CorruptLogError */
export function decodeProvenance(
  stored: StoredEvent,
): Pick<RecordedEvent, 'recordedAt' | 'correlationId' | 'by'> {
  const metadata = parseMetadata(stored);
  return {
    recordedAt: metadata['recordedAt'] as string,
    correlationId: metadata['$correlationId'] as string,
    by: metadata['by'] as Actor,
  };
}

function parseMetadata(stored: StoredEvent): Record<string, unknown> {
  const metadata = parse(stored, stored.metadata);
  const { version } = metadata;
  if (version === SCHEMA_VERSION) return metadata;
  const why =
    version === undefined
      ? 'it lacks its version'
      : `its version ${JSON.stringify(version)} is not known`;
  throw unreadable(stored, why);
}

function parse(stored: Said, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch (cause) {
    throw unreadable(stored, 'it is not JSON', cause);
  }
  throw unreadable(stored, 'it is no JSON object');
}

function unreadable(stored: Said, why: string, cause?: unknown): CorruptLogError {
  return new CorruptLogError(
    `event ${stored.type} at position ${stored.position} (${stored.stream}, revision ${stored.revision}) can't be read: ${why}`,
    { cause },
  );
}
