import type { BatchesCommandHandler } from './batches.command-handler.js';

const INTERVAL_MS = 1_000;

/** Closes batches at their cut-off, and takes up unfinished closes, for as long as the service runs. */
export class DayCloseScheduler {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly batches: BatchesCommandHandler) {}

  /** `onFault` is told what kept a round from its end; the next round tries again. */
  start(onFault: (error: unknown) => void): void {
    this.timer = setTimeout(() => {
      this.running = this.batches
        .closeDue()
        .catch(onFault)
        .finally(() => {
          if (this.timer) this.start(onFault);
        });
    }, INTERVAL_MS);
  }

  /** Resolves once the round under way has ended. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.running;
  }
}
