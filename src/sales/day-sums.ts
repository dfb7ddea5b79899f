import { type Position, START } from '../event-store/event-store.js';
import type { Journal } from '../ledger/journal.js';
import type { News } from '../ledger/news.js';
import {
  type AppliedLimits,
  hasLimits,
  limitsOn,
  needSums,
  type ScopedLimits,
  unused,
} from '../merchants/domain/limits.js';
import type { Counted } from '../merchants/domain/merchant.events.js';
import type { Merchant, Terminal } from '../merchants/domain/merchant.js';
import type { DayKey, DaySumsThen } from '../projections/day-sums.view.js';
import type { Views } from '../projections/views.js';
import { UnseenRequests } from './unseen-requests.js';

/** What other nodes have written counts here after so long at the most. */
const STALE_MS = 500;

/** Requests that the view has not seen: with more of them, the next one waits for it. */
const UNSEEN = 10_000;

/** What a request counts under: the business date and its currency. */
export interface Under {
  readonly date: string;
  readonly currency: string;
}

/**
 * The sums of the day that limits go by: what the view has seen, and what this node has let through since. A request
 * counts from the turn in which it is decided, so that requests at the same moment can't pass a limit together. Of what
 * other nodes do, this one learns within STALE_MS.
 */
export class DaySums {
  private readonly unseen = new UnseenRequests();
  /** Merchants, as they stand, for whom the view was once up with the log: what came since, this node knows itself. */
  private readonly known = new WeakSet<Merchant>();
  private askedAt = -Infinity;
  /** What the last time-out reversal of this node undid no longer counts: the view knows from here on. */
  private undoneAt: Position = START;

  constructor(
    private readonly journal: Journal,
    private readonly views: Views,
    private readonly news: News,
  ) {}

  /**
   * The limits at a terminal for a card, where there are any, of which requests of these kinds will be asked.
   * @throws ViewBehindError, StoreUnavailableError
   */
  async at(
    merchant: Merchant,
    terminal: Terminal,
    cardToken: string,
    kinds: readonly Counted[],
  ): Promise<LimitedSpot | undefined> {
    if (!hasLimits(merchant, terminal)) return undefined;
    const scoped = limitsOn(merchant, terminal, cardToken);
    if (needSums(scoped, kinds)) await this.learn(merchant);
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
        // What no sum is asked of is not kept: nothing would ever take it out again. If it fails, the request's own caller hears.
        if (!needSums(scoped, [kind])) {
          written.catch(() => undefined);
          return;
        }
        const key = { merchantId, kind, ...under };
        this.unseen.count({ ...key, subjects, amount: BigInt(amount) }, written);
      },
      known: (since) => this.unseen.known(since),
    };
  }

  /** A time-out reversal was written there. */
  undone(position: Position): void {
    if (position > this.undoneAt) this.undoneAt = position;
  }

  private async learn(merchant: Merchant): Promise<void> {
    if (this.isFresh(merchant)) {
      await this.views.waitFor(this.undoneAt, ['day-sums']);
      return;
    }
    const began = performance.now();
    await this.views.waitFor(await this.journal.head(), ['day-sums']);
    this.askedAt = began;
    this.known.add(merchant);
  }

  private isFresh(merchant: Merchant): boolean {
    if (!this.known.has(merchant) || this.unseen.size > UNSEEN) return false;
    return !this.news.isNeeded || performance.now() - this.askedAt < STALE_MS;
  }

  private applied(scoped: readonly ScopedLimits[], key: DayKey): AppliedLimits[] {
    if (!needSums(scoped, [key.kind])) return unused(scoped);
    return this.views.daySums.read(key, (then) => {
      this.unseen.seenUpTo(then.position);
      return scoped.map((each) => this.appliedTo(each, then, key));
    });
  }

  private appliedTo(limits: ScopedLimits, then: DaySumsThen, key: DayKey): AppliedLimits {
    const { scope, subject } = limits;
    const seen = then.of(scope, subject);
    const { all, onItsWay } = this.unseen.of(key, scope, subject);
    const used = { count: seen.count + all.count, amount: seen.amount + all.amount };
    return { ...limits, used, onItsWay };
  }
}

/** Where and with which card a request is made that is under limits. */
export interface LimitedSpot {
  /** The limits with what counts towards them at this moment. */
  applied(kind: Counted, under: Under): AppliedLimits[];
  /** Counts a request from now on. `written`: where in the log it then stands; undefined when it is not there. */
  count(kind: Counted, under: Under, amount: number, written: Promise<Position | undefined>): void;
  /** Resolves once it is known what became of all that is on its way now. @throws as UnseenRequests.known */
  known(since: number): Promise<void>;
}

/** Told in place of a decision: it hangs on requests that are on their way towards a limit. */
export class NotKnownYet {
  constructor(readonly spot: Pick<LimitedSpot, 'known'>) {}
}

/**
 * Decides, and decides again, each time that it is known what became of the requests that the decision hangs on
 * (docs/decisions/0040-limits-without-locks.md). @throws as LimitedSpot.known
 */
export async function onceKnown<T>(decide: () => Promise<T | NotKnownYet>): Promise<T> {
  const since = performance.now();
  for (;;) {
    const decided = await decide();
    if (!(decided instanceof NotKnownYet)) return decided;
    await decided.spot.known(since);
  }
}

/** What a request that gives back may count as. */
export const GIVE_BACK: readonly Counted[] = ['void', 'refund'];

/** The limits on a void or refund that counts so. */
export function giveBackLimits(spot: LimitedSpot, under: Under) {
  return { void: spot.applied('void', under), refund: spot.applied('refund', under) };
}
