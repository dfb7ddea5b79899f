/**
 * Payouts and write-offs are decided on the view of the books, which another process may have written past. A payout
 * waits for the view for a minute at the most, and what is missing in it may have been under way for half a minute.
 */
const SPAN_MS = 90_000;

/** Of one such stretch no more than one value is kept. */
const STEP_MS = 1_000;

/** How large a sum was lately: kept is only what was larger than all that came later. */
export class Peaks {
  /** Each smaller than the one before. `until`: when it changed, epoch milliseconds. */
  private earlier: { readonly value: bigint; readonly until: number }[] = [];

  /** `at`: when the change was recorded, epoch milliseconds. */
  change(from: bigint, to: bigint, at: number): void {
    let last = this.earlier.at(-1);
    while (last && last.value <= to) {
      this.earlier.pop();
      last = this.earlier.at(-1);
    }
    if (to >= from) return;
    if (last && isWithin(STEP_MS, last.until, at)) return;
    this.earlier = this.earlier.filter(({ until }) => isWithin(SPAN_MS, until, at));
    this.earlier.push({ value: from, until: at });
  }

  /** What someone may have gone by whose fact was recorded then; `now`: what it is at that place of the log. */
  largest(now: bigint, at: number): bigint {
    return this.earlier.find(({ until }) => isWithin(SPAN_MS, until, at))?.value ?? now;
  }

  /** Whoever comes later has seen it as it is now. */
  clear(): void {
    this.earlier = [];
  }
}

/** Either way: clocks differ. */
function isWithin(span: number, one: number, other: number): boolean {
  return Math.abs(other - one) < span;
}
