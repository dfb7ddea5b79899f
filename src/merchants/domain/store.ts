import type { Merchant } from './merchant.js';

/** Ids of the store's terminals, sorted; undefined for no store: none stands in it, and it has no limits of its own. */
export function terminalsOfStore(merchant: Merchant, storeId: string): string[] | undefined {
  const terminals = [...merchant.terminals.values()]
    .filter((terminal) => terminal.storeId === storeId)
    .map(({ terminalId }) => terminalId)
    .sort();
  return terminals.length > 0 || merchant.storeLimits.has(storeId) ? terminals : undefined;
}

/** What is answered to whoever names a store that is not there. */
export const NO_SUCH_STORE = { en: 'There is no such store.', zh: '网点不存在。' } as const;
