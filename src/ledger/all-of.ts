import { setImmediate as othersTurn } from 'node:timers/promises';
import { StoreUnavailableError } from '../event-store/event-store.js';

/**
 * Does one after the other, and lets others have their turn in between: much that is due at once must not keep the service
 * from all else. A fault of one keeps no other from being done, unless it is everyone's, as a store that is away.
 * @throws the first fault
 */
export async function inTurn(
  works: Iterable<() => Promise<unknown>>,
  isOfAll = isStoreAway,
): Promise<void> {
  const faults: unknown[] = [];
  for (const work of works) {
    await work().catch((fault: unknown) => faults.push(fault));
    if (isOfAll(faults.at(-1))) break;
    await othersTurn();
  }
  if (faults.length > 0) throw faults[0];
}

function isStoreAway(fault: unknown): boolean {
  return fault instanceof StoreUnavailableError;
}

/** Waits for every one, so that a fault of one keeps no other from its end. @throws the first fault */
export async function allOf(works: Iterable<Promise<unknown>>): Promise<void> {
  const ended = await Promise.allSettled(works);
  const failed = ended.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

/** So many at a time, the last what is left. */
export function inGroups<T>(all: readonly T[], size: number): T[][] {
  const groups = Math.ceil(all.length / size);
  return Array.from({ length: groups }, (_, group) => all.slice(group * size, (group + 1) * size));
}

/** Does so many side by side, and group after group in turn. @throws as inTurn */
export function sideBySide<T>(
  all: readonly T[],
  size: number,
  work: (one: T) => Promise<unknown>,
  isOfAll = isStoreAway,
): Promise<void> {
  const groups = inGroups(all, size);
  return inTurn(
    groups.map((group) => () => allOf(group.map(work))),
    isOfAll,
  );
}
