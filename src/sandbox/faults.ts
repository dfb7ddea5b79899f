import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { StoreUnavailableError } from '../event-store/event-store.js';
import { malformed } from '../http/problem.js';

/** A request that carries this header meets the fault that it names, and no other request does. */
const HEADER = 'sandbox-fault';

const LATE_MS = 5_000;
const LATEST_MS = 60_000;

/** What a terminal meets on a bad network, or in front of a store that is away. */
type Fault =
  | { readonly kind: 'request-lost' | 'answer-lost' | 'store-away' }
  | { readonly kind: 'answer-late'; readonly milliseconds: number };

/**
 * The fault switches of the sandbox. A lost request is cut off before anything is done, a lost answer when all is done
 * and written down; both look the same from outside, as they do in life.
 */
export function listenForFaults(fastify: FastifyInstance): void {
  fastify.addHook('preHandler', (request, reply, done) => {
    const fault = faultIn(request);
    if (fault === 'unknown') done(malformed('Sandbox-Fault', NO_FAULT));
    else if (fault?.kind === 'store-away') {
      done(new StoreUnavailableError('switched off for this request', 'not-done'));
    } else if (fault?.kind === 'request-lost') {
      reply.hijack();
      request.raw.socket.destroy();
    } else done();
  });
  fastify.addHook('onSend', (request, _reply, payload, done) => {
    const fault = faultIn(request);
    if (typeof fault !== 'object') done(null, payload);
    else if (fault.kind === 'answer-late') setTimeout(done, fault.milliseconds, null, payload);
    else if (fault.kind === 'answer-lost') {
      void takenWhole(payload).finally(() => {
        request.raw.socket.destroy();
        done(null, '');
      });
    } else done(null, payload);
  });
}

/** The lines of a bulk are done as their answers are taken. */
async function takenWhole(payload: unknown): Promise<void> {
  if (payload instanceof Readable) await finished(payload.resume()).catch(() => undefined);
}

const NO_FAULT = `is none of request-lost, answer-lost, store-away, answer-late, answer-late <milliseconds up to ${LATEST_MS}>`;

function faultIn({ headers }: FastifyRequest): Fault | 'unknown' | undefined {
  const text = headers[HEADER];
  switch (text) {
    case undefined:
      return undefined;
    case 'request-lost':
    case 'answer-lost':
    case 'store-away':
      return { kind: text };
    default: {
      const late = /^answer-late(?: (\d{1,5}))?$/.exec(String(text));
      const milliseconds = Number(late?.[1] ?? LATE_MS);
      return late && milliseconds <= LATEST_MS ? { kind: 'answer-late', milliseconds } : 'unknown';
    }
  }
}
