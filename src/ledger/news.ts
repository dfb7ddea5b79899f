import {
  type EventStore,
  type Position,
  type StoredEvent,
  StoreUnavailableError,
} from '../event-store/event-store.js';

/** How often this node asks what others have written. */
const INTERVAL_MS = 500;

/** What is kept in memory is answered from for so long after this node last knew it to be true. */
export const STALE_MS = 10_000;

const PAGE = 500;

type Listener = (event: StoredEvent) => void;

/**
 * What other nodes write about things that this one keeps in memory. Memory may be behind by the interval, or, while
 * the store does not answer, by STALE_MS: then this node says so instead of answering from it. Where this process is
 * the only one that writes, there is nothing to hear, and memory is always right.
 */
export class News {
  private readonly listeners: { readonly prefix: string; readonly listener: Listener }[] = [];
  /** Everything up to here has been told. */
  private heard: Position | undefined;
  private knownAt = -Infinity;
  private asking: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly store: EventStore) {}

  /** Tells `listener` of every event of the streams that begin so, in the order of the log. */
  listen(prefix: string, listener: Listener): void {
    this.listeners.push({ prefix, listener });
  }

  /** Whether there are others to hear of. */
  get isNeeded(): boolean {
    return this.store.isShared;
  }

  /** Whether memory may be answered from. */
  isFresh(): boolean {
    return !this.isNeeded || performance.now() - this.knownAt < STALE_MS;
  }

  /**
   * Resolves when memory may be answered from. What is kept in memory has to be read after that.
   * @throws StoreUnavailableError when it may not, and the store does not answer
   */
  async fresh(): Promise<void> {
    if (this.isFresh()) return;
    this.start();
    await this.ask();
    // This process may have stood still meanwhile.
    if (!this.isFresh()) await this.ask();
    if (this.isFresh()) return;
    throw new StoreUnavailableError('the store took too long to say what is new', 'not-done');
  }

  /**
   * Resolves when whatever changes from then on will be told: what is to be kept in memory may be read then.
   * @throws StoreUnavailableError
   */
  async listening(): Promise<void> {
    if (!this.isNeeded || this.heard !== undefined) return;
    this.start();
    await this.ask();
  }

  /** It does not keep the process alive. */
  private start(): void {
    this.timer ??= setInterval(() => {
      // When it fails, memory goes stale, and `fresh` tells why.
      this.ask().catch(() => undefined);
    }, INTERVAL_MS).unref();
  }

  private ask(): Promise<void> {
    this.asking ??= this.look().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  /** Whatever was in the log when this began has been told when it ends. */
  private async look(): Promise<void> {
    const began = performance.now();
    const head = await this.store.head();
    if (this.heard !== undefined && this.heard < head) await this.tell(this.heard);
    if (this.heard === undefined || this.heard < head) this.heard = head;
    this.knownAt = began;
  }

  private async tell(after: Position): Promise<void> {
    const prefixes = this.listeners.map(({ prefix }) => prefix);
    let page: StoredEvent[];
    let from = after;
    do {
      page = await this.store.readAll({ after: from, limit: PAGE, prefixes });
      for (const event of page) {
        for (const { prefix, listener } of this.listeners) {
          if (event.stream.startsWith(prefix)) listener(event);
        }
        from = event.position;
        this.heard = from;
      }
    } while (page.length === PAGE);
  }
}
