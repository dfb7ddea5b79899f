import { isPosition, type Position } from '../event-store/event-store.js';
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
  const { behind, position } = placeIn(after, cursor);
  if (position !== undefined) await views.waitFor(position, [name]);
  return behind;
}

/** What a list's `after` is: where the page before ended, or a position. @throws ProblemError for anything else */
export function placeIn(
  after: string | undefined,
  cursor: RegExp,
): { readonly behind?: string; readonly position?: Position } {
  if (after === undefined) return {};
  if (cursor.test(after)) return { behind: after };
  if (isPosition(after)) return { position: after };
  throw malformed('after', 'is neither a position nor the `next` of a page');
}
