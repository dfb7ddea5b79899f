import type { FastifyReply } from 'fastify';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { ProblemError, problems } from '../http/problem.js';
import { tellRate } from '../http/rates.js';

const WINDOW_SECONDS = 60;

/** How many requests a key may send in a minute, on this node. Every answer says what is left of it. */
export class KeyRate {
  private readonly limiter: RateLimiterMemory | undefined;

  /** `perMinute`: 0 for any number. */
  constructor(private readonly perMinute: number) {
    this.limiter =
      perMinute > 0
        ? new RateLimiterMemory({ points: perMinute, duration: WINDOW_SECONDS })
        : undefined;
  }

  /** Counts a request of a key that has proved itself; gives why it may not go on. */
  async spend(keyId: string, reply: FastifyReply): Promise<ProblemError | undefined> {
    if (!this.limiter) return undefined;
    try {
      this.tell(reply, await this.limiter.consume(keyId));
      return undefined;
    } catch (spent) {
      if (!(spent instanceof RateLimiterRes)) throw spent;
      const waitSeconds = this.tell(reply, spent);
      return new ProblemError(problems.tooManyRequests(waitSeconds), waitSeconds);
    }
  }

  /** Gives the seconds until the count begins anew. */
  private tell(reply: FastifyReply, { remainingPoints, msBeforeNext }: RateLimiterRes): number {
    const seconds = Math.ceil(msBeforeNext / 1_000);
    tellRate(reply, {
      policy: 'key',
      quota: this.perMinute,
      windowSeconds: WINDOW_SECONDS,
      left: remainingPoints,
      seconds,
    });
    return seconds;
  }
}
