import { code } from 'currency-codes';
import { keptIn } from './kept-in.js';

/**
 * Digits of currencies that the libraries' lists are too old for: XCG, the Caribbean guilder (ISO 4217 amendment 176),
 * and ZWG, Zimbabwe Gold (amendment 177).
 */
export const ADDED_CURRENCIES: ReadonlyMap<string, number> = new Map([
  ['XCG', 2],
  ['ZWG', 2],
]);

/** The library goes through its whole list for each question. */
const DIGITS = new Map(ADDED_CURRENCIES);

/** Digits of a currency's minor unit by ISO 4217: 0, 2, 3 or 4. A code that the standard has withdrawn has 2. */
export function minorDigits(currency: string): number {
  return keptIn(DIGITS, currency, () => code(currency)?.digits ?? 2);
}

/** An amount of minor units as a decimal number of the currency, exact: -1.05, or 250 of a currency without minor units. */
export function decimalText(amount: bigint, currency: string): string {
  return withDigits(amount, minorDigits(currency));
}

/** The same with the currency in front of it, as a cashier reads it: CNY 100.00. */
export function moneyText(amount: number | bigint, currency: string): string {
  return `${currency} ${decimalText(BigInt(amount), currency)}`;
}

/** Amounts of whatever currencies added up as bare numbers, exact: what a message format has its readers check. */
export function controlSum(
  amounts: readonly { readonly amount: bigint; readonly currency: string }[],
): string {
  const digits = Math.max(0, ...amounts.map(({ currency }) => minorDigits(currency)));
  const sum = amounts.reduce(
    (total, { amount, currency }) => total + amount * 10n ** BigInt(digits - minorDigits(currency)),
    0n,
  );
  return withDigits(sum, digits);
}

function withDigits(amount: bigint, digits: number): string {
  const sign = amount < 0n ? '-' : '';
  const text = String(amount < 0n ? -amount : amount).padStart(digits + 1, '0');
  if (digits === 0) return `${sign}${text}`;
  return `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
