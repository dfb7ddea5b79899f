import { OrderedMap } from 'immutable';
import type { MerchantEvent, MerchantSettings, PlaceLimits, Right } from './merchant.events.js';

export interface Terminal {
  readonly terminalId: string;
  readonly storeId: string;
  /** Its own currency, where it differs from the merchant's. */
  readonly currency?: string;
  readonly limits?: PlaceLimits;
}

/** Someone whose password lets larger voids and refunds through. */
export interface Supervisor {
  readonly name: string;
  readonly passwordHash: string;
  readonly isLocked: boolean;
}

/** Who is said to let a request through, and how that is shown. */
export interface Supervised {
  readonly id: string;
  /** Not kept: absent where the request was taken before, which only a recognised supervisor's was. */
  readonly password?: string;
}

export type RightStatus = 'active' | 'frozen';

/** A registered merchant as its events left it. */
export interface Merchant {
  readonly merchantId: string;
  readonly settings: MerchantSettings;
  readonly terminals: OrderedMap<string, Terminal>;
  /** By storeId, of the stores that have any. */
  readonly storeLimits: OrderedMap<string, PlaceLimits>;
  readonly rights: Readonly<Record<Right, RightStatus>>;
  /** Why each that is frozen is. */
  readonly frozenFor: Readonly<Partial<Record<Right, string>>>;
  readonly supervisors: OrderedMap<string, Supervisor>;
}

/** In which a terminal of the merchant means its amounts. */
export function currencyOf({ settings }: Merchant, { currency }: Terminal): string {
  return currency ?? settings.currency;
}

/** The state after one more event; undefined stands for a merchant that was never registered. */
export function evolveMerchant(state: Merchant | undefined, event: MerchantEvent): Merchant {
  const known = state ?? {
    merchantId: event.data.merchantId,
    settings: undefined as never,
    terminals: OrderedMap<string, Terminal>(),
    storeLimits: OrderedMap<string, PlaceLimits>(),
    supervisors: OrderedMap<string, Supervisor>(),
    rights: { void: 'active' as const, refund: 'active' as const, payout: 'active' as const },
    frozenFor: {},
  };
  switch (event.type) {
    case 'MerchantRegistered':
    case 'MerchantPolicyChanged':
      return { ...known, settings: event.data.settings };
    case 'TerminalAssigned': {
      const { terminalId, storeId, currency, limits } = event.data;
      const terminal = {
        terminalId,
        storeId,
        ...(currency !== undefined && { currency }),
        ...(limits && { limits }),
      };
      return { ...known, terminals: known.terminals.set(terminalId, terminal) };
    }
    case 'StoreLimitsSet': {
      const { storeId, limits } = event.data;
      const { storeLimits } = known;
      return {
        ...known,
        storeLimits: limits ? storeLimits.set(storeId, limits) : storeLimits.delete(storeId),
      };
    }
    case 'RightFrozen': {
      const { right, reason } = event.data;
      return {
        ...known,
        rights: { ...known.rights, [right]: 'frozen' },
        frozenFor: { ...known.frozenFor, [right]: reason },
      };
    }
    case 'RightRestored': {
      const { right } = event.data;
      return {
        ...known,
        rights: { ...known.rights, [right]: 'active' },
        frozenFor: { ...known.frozenFor, [right]: undefined },
      };
    }
    case 'SupervisorSet': {
      const { supervisorId, name, passwordHash } = event.data;
      return withSupervisor(known, supervisorId, { name, passwordHash, isLocked: false });
    }
    case 'SupervisorLocked': {
      const supervisor = known.supervisors.get(event.data.supervisorId);
      if (!supervisor) return known;
      return withSupervisor(known, event.data.supervisorId, { ...supervisor, isLocked: true });
    }
  }
}

function withSupervisor(merchant: Merchant, id: string, supervisor: Supervisor): Merchant {
  return { ...merchant, supervisors: merchant.supervisors.set(id, supervisor) };
}
