import { StoreUnavailableError } from '../event-store/event-store.js';

/** That a store is away is told once in so long, however often it keeps the work from its end. */
const TELL_AGAIN_MS = 60_000;

/** Work that is done again and again: each time so long after it was done the last time. */
export class Repeating {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private toldAway: number | undefined;

  constructor(
    private readonly everyMs: number,
    private readonly work: () => Promise<void>,
  ) {}

  /** `onFault` is told what keeps it from its end; the next time tries again. */
  start(onFault: (error: unknown) => void): void {
    this.timer = setTimeout(() => {
      this.running = this.work()
        .then(
          () => {
            this.toldAway = undefined;
          },
          (fault: unknown) => {
            this.tell(fault, onFault);
          },
        )
        .finally(() => {
          if (this.timer) this.start(onFault);
        });
    }, this.everyMs);
  }

  private tell(fault: unknown, onFault: (error: unknown) => void): void {
    if (fault instanceof StoreUnavailableError) {
      const now = performance.now();
      if (this.toldAway !== undefined && now - this.toldAway < TELL_AGAIN_MS) return;
      this.toldAway = now;
    }
    onFault(fault);
  }

  /** Resolves once what is under way has ended. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.running;
  }
}
