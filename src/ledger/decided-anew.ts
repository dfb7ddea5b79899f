import { ConflictError, StoreUnavailableError } from '../event-store/event-store.js';

const ATTEMPTS = 10;

/** What the store was too slow for so often is not tried again: that would be more work for it. */
const LATE_ATTEMPTS = 3;

/** What is decided is written within so long of asking what to decide it on: that may have changed since. */
export const WRITTEN_WITHIN_MS = 5_000;

class TooLateError extends Error {
  override readonly name = 'TooLateError';
}

/** To be called in the turn of an append. `since`: when asking began, by `performance.now`. @throws what is `decidedAnew` */
export function inTime(since: number): void {
  if (performance.now() - since > WRITTEN_WITHIN_MS) throw new TooLateError();
}

/**
 * Does what is decided on a stream and written behind it, anew whenever another was faster, or what it was decided on has
 * become too old. `decide` is told the number of the attempt, from 1. @throws ConflictError where others are faster again
 * and again, StoreUnavailableError where the store is too slow
 */
export async function decidedAnew<T>(decide: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1, late = 0; ; attempt += 1) {
    try {
      return await decide(attempt);
    } catch (error) {
      if (error instanceof TooLateError) {
        late += 1;
        if (late < LATE_ATTEMPTS) continue;
        throw new StoreUnavailableError('the store is too slow to decide by', 'not-done');
      }
      if (!(error instanceof ConflictError) || attempt >= ATTEMPTS) throw error;
    }
  }
}
