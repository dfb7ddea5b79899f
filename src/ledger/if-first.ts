import { ConflictError } from '../event-store/event-store.js';

/** What came of writing; undefined where somebody was faster, and nothing was written. @throws whatever else kept it from that */
export async function ifFirst<T>(writing: Promise<T>): Promise<T | undefined> {
  try {
    return await writing;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    return undefined;
  }
}
