import type { EventStore } from '../../src/event-store/event-store.js';

/** A store that can be made to keep an append back, as a slow network does. */
export class HeldStore {
  private held: { readonly stream: string; readonly until: Promise<void> } | undefined;
  private reached: () => void = () => undefined;

  /**
   * The next append to a stream whose name begins so waits for `letGo`. `sent` resolves when it has come.
   */
  holdNext(stream: string): { readonly sent: Promise<void>; readonly letGo: () => void } {
    let letGo = (): void => undefined;
    const until = new Promise<void>((resolve) => (letGo = resolve));
    const sent = new Promise<void>((resolve) => (this.reached = resolve));
    this.held = { stream, until };
    return { sent, letGo };
  }

  readonly wrap = (inner: EventStore): EventStore =>
    Object.assign(Object.create(inner) as EventStore, {
      append: async (...[stream, expected, events]: Parameters<EventStore['append']>) => {
        const { held } = this;
        if (held && stream.startsWith(held.stream)) {
          this.held = undefined;
          this.reached();
          await held.until;
        }
        return inner.append(stream, expected, events);
      },
    });
}
