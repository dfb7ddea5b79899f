import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { holdsCardNumber } from './card-number.js';

/** A name that a sender, or a proxy before us, may give a request. */
const SENDERS_OWN = /^[A-Za-z0-9._:-]{1,128}$/;

/** The request's name in logs and in its answer: the sender's own where it is fit to be written down. */
export function requestId({ headers }: IncomingMessage): string {
  const sent = headers['x-request-id'];
  const isFit = typeof sent === 'string' && SENDERS_OWN.test(sent) && !holdsCardNumber(sent);
  return isFit ? sent : randomUUID();
}

/** Names each request in its answer, and logs each at level debug by its route: addresses hold what is not for logs. */
export function trace(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('X-Request-Id', request.id);
    done();
  });
  fastify.addHook('onResponse', ({ log, method, routeOptions }, reply, done) => {
    const { statusCode: status, elapsedTime: milliseconds } = reply;
    log.debug({ method, route: routeOptions.url ?? 'none', status, milliseconds }, 'answered');
    done();
  });
}
