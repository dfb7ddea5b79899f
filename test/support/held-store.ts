import type { EventStore, ReadAllOptions } from '../../src/event-store/event-store.js';

/** What waits for `until` goes on at `letGo`. */
export function gate(): { readonly until: Promise<void>; readonly letGo: () => void } {
  let letGo = (): void => undefined;
  const until = new Promise<void>((resolve) => (letGo = resolve));
  return { until, letGo };
}

/** A store that can be made to keep an append or a read back, as a slow network does. */
export class HeldStore {
  private held: { readonly stream: string; readonly until: Promise<void> } | undefined;
  private reached: () => void = () => undefined;
  private news: Promise<void> = Promise.resolve();
  private heldRead:
    { stream: string; until: Promise<void>; reached: () => void; passing: number } | undefined;
  private heldAnswer: { stream: string; until: Promise<void>; reached: () => void } | undefined;

  /**
   * The next append to a stream whose name begins so waits for `letGo`. `sent` resolves when it has come.
   */
  holdNext(stream: string): { readonly sent: Promise<void>; readonly letGo: () => void } {
    const { until, letGo } = gate();
    const sent = gate();
    this.reached = sent.letGo;
    this.held = { stream, until };
    return { sent: sent.until, letGo };
  }

  /** The next read of this stream, or one so many behind it, waits, and then finds what is there by then. */
  holdNextRead(
    stream: string,
    passing = 0,
  ): { readonly sent: Promise<void>; readonly letGo: () => void } {
    const { until, letGo } = gate();
    const sent = gate();
    this.heldRead = { stream, until, reached: sent.letGo, passing };
    return { sent: sent.until, letGo };
  }

  /** What the next read of this stream finds now comes back at `letGo`. */
  holdNextAnswer(stream: string): { readonly sent: Promise<void>; readonly letGo: () => void } {
    const { until, letGo } = gate();
    const sent = gate();
    this.heldAnswer = { stream, until, reached: sent.letGo };
    return { sent: sent.until, letGo };
  }

  /** What others write is not heard of before `letGo`. */
  holdNews(): { readonly letGo: () => void } {
    const { until, letGo } = gate();
    this.news = until;
    return { letGo };
  }

  readonly wrap = (inner: EventStore): EventStore =>
    Object.assign(Object.create(inner) as EventStore, {
      readAll: async (options: ReadAllOptions) => {
        if (options.prefixes) await this.news;
        return inner.readAll(options);
      },
      readStream: async (stream: string, from?: number, most?: number) => {
        const { heldRead } = this;
        if (heldRead?.stream === stream && heldRead.passing-- === 0) {
          this.heldRead = undefined;
          heldRead.reached();
          await heldRead.until;
        }
        const events = await inner.readStream(stream, from, most);
        const { heldAnswer } = this;
        if (heldAnswer?.stream === stream) {
          this.heldAnswer = undefined;
          heldAnswer.reached();
          await heldAnswer.until;
        }
        return events;
      },
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
