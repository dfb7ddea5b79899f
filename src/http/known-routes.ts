import { NotFoundException } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';

/** Which methods the addresses of the service take, for requests that come with another. */
export class KnownRoutes {
  private readonly routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = [];

  constructor(fastify: FastifyInstance) {
    fastify.addHook('onRoute', ({ url, method }) => {
      this.routes.push({ pattern: patternOf(url), methods: [method].flat() });
    });
    // What takes no body is told so whatever the body is: it is not read.
    fastify.addHook('onRequest', (request, _reply, done) => {
      done(request.is404 ? new NotFoundException() : undefined);
    });
  }

  /** None where there is nothing at the address. */
  methodsAt(url: string): string[] {
    const [path = ''] = url.split('?');
    const fitting = this.routes.filter(({ pattern }) => pattern.test(path));
    return [...new Set(fitting.flatMap(({ methods }) => methods))].sort();
  }
}

/** `:name` stands for one part of the address, `*` for any rest. */
function patternOf(url: string): RegExp {
  const literal = url.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replace(/:[^/]+/g, '[^/]+').replace('*', '.*')}$`);
}
