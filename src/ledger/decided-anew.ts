import { ConflictError, StoreUnavailableError } from '../event-store/event-store.js';

const ATTEMPTS = 10;

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
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await decide(attempt);
    } catch (error) {
      const isLate = error instanceof TooLateError;
      if (!isLate && !(error instanceof ConflictError)) throw error;
      if (attempt < ATTEMPTS) continue;
      if (!isLate) throw error;
      throw new StoreUnavailableError('the store is too slow to decide on what it has', 'unknown');
    }
  }
}
