/** A fault of the same kind that goes on, as while a store is away, is told once in so long. */
const TELL_AGAIN_MS = 60_000;

/** Work that is done again and again: each time so long after it was done the last time. */
export class Repeating {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private told: { readonly kind: string; readonly at: number } | undefined;

  constructor(
    private readonly everyMs: number,
    private readonly work: () => Promise<void>,
  ) {}

  /** `onFault` is told what keeps it from its end, and is spared the same of each time; the next time tries again. */
  start(onFault: (error: unknown) => void): void {
    this.timer = setTimeout(() => {
      this.running = this.work()
        .then(
          () => {
            this.told = undefined;
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
    const kind = (fault as Error).name;
    const now = performance.now();
    if (this.told?.kind === kind && now - this.told.at < TELL_AGAIN_MS) return;
    this.told = { kind, at: now };
    onFault(fault);
  }

  /** Resolves once what is under way has ended. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.running;
  }
}
