import { isISO4217CurrencyCode } from 'class-validator';
import { ADDED_CURRENCIES } from './domain/decimal.js';

/** What the standard has no minor unit for ("N.A."): precious metals, units of account and of bonds, tests, no currency. */
const NOTHING_TO_PAY_IN: ReadonlySet<string> = new Set(
  'XAG XAU XPD XPT XBA XBB XBC XBD XDR XSU XUA XTS XXX'.split(' '),
);

/** Whether it is a code of ISO 4217, in capitals, of money that a card can pay in. */
export function isCurrency(text: string): boolean {
  if (ADDED_CURRENCIES.has(text)) return true;
  return /^[A-Z]{3}$/.test(text) && isISO4217CurrencyCode(text) && !NOTHING_TO_PAY_IN.has(text);
}
