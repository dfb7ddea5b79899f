import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ConflictError, StoreUnavailableError } from '../event-store/event-store.js';
import { ViewBehindError } from '../projections/views.js';
import { requestRefusals } from '../sales/domain/request-refusals.js';
import { type Problem, ProblemError, problems, refusalProblem, sendProblem } from './problem.js';

/** Whatever was thrown, as a problem document; nothing of its inside goes outward. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    void reply.send(problemFor(error, http.getRequest<FastifyRequest>(), reply));
  }
}

function problemFor(error: unknown, request: FastifyRequest, reply: FastifyReply): Problem {
  if (error instanceof ViewBehindError) {
    void reply.header('Retry-After', String(error.retryAfterSeconds));
    return sendProblem(reply, problems.viewBehind());
  }
  if (error instanceof StoreUnavailableError) {
    request.log.error({ err: error }, 'the store is not available');
    void reply.header('Retry-After', '1');
    return sendProblem(reply, problems.storeAway(error.outcome === 'unknown'));
  }
  return sendProblem(reply, knownProblem(error) ?? fault(error, request));
}

function knownProblem(error: unknown): Problem | undefined {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof ConflictError) return refusalProblem(requestRefusals.conflict());
  const status = statusOf(error);
  if (status === undefined || status >= 500) return undefined;
  if (status === 404) return problems.noRoute();
  if (status === 413) return problems.unreadable(413, 'The body is too large.', '请求内容过大。');
  if (status === 415) {
    return problems.unreadable(
      415,
      'Bodies are application/json.',
      '请求内容须为 application/json。',
    );
  }
  return problems.unreadable(status, 'The request can not be read.', '请求无法解析。');
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  return (error as Partial<FastifyError>).statusCode;
}

function fault(error: unknown, request: FastifyRequest): Problem {
  request.log.error({ err: error }, 'a fault');
  return problems.fault();
}
