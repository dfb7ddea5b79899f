import type { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Reply } from './problem.js';

/** How many are let through in how many seconds, what is left of them, and the seconds until they begin anew. */
export interface Rate {
  readonly policy: string;
  readonly quota: number;
  readonly windowSeconds: number;
  readonly left: number;
  readonly seconds: number;
}

/** What a limiter says of a name. */
export function rateOf(policy: string, limiter: RateLimiterMemory, state: RateLimiterRes): Rate {
  const { points: quota, duration: windowSeconds } = limiter;
  const seconds = Math.ceil(state.msBeforeNext / 1_000);
  return { policy, quota, windowSeconds, left: state.remainingPoints, seconds };
}

/** Tells of one in the header fields of draft-ietf-httpapi-ratelimit-headers, beside those that were told of before. */
export function tellRate(reply: Reply, rate: Rate): void {
  const { policy, quota, windowSeconds, left, seconds } = rate;
  add(reply, 'RateLimit-Policy', `"${policy}";q=${quota};w=${windowSeconds}`);
  add(reply, 'RateLimit', `"${policy}";r=${left};t=${seconds}`);
}

function add(reply: Reply, field: string, member: string): void {
  const list = reply.getHeader(field);
  void reply.header(field, list === undefined ? member : `${String(list)}, ${member}`);
}
