import type { Position } from '../event-store/event-store.js';
import { isClockTime } from '../ledger/clock.js';
import { malformed } from './problem.js';

/** @throws ProblemError for a span that ends before it begins: it would be answered with nothing, as if there were nothing */
export function refuseBackwards<T extends string | number>(
  from: T | undefined,
  to: T | undefined,
): void {
  if (from === undefined || to === undefined || from <= to) return;
  throw malformed('to', 'is before `from`');
}

/** @throws ProblemError for a time that no clock can stand at */
export function refuseBeyondClock(field: string, time: number): void {
  if (!isClockTime(time)) throw malformed(field, 'must be in the years 1970 to 9900');
}

/** As of a position that the log has not reached nobody can say anything. @throws ProblemError */
export function refuseUnwritten(position: Position, head: Position): void {
  if (position > head) throw malformed('position', 'is beyond the end of the log');
}
