import type { PayoutAccount } from './merchant.events.js';

/**
 * An IBAN as it is kept and sent on (ISO 13616, electronic form): in capitals, without the spaces and hyphens that it is
 * printed with.
 */
export function electronicIban(iban: string): string {
  return iban.replace(/[\s-]/g, '').toUpperCase();
}

/** The account with its IBAN, where it has one, in that form. */
export function electronic({ iban, ...rest }: PayoutAccount): PayoutAccount {
  return { ...rest, ...(iban !== undefined && { iban: electronicIban(iban) }) };
}
