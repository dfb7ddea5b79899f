import Negotiator from 'negotiator';
import type { FastifyReply } from 'fastify';

/**
 * Which of these kinds of answer its reader likes best, by its `Accept` (RFC 9110, 12.5.1); the first where it says
 * nothing, or would have none of them. Whoever keeps the answer is told what it depends on.
 */
export function negotiated<Kind extends string>(
  reply: FastifyReply,
  kinds: readonly [Kind, ...Kind[]],
): Kind {
  void reply.header('Vary', 'Accept');
  const { accept } = reply.request.headers;
  const offered = kinds.map((kind) => `${kind}; charset=utf-8`);
  const liked = new Negotiator({ headers: { accept } }).mediaType(offered);
  return kinds[offered.indexOf(liked ?? '')] ?? kinds[0];
}
