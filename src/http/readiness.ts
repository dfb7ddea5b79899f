import { StoreUnavailableError } from '../event-store/event-store.js';

/** So long after an append that the store could not take requests are better sent elsewhere; then they are tried again. */
const AFTER_FAULT_MS = 10_000;

/** Who has asked within so long asks again, and sends requests here until it is told not to. */
const PROBE_PERIOD_MS = 15_000;

/** Whether requests should be sent here: not before the start is over, and not once the end has begun. */
export class Readiness {
  private notReady: string | undefined = 'starting';
  private cutAt = Infinity;
  private probedAt = -Infinity;
  private fault: { readonly message: string; readonly at: number } | undefined;

  started(): void {
    this.notReady = undefined;
  }

  probed(): void {
    this.probedAt = performance.now();
  }

  /** Whether somebody steers by what it says. */
  isProbed(): boolean {
    return performance.now() < this.probedAt + PROBE_PERIOD_MS;
  }

  /** Requests that have not come whole after so long are to be cut. */
  stopping(patienceMs: number): void {
    this.notReady = 'stopping';
    this.cutAt = performance.now() + patienceMs;
  }

  /** Whether what has not come whole is about to be cut. */
  isCutting(): boolean {
    return performance.now() >= this.cutAt;
  }

  /** What an append has failed by; undefined for one that was done. */
  appended(fault: unknown): void {
    if (fault === undefined) this.fault = undefined;
    else if (fault instanceof StoreUnavailableError) {
      this.fault = { message: fault.message, at: performance.now() };
    }
  }

  /** Why the service is not; undefined when it is ready. */
  reason(): string | undefined {
    return this.notReady;
  }

  /** Why the store took nothing a moment ago. */
  storeFault(): string | undefined {
    const { fault } = this;
    return fault && performance.now() - fault.at < AFTER_FAULT_MS ? fault.message : undefined;
  }
}
