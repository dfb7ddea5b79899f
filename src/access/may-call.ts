import { applyDecorators } from '@nestjs/common';
import { ApiExtension, ApiSecurity } from '@nestjs/swagger';
import { Problems } from '../http/open-api.js';
import { AlsoRouteConfig } from '../http/route-config.js';
import type { Scope } from './domain/key.js';

/**
 * Where a route's request says which merchant, and maybe which terminal, it is about. `requester`: as `body`, and the sale
 * in its path may be another's.
 */
export type Named = 'path' | 'body' | 'query' | 'lines' | 'requester';

/** Who may call a route. */
export interface RouteRule {
  readonly scopes: readonly Scope[];
  /** True when no key is asked for. */
  readonly isOpen: boolean;
  readonly named: Named;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    rule?: RouteRule;
  }
}

/**
 * Who may call the route: every route says so. A merchant's or a terminal's key opens it only for what is theirs, which
 * the path names (`merchantId` and maybe `terminalId`, or `saleId`, `approvalId`, `appealId`, `payoutId`) unless `named`
 * says where else.
 */
export function MayCall(scopes: readonly Scope[], named: Named = 'path'): MethodDecorator {
  const rule: RouteRule = { scopes, isOpen: false, named };
  return applyDecorators(
    AlsoRouteConfig({ rule }),
    ApiSecurity('key'),
    ApiSecurity('signature'),
    ApiExtension('x-may-call', [...scopes]),
    Problems(401, 403, 429, ...(scopes.some(isHeld) ? [404] : [])),
  );
}

/** The route asks for no key. */
export function AnyoneMayCall(): MethodDecorator {
  const rule: RouteRule = { scopes: [], isOpen: true, named: 'path' };
  return applyDecorators(
    AlsoRouteConfig({ rule }),
    ApiSecurity({}),
    ApiExtension('x-may-call', ['anyone']),
  );
}

/** Whether keys of the scope are held to one merchant. */
export function isHeld(scope: Scope): boolean {
  return scope === 'terminal' || scope === 'merchant';
}
