/** Work that is done again and again: each time so long after it was done the last time. */
export class Repeating {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly everyMs: number,
    private readonly work: () => Promise<void>,
  ) {}

  /** `onFault` is told what kept a time from its end; the next tries again. */
  start(onFault: (error: unknown) => void): void {
    this.timer = setTimeout(() => {
      this.running = this.work()
        .catch(onFault)
        .finally(() => {
          if (this.timer) this.start(onFault);
        });
    }, this.everyMs);
  }

  /** Resolves once what is under way has ended. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.running;
  }
}
