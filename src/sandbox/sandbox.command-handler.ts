import type { BatchesCommandHandler } from '../batches/batches.command-handler.js';
import { type SettableClock, timeText } from '../ledger/clock.js';

/** What a test does to the ledger's surroundings. */
export class SandboxCommandHandler {
  constructor(
    private readonly clock: SettableClock,
    private readonly batches: BatchesCommandHandler,
  ) {}

  /** The clock stands at `now` (epoch milliseconds) from here on; what is due by then is done first. */
  async setClock(now: number): Promise<{ now: string }> {
    this.clock.set(now);
    await this.batches.closeDue();
    return { now: timeText(now) };
  }
}
