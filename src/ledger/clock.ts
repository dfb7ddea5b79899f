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

/** Whether a clock may be put there: in the years 1970 to 9900, from where no period leads to a year of five figures. */
export function isClockTime(epochMillis: number): boolean {
  return epochMillis >= 0 && epochMillis < Date.UTC(9901, 0);
}

/** RFC 3339 in UTC with milliseconds. */
export function timeText(epochMillis: number): string {
  return new Date(epochMillis).toISOString();
}
