import type { FastifyReply } from 'fastify';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { ProblemError, problems } from '../http/problem.js';
import { rateOf, tellRate } from '../http/rates.js';

const WINDOW_SECONDS = 60;

/** How many requests a key may send in a minute, on this node. Every answer says what is left of it. */
export class KeyRate {
  private readonly limiter: RateLimiterMemory | undefined;

  /** `perMinute`: 0 for any number. */
  constructor(perMinute: number) {
    this.limiter =
      perMinute > 0
        ? new RateLimiterMemory({ points: perMinute, duration: WINDOW_SECONDS })
        : undefined;
  }

  /** Counts a request of a key that has proved itself; gives why it may not go on. */
  async spend(keyId: string, reply: FastifyReply): Promise<ProblemError | undefined> {
    const { limiter } = this;
    if (!limiter) return undefined;
    try {
      tellRate(reply, rateOf('key', limiter, await limiter.consume(keyId)));
      return undefined;
    } catch (spent) {
      if (!(spent instanceof RateLimiterRes)) throw spent;
      const rate = rateOf('key', limiter, spent);
      tellRate(reply, rate);
      const { seconds: waitSeconds } = rate;
      return new ProblemError(problems.tooManyRequests(waitSeconds), waitSeconds);
    }
  }
}
