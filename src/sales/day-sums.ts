import type { Position } from '../event-store/event-store.js';
import type { Journal } from '../ledger/journal.js';
import type { News } from '../ledger/news.js';
import {
  type AppliedLimits,
  hasLimits,
  type LimitScope,
  limitsOn,
  needSums,
  type ScopedLimits,
} from '../merchants/domain/limits.js';
import type { Counted } from '../merchants/domain/merchant.events.js';
import type { Merchant, Terminal } from '../merchants/domain/merchant.js';
import {
  type DayKey,
  type DaySum,
  type DaySumsThen,
  NO_SUM,
} from '../projections/day-sums.view.js';
import type { Views } from '../projections/views.js';

/** What other nodes have written counts here after so long at the most. */
const STALE_MS = 500;

/** Requests of a merchant that the view has not seen: with more of them, the next waits for it. */
const UNSEEN = 10_000;

/** What a request counts under: the business date and its currency. */
export interface Under {
  readonly date: string;
  readonly currency: string;
}

/** A request that counts from now on, before it is in the log: `position` is where it stands when it is. */
interface Entry extends DayKey {
  readonly subjects: Readonly<Record<LimitScope, string>>;
  readonly amount: bigint;
  position: Position | undefined;
}

/**
 * The sums of the day that limits go by: what the view has seen, and what this node has let through since. A request
 * counts from the turn in which it is decided, so that requests at the same moment can't pass a limit together. Of what
 * other nodes do, this one learns within STALE_MS.
 */
export class DaySums {
  private readonly unseen = new Map<string, Set<Entry>>();
  /** Merchants, as they stand, for whom the view was once up with the log: what came since, this node knows itself. */
  private readonly known = new WeakSet<Merchant>();
  private askedAt = -Infinity;

  constructor(
    private readonly journal: Journal,
    private readonly views: Views,
    private readonly news: News,
  ) {}

  /** The limits at a terminal for a card, where there are any. @throws ViewBehindError, StoreUnavailableError */
  async at(
    merchant: Merchant,
    terminal: Terminal,
    cardToken: string,
  ): Promise<LimitedSpot | undefined> {
    if (!hasLimits(merchant, terminal)) return undefined;
    const scoped = limitsOn(merchant, terminal, cardToken);
    if (needSums(scoped) && !this.isFresh(merchant)) {
      const began = performance.now();
      await this.views.waitFor(await this.journal.head(), ['day-sums']);
      this.askedAt = began;
      this.known.add(merchant);
    }
    const { merchantId } = merchant;
    const { terminalId, storeId } = terminal;
    const subjects = {
      merchant: merchantId,
      store: storeId,
      terminal: terminalId,
      card: cardToken,
    };
    return {
      applied: (kind, under) => this.applied(scoped, { merchantId, kind, ...under }),
      count: (kind, under, amount, written) => {
        const key = { merchantId, kind, ...under };
        this.count({ ...key, subjects, amount: BigInt(amount), position: undefined }, written);
      },
    };
  }

  private isFresh(merchant: Merchant): boolean {
    if (!this.known.has(merchant)) return false;
    if ((this.unseen.get(merchant.merchantId)?.size ?? 0) > UNSEEN) return false;
    return !this.news.isNeeded || performance.now() - this.askedAt < STALE_MS;
  }

  private applied(scoped: readonly ScopedLimits[], key: DayKey): AppliedLimits[] {
    const isSummed = scoped.some(({ limits }) => limits.daily?.[key.kind] !== undefined);
    if (!isSummed) return scoped.map((each) => ({ ...each, used: NO_SUM }));
    return this.views.daySums.read(key, (then) => {
      const here = this.unseenSince(then, key);
      return scoped.map((each) => ({ ...each, used: usedOf(each, then, here) }));
    });
  }

  /** What this node has let through and the view has not seen. */
  private unseenSince({ position }: DaySumsThen, key: DayKey): Entry[] {
    const entries = this.unseen.get(key.merchantId);
    if (!entries) return [];
    for (const entry of entries) {
      if (entry.position !== undefined && entry.position <= position) entries.delete(entry);
    }
    if (entries.size === 0) this.unseen.delete(key.merchantId);
    return [...entries].filter((entry) => isSame(entry, key));
  }

  private count(entry: Entry, written: Promise<Position | undefined>): void {
    const entries = this.unseen.get(entry.merchantId) ?? new Set();
    this.unseen.set(entry.merchantId, entries.add(entry));
    const found = (position: Position | undefined): void => {
      if (position === undefined) entries.delete(entry);
      else entry.position = position;
    };
    written.then(found, () => {
      found(undefined);
    });
  }
}

/** Where and with which card a request is made that is under limits. */
export interface LimitedSpot {
  /** The limits with what counts towards them at this moment. */
  applied(kind: Counted, under: Under): AppliedLimits[];
  /** Counts a request from now on. `written`: where in the log it then stands; undefined when it is not there. */
  count(kind: Counted, under: Under, amount: number, written: Promise<Position | undefined>): void;
}

/** The limits on a void or refund that counts so. */
export function giveBackLimits(spot: LimitedSpot, under: Under) {
  return { void: spot.applied('void', under), refund: spot.applied('refund', under) };
}

function isSame(a: DayKey, b: DayKey): boolean {
  return a.date === b.date && a.kind === b.kind && a.currency === b.currency;
}

function usedOf(
  { scope, subject }: ScopedLimits,
  then: DaySumsThen,
  here: readonly Entry[],
): DaySum {
  const seen = then.of(scope, subject);
  const unseen = here.filter(({ subjects }) => subjects[scope] === subject);
  return {
    count: seen.count + unseen.length,
    amount: unseen.reduce((sum, { amount }) => sum + amount, seen.amount),
  };
}
