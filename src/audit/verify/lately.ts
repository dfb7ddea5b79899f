import { STALE_MS } from '../../ledger/news.js';

/**
 * A value, and what it was a moment before: a node decides by what it knows, and that may be as old as the news from
 * others.
 */
export class Lately<T> {
  private earlier: { readonly value: T; readonly until: number }[] = [];

  constructor(private current: T) {}

  get now(): T {
    return this.current;
  }

  /** `at`: when the change was recorded, epoch milliseconds. */
  change(value: T, at: number): void {
    this.earlier = this.earlier.filter(({ until }) => at - until < STALE_MS);
    this.earlier.unshift({ value: this.current, until: at });
    this.current = value;
  }

  /** What someone may have gone by whose fact was recorded then, the present value first. */
  by(at: number): readonly T[] {
    if (this.earlier.length === 0) return [this.current];
    const known = this.earlier.filter(({ until }) => at - until < STALE_MS);
    return [this.current, ...known.map(({ value }) => value)];
  }
}
