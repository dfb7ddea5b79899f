import { isDeepStrictEqual } from 'node:util';
import type { MerchantSettings } from '../merchants/domain/merchant.events.js';
import type { Trade } from './import-rows.js';
import { merchantIdsOf } from './merchant-id.js';
import { type HeldMerchant, LEDGER_OF_ITS_OWN, type PlayedLedger } from './played-ledger.js';

/** The terminal of each merchant that an import makes. */
export const TERMINAL = { terminalId: 'T1', storeId: 'MAIN' } as const;

/** The merchant that a country's trade goes to. */
export interface PlannedMerchant {
  readonly merchantId: string;
  readonly settings: MerchantSettings;
  /** As the ledger holds it already; undefined for a new one. */
  readonly held: HeldMerchant | undefined;
}

/**
 * The merchant of each country, by name: the one that an earlier import made of it, or else a new one. None is changed;
 * what is another's is passed over, so that the same trade finds the same merchants whatever came between.
 * @throws Error when the ledger has the country's merchant with other settings
 */
export async function planMerchants(
  trades: readonly Trade[],
  settings: Omit<MerchantSettings, 'name'>,
  ledger: Pick<PlayedLedger, 'find'>,
): Promise<Map<string, PlannedMerchant>> {
  const plan = new Map<string, PlannedMerchant>();
  const taken = new Set<string>();
  for (const country of countriesOf(trades)) {
    const wanted = { ...settings, name: country };
    for (const merchantId of merchantIdsOf(country)) {
      if (taken.has(merchantId)) continue;
      const held = await ledger.find(merchantId, TERMINAL.terminalId);
      taken.add(merchantId);
      if (held && held.settings.name !== country) continue;
      if (held) refuseOther(merchantId, wanted, held);
      plan.set(country, { merchantId, settings: wanted, held });
      break;
    }
  }
  return plan;
}

/** In the order of their first trade: a row whose invoice an earlier one had is none. */
function countriesOf(trades: readonly Trade[]): Set<string> {
  const invoices = new Set<string>();
  const countries = new Set<string>();
  for (const { invoice, country } of trades) {
    if (!invoices.has(invoice)) countries.add(country);
    invoices.add(invoice);
  }
  return countries;
}

/** What an import does not set, such as the account of the payouts, may be as it likes. */
function refuseOther(merchantId: string, wanted: MerchantSettings, held: HeldMerchant): void {
  const { settings, terminal } = held;
  const names = Object.keys(wanted) as (keyof MerchantSettings)[];
  const other: string[] = names.filter((name) => !isDeepStrictEqual(settings[name], wanted[name]));
  if (terminal && (terminal.storeId !== TERMINAL.storeId || terminal.currency !== undefined)) {
    other.push(`terminal ${TERMINAL.terminalId}`);
  }
  if (other.length === 0) return;
  throw new Error(
    [
      `the merchant ${merchantId}, ${wanted.name}, is there already and differs from what this import makes: ${other.join(', ')}.`,
      'Nothing was written. Import with the options that it was made with, or into a ledger of its own:',
      LEDGER_OF_ITS_OWN,
    ].join('\n'),
  );
}
