import { SETTLED_WITHIN_MS } from '../../event-store/event-store.js';
import { WRITTEN_WITHIN_MS } from '../../ledger/decided-anew.js';
import { STALE_MS } from '../../ledger/news.js';

/**
 * So long behind a change a fact may be recorded that was decided without it: while the change was on its way to the log,
 * then not yet heard of, then the fact not yet written.
 */
export const LATELY_MS = SETTLED_WITHIN_MS + STALE_MS + WRITTEN_WITHIN_MS;

/** Changes are forgotten together: with each that comes of very many, the others would have to be gone through. */
const KEPT_MS = 2 * LATELY_MS;
const FORGOTTEN_MS = 3 * LATELY_MS;

/**
 * A value, and what it was a moment before: a node decides by what it knows, and that may be as old as LATELY_MS.
 */
export class Lately<T> {
  /** The newest last. */
  private earlier: { readonly value: T; readonly until: number }[] = [];

  constructor(private current: T) {}

  get now(): T {
    return this.current;
  }

  /** `at`: when the change was recorded, epoch milliseconds. */
  change(value: T, at: number): void {
    this.forget(at);
    this.earlier.push({ value: this.current, until: at });
    this.current = value;
  }

  /** What someone may have gone by whose fact was recorded then, the present value first. */
  by(at: number): readonly T[] {
    this.forget(at);
    const known = [this.current];
    for (let index = this.earlier.length - 1; index >= 0; index -= 1) {
      const { value, until } = this.earlier[index] as (typeof this.earlier)[number];
      if (at - until < LATELY_MS) known.push(value);
    }
    return known;
  }

  private forget(at: number): void {
    const oldest = this.earlier[0];
    if (!oldest || at - oldest.until < FORGOTTEN_MS) return;
    this.earlier = this.earlier.filter(({ until }) => at - until < KEPT_MS);
  }
}
