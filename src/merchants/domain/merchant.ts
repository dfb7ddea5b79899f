import type { MerchantEvent, MerchantSettings, Right } from './merchant.events.js';

export interface Terminal {
  readonly terminalId: string;
  readonly storeId: string;
  /** Its own currency, where it differs from the merchant's. */
  readonly currency?: string;
}

export type RightStatus = 'active' | 'frozen';

/** A registered merchant as its events left it. */
export interface Merchant {
  readonly merchantId: string;
  readonly settings: MerchantSettings;
  readonly terminals: ReadonlyMap<string, Terminal>;
  readonly rights: Readonly<Record<Right, RightStatus>>;
}

/** The state after one more event; undefined stands for a merchant that was never registered. */
export function evolveMerchant(state: Merchant | undefined, event: MerchantEvent): Merchant {
  const known = state ?? {
    merchantId: event.data.merchantId,
    settings: undefined as never,
    terminals: new Map<string, Terminal>(),
    rights: { void: 'active' as const, refund: 'active' as const },
  };
  switch (event.type) {
    case 'MerchantRegistered':
    case 'MerchantPolicyChanged':
      return { ...known, settings: event.data.settings };
    case 'TerminalAssigned': {
      const { terminalId, storeId, currency } = event.data;
      const terminal = { terminalId, storeId, ...(currency !== undefined && { currency }) };
      return { ...known, terminals: new Map(known.terminals).set(terminalId, terminal) };
    }
    case 'RightFrozen':
      return { ...known, rights: { ...known.rights, [event.data.right]: 'frozen' } };
    case 'RightRestored':
      return { ...known, rights: { ...known.rights, [event.data.right]: 'active' } };
  }
}
