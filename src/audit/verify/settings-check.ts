import { IANAZone } from 'luxon';
import { isAmount as amount } from './legible.js';
import { isObject } from './same-json.js';

/** Whether a value is one that the field may have. */
type Fits = (value: unknown) => boolean;

const flag: Fits = (value) => typeof value === 'boolean';
const share: Fits = (value) => isWhole(value, 0, 10_000);
const days: Fits = (value) => isWhole(value, 0, 3_650);
const minutes: Fits = (value) => isWhole(value, 1, 527_040);
const someText: Fits = (value) => typeof value === 'string' && value !== '';

function oneOf(...values: readonly string[]): Fits {
  return (value) => values.includes(value as string);
}

function matching(pattern: RegExp): Fits {
  return (value) => typeof value === 'string' && pattern.test(value);
}

function listOf(fits: Fits): Fits {
  return (value) => Array.isArray(value) && value.every(fits);
}

/** An object with fields that must be there and others that may; any beside them are of another version. */
function having(must: Readonly<Record<string, Fits>>, may: Readonly<Record<string, Fits>>): Fits {
  return (value) => misfit(value, must, may) === undefined;
}

const bounds = { minimum: amount, cap: amount };
const terms = having({ basisPoints: share }, bounds);
const counted = (fits: Fits): Fits => having({}, { sale: fits, void: fits, refund: fits });
const limits = {
  single: counted(amount),
  daily: counted(having({}, { count: (value) => isWhole(value, 0, 1_000_000_000), amount })),
};
const placeLimits = {
  ...limits,
  cardTypes: listOf(oneOf('debit', 'credit')),
  transactionTypes: listOf(oneOf('sale', 'void', 'refund')),
};
const thresholds = { supervisorAbove: amount, approvalAbove: amount, approvalMinutes: minutes };

const MUST: Readonly<Record<string, Fits>> = {
  name: someText,
  currency: matching(/^[A-Z]{3}$/),
  timeZone: (value) => typeof value === 'string' && IANAZone.isValidZone(value),
  dayCloseAt: matching(/^([01][0-9]|2[0-3]):[0-5][0-9]$/),
  settlementCycle: oneOf('T0', 'T1', 'T2', 'D1'),
  holidays: listOf(matching(/^\d{4}-\d{2}-\d{2}$/)),
  fee: having(
    { basisPoints: share },
    { ...bounds, perCardType: having({}, { debit: terms, credit: terms }) },
  ),
  voidPolicy: having(
    { partial: flag, consent: flag, cardPresent: flag },
    { windowMinutes: minutes, ...thresholds },
  ),
  refundPolicy: having(
    {
      windowDays: days,
      whileVoidable: oneOf('refuse', 'allow'),
      feeReturn: oneOf('keep', 'proportional'),
      negativeBalance: flag,
    },
    thresholds,
  ),
};

const MAY: Readonly<Record<string, Fits>> = {
  reserve: having({ basisPoints: share, days }, {}),
  payoutMinimum: amount,
  payoutAccount: having({}, { name: someText, iban: someText, number: someText, bic: someText }),
  limits: having({}, { ...placeLimits, perCard: having({}, limits) }),
};

/**
 * Which of a merchant's settings the ledger takes from nobody: it is missing, or not of the kind or the size that the API
 * lets through. Only what rules reckon with is looked at, so that nothing an older version took is told.
 */
export function unfitSetting(settings: unknown): string | undefined {
  return misfit(settings, MUST, MAY);
}

/** Of a store or a terminal. */
export const arePlaceLimits: Fits = having({}, placeLimits);

function misfit(
  value: unknown,
  must: Readonly<Record<string, Fits>>,
  may: Readonly<Record<string, Fits>>,
): string | undefined {
  if (!isObject(value)) return 'all of it';
  for (const name in must) if (!must[name]?.(value[name])) return name;
  for (const name in may) {
    if (value[name] !== undefined && !may[name]?.(value[name])) return name;
  }
  return undefined;
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}
