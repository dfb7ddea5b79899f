import { isISO4217CurrencyCode } from 'class-validator';
import { ADDED_CURRENCIES } from './domain/decimal.js';

/** Whether it is a code of ISO 4217, in capitals. */
export function isCurrency(text: string): boolean {
  return ADDED_CURRENCIES.has(text) || (/^[A-Z]{3}$/.test(text) && isISO4217CurrencyCode(text));
}
