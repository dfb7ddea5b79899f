import type { FastifyReply } from 'fastify';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { ProblemError, problems } from '../http/problem.js';

const WINDOW_SECONDS = 60;

/** How many requests a key may send in a minute, on this node. Every answer says what is left of it. */
export class KeyRate {
  private readonly limiter: RateLimiterMemory | undefined;
  private readonly policy: string;

  /** `perMinute`: 0 for any number. */
  constructor(perMinute: number) {
    this.limiter =
      perMinute > 0
        ? new RateLimiterMemory({ points: perMinute, duration: WINDOW_SECONDS })
        : undefined;
    this.policy = `"key";q=${perMinute};w=${WINDOW_SECONDS}`;
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

  /** In the header fields of draft-ietf-httpapi-ratelimit-headers. Gives the seconds until the count begins anew. */
  private tell(reply: FastifyReply, { remainingPoints, msBeforeNext }: RateLimiterRes): number {
    const seconds = Math.ceil(msBeforeNext / 1_000);
    void reply.header('RateLimit-Policy', this.policy);
    void reply.header('RateLimit', `"key";r=${remainingPoints};t=${seconds}`);
    return seconds;
  }
}
