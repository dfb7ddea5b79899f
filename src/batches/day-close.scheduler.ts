import type { BatchesCommandHandler } from './batches.command-handler.js';

const INTERVAL_MS = 1_000;

/** Closes batches at their cut-off, and takes up unfinished closes, for as long as the service runs. */
export class DayCloseScheduler {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly batches: BatchesCommandHandler,
    private readonly onFault: (error: unknown) => void,
  ) {}

  start(): void {
    this.timer = setTimeout(() => {
      this.running = this.batches
        .closeDue()
        .catch(this.onFault)
        .finally(() => {
          if (this.timer) this.start();
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
