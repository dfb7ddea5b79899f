import { constants, setPriority } from 'node:os';

/** A third of the weight of the threads that serve: closes wait for the views, too. */
export const VIEWS_NICENESS = 5;

export const REBUILD_NICENESS = constants.priority.PRIORITY_LOW;

/**
 * Where processors are short, this thread comes after those that serve requests. Only on Linux: elsewhere it would be said
 * of the whole process.
 */
export function giveWay(niceness: number): void {
  if (process.platform === 'linux') setPriority(niceness);
}
