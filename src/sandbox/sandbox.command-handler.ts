import { type SettableClock, timeText } from '../ledger/clock.js';
import type { DueWork } from '../ledger/due-work.js';

/** What a test does to the ledger's surroundings. */
export class SandboxCommandHandler {
  constructor(
    private readonly clock: SettableClock,
    private readonly dueWork: DueWork,
  ) {}

  get clockText(): string {
    return timeText(this.clock.now());
  }

  /** The clock stands at `now` (epoch milliseconds) from here on; what is due by then is done first. */
  async setClock(now: number): Promise<{ now: string }> {
    this.clock.set(now);
    await this.dueWork.run();
    return { now: this.clockText };
  }
}
