import { isPosition } from '../event-store/event-store.js';
import { malformed } from '../http/problem.js';
import type { Views } from './views.js';

/**
 * A list's `after`: a position that its view must have reached before it answers, or where the page before ended,
 * which is given back.
 * @throws ProblemError for anything else; ViewBehindError
 */
export async function waitOrCursor(
  views: Views,
  name: string,
  after: string | undefined,
  cursor: RegExp,
): Promise<string | undefined> {
  if (after === undefined || cursor.test(after)) return after;
  if (!isPosition(after)) {
    throw malformed('after', 'is neither a position nor the `next` of a page');
  }
  await views.waitFor(after, [name]);
  return undefined;
}
