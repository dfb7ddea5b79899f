/** The ledger's clock: it, not the terminals', decides. Epoch milliseconds. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** A clock that runs until it is set, and stands still from then on: for tests and for recorded trade. */
export class SettableClock implements Clock {
  private standing: number | undefined;

  now(): number {
    return this.standing ?? Date.now();
  }

  set(now: number): void {
    this.standing = now;
  }
}

/** RFC 3339 in UTC with milliseconds. */
export function timeText(epochMillis: number): string {
  return new Date(epochMillis).toISOString();
}
