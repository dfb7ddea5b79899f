import { composeLedger, type Ledger } from '../../src/compose-ledger.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { SettableClock } from '../../src/ledger/clock.js';
import { Journal } from '../../src/ledger/journal.js';
import { settingsOf } from '../../src/merchants/merchants.dto.js';
import { Views } from '../../src/projections/views.js';
import { newFolderInMemory } from './store-folder.js';

/** A ledger in the test's own process, on the store it is given. The clock stands still. */
export interface EmbeddedLedger extends Ledger {
  readonly journal: Journal;
  readonly views: Views;
  readonly clock: SettableClock;
  /** Waits until the views have seen all of the log. */
  catchUp(): Promise<void>;
  close(): Promise<void>;
}

const OPERATOR = { kind: 'operator' } as const;

export async function openLedger(store: EventStore, now: string): Promise<EmbeddedLedger> {
  const views = await Views.open({ viewsDir: newFolderInMemory(), eventStoreUrl: '', store });
  const clock = new SettableClock();
  clock.set(Date.parse(now));
  const catchUp = async (): Promise<void> => views.waitFor(await store.head(), 60_000);
  const close = async (): Promise<void> => {
    await views.close();
    await store.close();
  };
  const ledger = composeLedger({ store, views, clock });
  return { ...ledger, journal: new Journal(store), views, clock, catchUp, close };
}

/** Registers a merchant, with settings beside name, currency and zone, and its terminals. */
export async function registerMerchant(
  { merchants }: Ledger,
  merchantId: string,
  terminals: readonly string[],
  settings: object = {},
): Promise<void> {
  const required = { name: merchantId, currency: 'EUR', timeZone: 'UTC' };
  await merchants.put(merchantId, settingsOf({ ...required, ...settings }), OPERATOR);
  for (const terminalId of terminals) {
    await merchants.assignTerminal(merchantId, { terminalId, storeId: 'S1' }, OPERATOR);
  }
}
