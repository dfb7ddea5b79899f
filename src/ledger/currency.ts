import { code } from 'currency-codes';

/** Digits of a currency's minor unit by ISO 4217: 0, 2, 3 or 4. A code that the standard has withdrawn has 2. */
export function minorDigits(currency: string): number {
  return code(currency)?.digits ?? 2;
}

/** An amount of minor units as a decimal number of the currency, exact: -1.05, or 250 of a currency without minor units. */
export function decimalText(amount: bigint, currency: string): string {
  const digits = minorDigits(currency);
  const sign = amount < 0n ? '-' : '';
  const text = String(amount < 0n ? -amount : amount).padStart(digits + 1, '0');
  if (digits === 0) return `${sign}${text}`;
  return `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
