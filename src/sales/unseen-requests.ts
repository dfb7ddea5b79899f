import { type Position, StoreUnavailableError } from '../event-store/event-store.js';
import { type DaySum, LIMIT_SCOPES, type LimitScope, NO_SUM } from '../merchants/domain/limits.js';
import type { DayKey } from '../projections/day-sums.view.js';

/** For so long one waits at the most for what becomes of others: where the store is away, each of them takes its time. */
const PATIENCE_MS = 5_000;

/** A request that counts from now on, before it is in the log. */
export interface Unseen extends DayKey {
  readonly subjects: Readonly<Record<LimitScope, string>>;
  readonly amount: bigint;
}

interface Written {
  readonly request: Unseen;
  readonly position: Position;
}

/**
 * What this node has let through and the view has not seen, as running sums: a request costs the same however many
 * others the view has not seen.
 */
export class UnseenRequests {
  private readonly all = new RunningSums();
  private readonly onTheirWay = new RunningSums();
  /** It is known of all so far. */
  private allKnown: Promise<void> = Promise.resolve();
  /** Those in the log, in its order. */
  private readonly written: Written[] = [];
  private counted = 0;

  get size(): number {
    return this.counted;
  }

  /** Counts a request from now on. `written`: where in the log it then stands; undefined when it is not there. */
  count(request: Unseen, written: Promise<Position | undefined>): void {
    this.counted += 1;
    this.all.change(request, 1);
    this.onTheirWay.change(request, 1);
    const found = (position: Position | undefined): void => {
      this.onTheirWay.change(request, -1);
      if (position === undefined) this.forget(request);
      else this.keep({ request, position });
    };
    const outcome = written.then(found, () => {
      found(undefined);
    });
    this.allKnown = this.allKnown.then(() => outcome);
  }

  /**
   * Resolves once it is known of all that are on their way now whether they are in the log. `since`: when the one that waits
   * began to, by `performance.now`. @throws StoreUnavailableError when that has taken it too long
   */
  async known(since: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const why = 'the store does not say what became of requests that count towards a limit';
      const giveUp = (): void => {
        reject(new StoreUnavailableError(why, 'not-done'));
      };
      timer = setTimeout(giveUp, since + PATIENCE_MS - performance.now());
    });
    try {
      await Promise.race([this.allKnown, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Drops what a view that stands at this position counts itself. */
  seenUpTo(position: Position): void {
    const ahead = this.written.findIndex((each) => each.position > position);
    const seen = this.written.splice(0, ahead < 0 ? this.written.length : ahead);
    for (const { request } of seen) this.forget(request);
  }

  /** What counts for a subject beside the view, and what of it is not known to be in the log yet. */
  of(key: DayKey, scope: LimitScope, subject: string): { all: DaySum; onItsWay: DaySum } {
    const name = nameOf(key, scope, subject);
    return { all: this.all.of(name), onItsWay: this.onTheirWay.of(name) };
  }

  /** Most are written in the order in which their writers learn of it: the place is at the end, or close to it. */
  private keep(written: Written): void {
    const before = this.written.findLastIndex(({ position }) => position <= written.position);
    this.written.splice(before + 1, 0, written);
  }

  private forget(request: Unseen): void {
    this.counted -= 1;
    this.all.change(request, -1);
  }
}

/** Sums by subject. */
class RunningSums {
  private readonly sums = new Map<string, DaySum>();

  of(name: string): DaySum {
    return this.sums.get(name) ?? NO_SUM;
  }

  change(request: Unseen, times: 1 | -1): void {
    for (const scope of LIMIT_SCOPES) {
      const name = nameOf(request, scope, request.subjects[scope]);
      const sum = this.of(name);
      const count = sum.count + times;
      const amount = sum.amount + BigInt(times) * request.amount;
      if (count === 0) this.sums.delete(name);
      else this.sums.set(name, { count, amount });
    }
  }
}

/** Only the last part may hold a space. */
function nameOf(key: DayKey, scope: LimitScope, subject: string): string {
  const { merchantId, date, kind, currency } = key;
  return `${merchantId} ${date} ${kind} ${currency} ${scope} ${subject}`;
}
