import type { Scheduler } from 'fast-check';
import {
  type EventStore,
  type ReadAllOptions,
  SETTLED_WITHIN_MS,
  StoreUnavailableError,
} from '../../src/event-store/event-store.js';

/**
 * A store whose requests wait for a scheduler, which lets any of those that wait go on next. Appends of one node enter the
 * log in the order in which they were made, unless they take too long; what a node reads of a log of its own is there at once.
 */
export class ScheduledStore {
  private isHeld = false;
  private lastAppend: Promise<unknown> = Promise.resolve();

  constructor(private readonly scheduler: Scheduler) {}

  /** From now on requests wait, or go through. */
  hold(isHeld: boolean): void {
    this.isHeld = isHeld;
  }

  readonly wrap = (inner: EventStore): EventStore => {
    const readsWait = inner.isShared;
    return Object.assign(Object.create(inner) as EventStore, {
      append: (...sent: Parameters<EventStore['append']>) => {
        if (!this.isHeld) return inner.append(...sent);
        const turn = this.lastAppend.then(() => this.turn(`append to ${sent[0]}`));
        this.lastAppend = turn;
        const since = performance.now();
        return turn.then(() => {
          if (performance.now() - since < SETTLED_WITHIN_MS) return inner.append(...sent);
          throw new StoreUnavailableError('it took too long', 'not-done');
        });
      },
      readStream: async (stream: string, from?: number) => {
        if (readsWait) await this.turn(`read ${stream}`);
        return inner.readStream(stream, from);
      },
      head: async () => {
        if (readsWait) await this.turn('ask for the head');
        return inner.head();
      },
      readAll: async (options: ReadAllOptions) => {
        await this.turn(options.prefixes ? 'read the news' : 'bring the views up');
        return inner.readAll(options);
      },
    });
  };

  private async turn(label: string): Promise<void> {
    if (this.isHeld) await this.scheduler.schedule(Promise.resolve(), label);
  }
}
