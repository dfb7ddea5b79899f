import type { FastifyRequest } from 'fastify';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Actor } from '../ledger/domain/ledger-event.js';
import { terminalName } from '../ledger/domain/request-name.js';
import type { Holder } from './domain/key.js';

/** Who sent a request: the holder of a key, or without authentication anyone, who then may do all. */
export type Caller = Holder & { readonly keyId?: string };

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null;
  }
}

/** With AUTH=off everybody operates the ledger. */
const ANYONE: Caller = { scope: 'operator' };

export function callerOf(request: FastifyRequest): Caller {
  return request.caller ?? ANYONE;
}

/** The caller, as a parameter of a route's method. */
export const By = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** Who stands behind a terminal's command: the terminal that it names, and the key that vouched for it. */
export function terminalActor(
  request: { readonly merchantId: string; readonly terminalId: string },
  { keyId }: Caller,
): Actor {
  const id = terminalName(request);
  return keyId === undefined ? { id, kind: 'terminal' } : { id, key: keyId, kind: 'terminal' };
}

/** Who stands behind what is done in their own name. @throws Error for an auditor, who does nothing */
export function actorOf(caller: Caller): Actor {
  const key = caller.keyId === undefined ? {} : { key: caller.keyId };
  switch (caller.scope) {
    case 'operator':
      return { kind: 'operator', ...key };
    case 'merchant':
      return { kind: 'merchant', id: caller.merchantId, ...key };
    case 'terminal':
      return terminalActor(caller, caller);
    case 'auditor':
      throw new Error('an auditor changes nothing');
  }
}
