import type { LedgerEvent, LedgerEventType } from '../../ledger/domain/ledger-event.js';
import { MAX_AMOUNT } from '../../ledger/domain/money.js';
import { shown } from './judge.js';
import { isObject } from './same-json.js';

/** Fields that are whole numbers in minor units: rules reckon with them. */
const AMOUNTS: Partial<Record<LedgerEventType, readonly string[]>> = {
  Sale: ['amount'],
  Void: ['amount'],
  Refund: ['amount', 'feeReturned'],
  ApprovalRequested: ['amount'],
  ApprovalDeclined: ['amount'],
  Settled: ['gross', 'voided', 'refunded', 'fee', 'reserve', 'net'],
  ChargebackOpened: ['amount', 'fee'],
  ChargebackWon: ['amount', 'feeReturned'],
  ChargebackLost: ['amount'],
};

/** Digits of a whole number as the ledger writes it. */
const WHOLE = /^(?:0|-?[1-9]\d{0,11})$/;

const REFUSAL = ['code', 'responseCode', 'cause', 'nextStep'];

/** Fields that have fields of their own, and which of these are always some text. */
const OBJECTS: Partial<Record<LedgerEventType, Readonly<Record<string, readonly string[]>>>> = {
  Sale: { card: ['token', 'last4'] },
  RequestTaken: { content: [] },
  Refused: { content: [], refusal: REFUSAL },
  ApprovalDeclined: { refusal: REFUSAL },
  MerchantRegistered: { settings: [] },
  MerchantPolicyChanged: { settings: [] },
  BatchCloseRequested: { terms: [] },
  BatchClosed: { totals: [], settled: [], refunds: [] },
};

/** Whose request it was, and the date that it counts for. */
const REQUEST = ['merchantId', 'terminalId', 'batchNo', 'stan', 'businessDate'];

/** Fields that are always some text. */
const TEXTS: Partial<Record<LedgerEventType, readonly string[]>> = {
  Sale: REQUEST,
  Void: REQUEST,
  Refund: REQUEST,
  ApprovalRequested: REQUEST,
  Reversal: REQUEST,
  NothingToReverse: REQUEST,
  RequestTaken: [...REQUEST, 'kind', 'target'],
  Refused: REQUEST,
  ChargebackOpened: ['reason'],
  WrittenOff: ['reason'],
  RightFrozen: ['reason'],
  RightRestored: ['reason'],
};

/** Which of an event's values is of no kind that a rule can go by, in words. */
export function illegible({ type, data }: LedgerEvent): string | undefined {
  const said = data as object as Record<string, unknown>;
  if (!isTime(said['occurredAt'])) return `occurredAt ${shown(said['occurredAt'])} is no time`;
  for (const name of AMOUNTS[type] ?? []) {
    if (!isAmount(said[name])) return `${name} ${shown(said[name])} is no amount`;
  }
  for (const [name, texts] of Object.entries(OBJECTS[type] ?? {})) {
    const value = said[name];
    if (!isObject(value)) return `${name} ${shown(value)} has no fields`;
    const part = texts.find((text) => typeof value[text] !== 'string');
    if (part !== undefined) return `${name}.${part} ${shown(value[part])} is no text`;
  }
  for (const name of TEXTS[type] ?? []) {
    if (typeof said[name] !== 'string') return `${name} ${shown(said[name])} is no text`;
  }
  return type === 'AcquirerPaid' ? illegibleLine(said['lines']) : undefined;
}

/** Which of an acquirer's lines says another amount than is ever taken. */
function illegibleLine(lines: unknown): string | undefined {
  if (!Array.isArray(lines)) return `lines ${shown(lines)} is no list`;
  for (const [index, line] of (lines as unknown[]).entries()) {
    if (!isObject(line)) return `lines.${index} ${shown(line)} has no fields`;
    const { amount, schemeCost } = line;
    if (!isWhole(amount)) return `lines.${index}.amount ${shown(amount)} is no amount`;
    if (!isWhole(schemeCost) || schemeCost.startsWith('-')) {
      return `lines.${index}.schemeCost ${shown(schemeCost)} is no amount`;
    }
  }
  return undefined;
}

/** As a text, and of no more than twelve digits: MAX_AMOUNT either way. */
function isWhole(value: unknown): value is string {
  return typeof value === 'string' && WHOLE.test(value);
}

/** What is read of an event; undefined where it can't be read, which is told where it is judged. */
export function legibly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

export function isTime(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

export function isAmount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_AMOUNT;
}
