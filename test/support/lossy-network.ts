/** Numbers from 0 to below 1 that a seed decides (mulberry32). */
export type Dice = () => number;

export function dice(seed: number): Dice {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How bad the network is: each from 0 to 1. */
export interface Weather {
  readonly lost: number;
  readonly doubled: number;
  readonly late: number;
}

/** The longest that a message is on its way, in ticks: longer than a terminal waits for its answer. */
const LATEST = 8;

/**
 * A network that loses, doubles, delays and so reorders what is sent over it. Time goes in ticks: what arrives in one
 * is handled at the same time.
 */
export class LossyNetwork {
  private now = 0;
  private readonly underway: { readonly due: number; readonly arrive: () => Promise<void> }[] = [];

  constructor(
    private readonly roll: Dice,
    private readonly weather: Weather,
  ) {}

  /** Sends a request; each copy that gets through is handled, and each answer goes back over the same network. */
  send<A>(handle: () => Promise<A>, answered: (answer: A) => void): void {
    this.post(async () => {
      const answer = await handle();
      this.post(() => {
        answered(answer);
        return Promise.resolve();
      });
    });
  }

  /** Lets one tick go by; resolves when all that arrived in it has been handled. */
  async tick(): Promise<void> {
    this.now += 1;
    const due = this.underway.filter((message) => message.due <= this.now);
    for (const message of due) this.underway.splice(this.underway.indexOf(message), 1);
    await Promise.all(due.map(({ arrive }) => arrive()));
  }

  /** Until nothing is on its way any more. */
  async drain(): Promise<void> {
    while (this.underway.length > 0) await this.tick();
  }

  private post(arrive: () => Promise<void>): void {
    const { lost, doubled, late } = this.weather;
    if (this.roll() < lost) return;
    const copies = this.roll() < doubled ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      const delay = this.roll() < late ? Math.ceil(this.roll() * LATEST) : 1;
      this.underway.push({ due: this.now + delay, arrive });
    }
  }
}
