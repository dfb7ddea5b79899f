/** Results under way at the same time. */
const WINDOW = 512;

interface Slot {
  result: string | undefined;
  readonly done: Promise<void>;
}

/**
 * Texts made side by side, given out in the order in which they were begun, as soon as they are there. Begins no more
 * than WINDOW ahead of what has been taken out: who reads slowly slows down the making.
 */
export class InOrder {
  private readonly slots: Slot[] = [];
  private isEnded = false;
  private failure: unknown;
  private wakeReader: (() => void) | undefined;
  private wakeWriter: (() => void) | undefined;

  /** Resolves when another one may be begun, or with false when nobody will take it out. */
  async room(): Promise<boolean> {
    while (this.slots.length >= WINDOW && !this.isEnded) {
      await new Promise<void>((resolve) => (this.wakeWriter = resolve));
    }
    return !this.isEnded;
  }

  /** Takes the place for what a task gives. The task does not throw. */
  begin(task: Promise<string>): void {
    const slot: Slot = {
      result: undefined,
      done: task.then((result) => {
        slot.result = result;
      }),
    };
    this.slots.push(slot);
    this.wakeReader?.();
  }

  /** Nothing more will be begun; `failure` is what the reader meets behind what was. */
  end(failure?: unknown): void {
    this.isEnded = true;
    this.failure = failure;
    this.wakeReader?.();
    this.wakeWriter?.();
  }

  /** Everything in order, what is ready together. */
  async *texts(): AsyncGenerator<string> {
    try {
      for (;;) {
        const [head] = this.slots;
        if (head) {
          await head.done;
          yield this.ready();
        } else if (this.isEnded) {
          if (this.failure !== undefined) throw this.failure as Error;
          return;
        } else {
          await new Promise<void>((resolve) => (this.wakeReader = resolve));
        }
      }
    } finally {
      this.end();
    }
  }

  private ready(): string {
    const waiting = this.slots.findIndex(({ result }) => result === undefined);
    const taken = this.slots.splice(0, waiting < 0 ? this.slots.length : waiting);
    this.wakeWriter?.();
    return taken.map(({ result }) => result).join('');
  }
}
