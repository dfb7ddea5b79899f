/** Whether requests should be sent here: not before the start is over, and not once the end has begun. */
export class Readiness {
  private notReady: string | undefined = 'starting';

  started(): void {
    this.notReady = undefined;
  }

  stopping(): void {
    this.notReady = 'stopping';
  }

  /** Why not; undefined when it is ready. */
  reason(): string | undefined {
    return this.notReady;
  }
}
