import { isDamage } from '../event-store/sqlite-file.js';
import type { TurnSnapshot } from '../event-store/turn-snapshot.js';
import { ViewDamagedError } from './file-faults.js';

/**
 * The model, each of whose methods reads what its view had at the first read of the turn, and throws ViewDamagedError
 * where SQLite finds the view's file damaged; `tell` hears of each.
 */
export function readModel<M extends object>(
  model: M,
  view: string,
  snapshot: TurnSnapshot,
  tell: (damage: ViewDamagedError) => void,
): M {
  const named = (error: unknown): unknown => {
    if (!isDamage(error)) return error;
    const damage = ViewDamagedError.by(view, error);
    tell(damage);
    return damage;
  };
  return new Proxy(model, {
    get(target, key) {
      const method = Reflect.get(target, key) as unknown;
      if (typeof method !== 'function') return method;
      return (...args: unknown[]): unknown => {
        try {
          snapshot.hold();
          const result = method.apply(target, args) as unknown;
          return isIterator(result) ? rowsOf(result, named) : result;
        } catch (error) {
          throw named(error);
        }
      };
    },
  });
}

function isIterator(result: unknown): result is IterableIterator<unknown> {
  return (
    typeof result === 'object' &&
    result !== null &&
    'next' in result &&
    typeof result.next === 'function'
  );
}

function* rowsOf<T>(rows: Iterable<T>, named: (error: unknown) => unknown): Generator<T> {
  try {
    yield* rows;
  } catch (error) {
    throw named(error);
  }
}
