import type { Merchant, Terminal } from './merchant.js';
import type { Counted, PlaceLimits } from './merchant.events.js';

export const LIMIT_SCOPES = ['merchant', 'store', 'terminal', 'card'] as const;

export type LimitScope = (typeof LIMIT_SCOPES)[number];

/** A limit that a request comes under, and whose sums it goes by. */
export interface ScopedLimits {
  readonly scope: LimitScope;
  /** The merchant, store, terminal or card token that it is kept for. */
  readonly subject: string;
  readonly limits: PlaceLimits;
}

/** A limit with what of the day counts towards it already. */
export interface AppliedLimits extends ScopedLimits {
  readonly used: DaySum;
  /** Of what is used, so much is on its way to the log: it may not get there, or be counted twice until that is known. */
  readonly onItsWay: DaySum;
}

export interface DaySum {
  readonly count: number;
  readonly amount: bigint;
}

export const NO_SUM: DaySum = { count: 0, amount: 0n };

/** Limits towards which nothing counts. */
export function unused(scoped: readonly ScopedLimits[]): AppliedLimits[] {
  return scoped.map((each) => ({ ...each, used: NO_SUM, onItsWay: NO_SUM }));
}

/** Whether there is any limit on a request at this terminal: in most cases there is none. */
export function hasLimits(merchant: Merchant, terminal: Terminal): boolean {
  if (merchant.settings.limits || terminal.limits) return true;
  return merchant.storeLimits.size > 0 && merchant.storeLimits.has(terminal.storeId);
}

/** Every limit on a request at this terminal with this card. */
export function limitsOn(merchant: Merchant, terminal: Terminal, card: string): ScopedLimits[] {
  const { limits } = merchant.settings;
  const ofStore = merchant.storeLimits.get(terminal.storeId);
  const scoped: ScopedLimits[] = [];
  const add = (scope: LimitScope, subject: string, some: PlaceLimits | undefined): void => {
    if (some) scoped.push({ scope, subject, limits: some });
  };
  add('merchant', merchant.merchantId, limits);
  add('store', terminal.storeId, ofStore);
  add('terminal', terminal.terminalId, terminal.limits);
  add('card', card, limits?.perCard);
  return scoped;
}

/** Whether any of them needs the sums of the day for one of these kinds. */
export function needSums(scoped: readonly ScopedLimits[], kinds: readonly Counted[]): boolean {
  return scoped.some(({ limits }) => kinds.some((kind) => limits.daily?.[kind] !== undefined));
}
