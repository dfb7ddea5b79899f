import { type EventStore, StoreUnavailableError } from '../../src/event-store/event-store.js';

/** How an append fails: surely not done, or not known, with the events on the disk or not. */
export type Failure = 'not-done' | 'unknown' | 'unknown-but-written';

/** Lets single appends of a store fail that works otherwise. */
export class FlakyStore {
  private next: { readonly stream: string; readonly how: Failure } | undefined;

  /** The next append to a stream whose name begins so. */
  failNext(stream: string, how: Failure): void {
    this.next = { stream, how };
  }

  readonly wrap = (inner: EventStore): EventStore =>
    Object.assign(Object.create(inner) as EventStore, {
      append: async (...[stream, expected, events]: Parameters<EventStore['append']>) => {
        const failing = this.next;
        if (!failing || !stream.startsWith(failing.stream)) {
          return inner.append(stream, expected, events);
        }
        this.next = undefined;
        const { how } = failing;
        if (how === 'unknown-but-written') await inner.append(stream, expected, events);
        throw new StoreUnavailableError('the disk is away', how === 'not-done' ? how : 'unknown');
      },
    });
}
