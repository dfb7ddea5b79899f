import { Observable } from 'rxjs';
import { PAGE, type Position, type StoredEvent } from '../event-store.js';
import type { LogReader } from './log-reader.js';

/**
 * The log behind a position, page by page, for as long as it is subscribed: what is there, then, whenever `wakes`
 * emits, what has come. A page is read only when the subscriber is done with the one before.
 */
export function trail(
  reader: LogReader,
  after: Position,
  wakes: Observable<unknown>,
): Observable<StoredEvent[]> {
  return new Observable((subscriber) => {
    let position = after;
    let next: NodeJS.Immediate | undefined;
    const wake = (): void => {
      next ??= setImmediate(step);
    };
    const step = (): void => {
      next = undefined;
      let page: StoredEvent[];
      try {
        page = reader.page({ after: position, limit: PAGE });
      } catch (error) {
        subscriber.error(error);
        return;
      }
      position = page.at(-1)?.position ?? position;
      if (page.length === PAGE) wake();
      if (page.length > 0) subscriber.next(page);
    };
    subscriber.add(() => {
      clearImmediate(next);
    });
    subscriber.add(
      wakes.subscribe({
        next: wake,
        error: (error) => {
          subscriber.error(error);
        },
        complete: () => {
          subscriber.complete();
        },
      }),
    );
    if (!subscriber.closed) wake();
  });
}
