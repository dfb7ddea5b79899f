import { ConflictError } from '../event-store/event-store.js';

const ATTEMPTS = 10;

/**
 * Does what is decided on a stream and written behind it, anew whenever another was faster. `decide` is told the number of the
 * attempt, from 1. @throws ConflictError where others are faster again and again
 */
export async function decidedAnew<T>(decide: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await decide(attempt);
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === ATTEMPTS) throw error;
    }
  }
}
