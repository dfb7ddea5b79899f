import { RateLimiterMemory } from 'rate-limiter-flexible';
import { type Rate, rateOf } from '../http/rates.js';
import { terminalName } from '../ledger/domain/request-name.js';

const WINDOW_SECONDS = 60;

/** How many refused attempts are let through in a minute; 0 lets through any number. */
export interface RefusedLimits {
  readonly perSale: number;
  readonly perTerminal: number;
}

/** What an attempt is about. */
export interface Attempt {
  readonly merchantId: string;
  readonly terminalId: string;
  /** The sale that something is to be given back on. */
  readonly saleId?: string;
}

/** Slows down who is refused over and over, by the real time of this node: nothing of it is written. */
export class RefusedAttempts {
  private readonly limiters: readonly (readonly [
    limiter: RateLimiterMemory,
    nameOf: (attempt: Attempt) => string | undefined,
  ])[];
  /** From when on, on the process's own clock, no refusal so far counts any more. */
  private forgottenAt = -Infinity;

  constructor({ perSale, perTerminal }: RefusedLimits) {
    // Each merchant has its own on a sale: none can use up another's.
    const bySale = ({ merchantId, saleId }: Attempt) => saleId && `${merchantId} ${saleId}`;
    this.limiters = [
      ...(perSale > 0 ? [[limiterOf('refused-sale', perSale), bySale] as const] : []),
      ...(perTerminal > 0
        ? [[limiterOf('refused-terminal', perTerminal), terminalName] as const]
        : []),
    ];
  }

  /** The limits that attempts like this one have used up by refusals so far; what is under way may still add to these. */
  async spentBy(attempt: Attempt): Promise<Rate[]> {
    if (performance.now() > this.forgottenAt) return [];
    const rates: Rate[] = [];
    for (const [limiter, nameOf] of this.limiters) {
      const name = nameOf(attempt);
      const spent = name === undefined ? null : await limiter.get(name);
      if (spent && spent.consumedPoints >= limiter.points) {
        rates.push(rateOf(limiter.keyPrefix, limiter, spent));
      }
    }
    return rates;
  }

  async refused(attempt: Attempt): Promise<void> {
    this.forgottenAt = performance.now() + WINDOW_SECONDS * 1_000;
    for (const [limiter, nameOf] of this.limiters) {
      const name = nameOf(attempt);
      if (name !== undefined) await limiter.penalty(name);
    }
  }
}

function limiterOf(keyPrefix: string, points: number): RateLimiterMemory {
  return new RateLimiterMemory({ keyPrefix, points, duration: WINDOW_SECONDS });
}
