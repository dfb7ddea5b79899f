import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import {
  ConflictError,
  NoSuchPositionError,
  StoreUnavailableError,
  TooLargeError,
} from '../event-store/event-store.js';
import { ViewBehindError, ViewDamagedError, ViewStoppedError } from '../projections/views.js';
import { requestRefusals } from '../sales/domain/request-refusals.js';
import type { KnownRoutes } from './known-routes.js';
import {
  malformedField,
  type Problem,
  ProblemError,
  problems,
  refusalProblem,
  type Reply,
  sendProblem,
} from './problem.js';

/** Whatever was thrown, as a problem document; nothing of its inside goes outward. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly routes: KnownRoutes) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const request = http.getRequest<FastifyRequest>();
    // Fastify would close on a sender who still sends, and the reset can overtake the answer. The rest is read and dropped.
    void reply.removeHeader('connection');
    if (isOfNoRoute(error)) this.sendNoRoute(request, reply);
    else void reply.send(problemFor(error, request.log, reply));
  }

  /** An address that takes other methods names them; OPTIONS asks for just that. */
  private sendNoRoute({ method, url }: FastifyRequest, reply: FastifyReply): void {
    const known = this.routes.methodsAt(url);
    // A file of /docs that is not there is asked for as it should be.
    const methods = known.includes(method) ? [] : known;
    if (methods.length > 0) void reply.header('Allow', methods.join(', '));
    if (methods.length > 0 && method === 'OPTIONS') void reply.status(204).send();
    else void reply.send(sendProblem(reply, problems.unreadable(methods.length > 0 ? 405 : 404)));
  }
}

/** Thrown by the router alone: what the ledger does not know is no exception. */
function isOfNoRoute(error: unknown): boolean {
  return error instanceof HttpException && error.getStatus() === 404;
}

/** What a thrown error answers; what nobody foresaw is logged. */
export function problemFor(error: unknown, log: FastifyRequest['log'], reply: Reply): Problem {
  if (error instanceof ViewBehindError) {
    void reply.header('Retry-After', '1');
    return sendProblem(reply, problems.viewBehind());
  }
  if (error instanceof ViewStoppedError) {
    log.error({ reason: error.message }, 'a view has stopped');
    return sendProblem(reply, problems.viewStopped(error.view));
  }
  if (error instanceof ViewDamagedError) {
    log.error({ err: error }, 'a view is damaged');
    return sendProblem(reply, problems.viewDamaged(error.view));
  }
  if (error instanceof StoreUnavailableError) {
    log.warn({ reason: error.message }, 'the store is not available');
    void reply.header('Retry-After', '1');
    return sendProblem(reply, problems.storeAway(error.outcome === 'unknown'));
  }
  if (error instanceof ProblemError && error.retryAfterSeconds !== undefined) {
    void reply.header('Retry-After', String(error.retryAfterSeconds));
  }
  return sendProblem(reply, knownProblem(error) ?? fault(error, log));
}

function knownProblem(error: unknown): Problem | undefined {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof ConflictError) return refusalProblem(requestRefusals.conflict());
  if (error instanceof TooLargeError) return problems.unreadable(413);
  if (error instanceof NoSuchPositionError) {
    return malformedField('after', 'must be a position that the ledger has given');
  }
  const status = statusOf(error);
  if (status === undefined || status >= 500) return undefined;
  // What lies outside the files of /docs is not there.
  return problems.unreadable(status === 403 ? 404 : status);
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  return (error as Partial<FastifyError>).statusCode;
}

function fault(error: unknown, log: FastifyRequest['log']): Problem {
  log.error({ err: error }, 'a fault');
  return problems.fault();
}
