import { applyDecorators } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { ApiBody, ApiExtension, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { CheckedPipe } from './checked.pipe.js';
import { ProblemDocument } from './problem.dto.js';
import { AlsoRouteConfig } from './route-config.js';
import type { Dto } from './schemas.js';

const reference = (dto: Dto) => ({ $ref: `#/components/schemas/${dto.name}` });

const text = (description: string) => ({ description, schema: { type: 'string' as const } });

/** Headers of answers. */
export const HEADERS = {
  ETag: text('The revision of the sale, in quotes'),
  Location: text('Where what was made can be read'),
  'Idempotency-Replayed': text('`true` when this is the answer that the same request got before'),
  'WWW-Authenticate': text('How to say who asks'),
  RateLimit: text(
    'What is left of the key’s requests (`key`), or of the refused attempts that are let through (`refused-sale`, `refused-terminal`) where it is nothing, and the seconds until they begin anew',
  ),
  'RateLimit-Policy': text('How many of these there may be in how many seconds'),
  'Retry-After': text('Seconds to wait before the request is sent again'),
  'X-Request-Id': text('The request’s name in the log: the sender’s own, where it can be one'),
} as const;

type Header = keyof typeof HEADERS;

/** References to headers of answers, by name. */
export function headers(names: readonly Header[]) {
  const references = names.map((name) => [name, { $ref: `#/components/headers/${name}` }]);
  return { headers: Object.fromEntries(references) as Record<Header, { $ref: string }> };
}

declare module 'fastify' {
  interface FastifyContextConfig {
    operationId?: string;
    /** Whether parameters may stand behind the address. */
    takesQuery?: boolean;
  }
}

/**
 * A route's name for generated clients and in the metrics, and what it does in a line. Its checked path and query are
 * described with it.
 */
export const Operation =
  (operationId: string, summary: string): MethodDecorator =>
  (target, method, descriptor) => {
    const input = inputOf(target, method);
    ApiOperation({ operationId, summary })(target, method, descriptor);
    AlsoRouteConfig({ operationId, takesQuery: 'query' in input })(target, method, descriptor);
    ApiExtension('x-input', input)(target, method, descriptor);
  };

/** The request's body, in the document, and how one can fail to be read. */
export const Takes = (dto: Dto): MethodDecorator =>
  applyDecorators(ApiBody({ schema: reference(dto) }), ...[413, 415].map(problemOf));

/** An answer, in the document. */
export const Answers = (status: number, dto: Dto, names: readonly Header[] = []): MethodDecorator =>
  ApiResponse({
    status,
    description: dto.name,
    ...headers(names),
    content: { 'application/json': { schema: reference(dto) } },
  });

/** An answer as JSON, or where `Accept` asks for one in another form: as text, or as lines of a class each. */
export const AnswersAlso = (
  status: number,
  dto: Dto,
  others: Readonly<Record<string, Dto | 'text'>>,
): MethodDecorator =>
  ApiResponse({
    status,
    description: dto.name,
    content: {
      'application/json': { schema: reference(dto) },
      ...Object.fromEntries(
        Object.entries(others).map(([type, form]) => [
          type,
          { schema: form === 'text' ? { type: 'string' } : reference(form) },
        ]),
      ),
    },
  });

/** An answer that is a list. */
export const AnswersList = (status: number, dto: Dto): MethodDecorator =>
  ApiResponse({
    status,
    description: `A list of ${dto.name}`,
    content: { 'application/json': { schema: { type: 'array', items: reference(dto) } } },
  });

/**
 * The refusals and faults that a route may answer with. To every route what comes may be malformed, too slow, of too
 * large headers, or expect what there is not; and it may miss the store, or meet a fault.
 */
export const Problems = (...statuses: number[]): MethodDecorator =>
  applyDecorators(...[400, 408, 417, 431, 500, 503, ...statuses].map(problemOf));

/** Statuses that a route's method has been given: more than one of its decorators may name the same. */
const told = new WeakMap<object, Set<number>>();

function problemOf(status: number): MethodDecorator {
  const add = ApiResponse({
    status,
    description: 'A problem document (RFC 9457)',
    ...headers(PROBLEM_HEADERS[status] ?? ['Idempotency-Replayed']),
    content: {
      'application/problem+json': { schema: reference(ProblemDocument) },
    },
  });
  return (target, name, descriptor) => {
    const method = descriptor.value as object;
    const known = told.get(method) ?? new Set();
    if (!known.has(status)) add(target, name, descriptor);
    told.set(method, known.add(status));
  };
}

const PROBLEM_HEADERS: Readonly<Record<number, readonly Header[]>> = {
  401: ['WWW-Authenticate'],
  408: [],
  431: [],
  429: ['Retry-After'],
  503: ['Retry-After'],
};

/** Names of the DTO classes that a route checks its input by: parameters take their place once all classes are known. */
export interface Input {
  readonly path?: string;
  readonly query?: string;
}

function inputOf(target: object, method: string | symbol): Input {
  const found: Record<string, string> = {};
  const all = Reflect.getMetadata(ROUTE_ARGS_METADATA, target.constructor, method) as unknown;
  for (const [key, { pipes = [] }] of Object.entries((all ?? {}) as RouteArguments)) {
    const pipe = pipes.find((each) => each instanceof CheckedPipe);
    if (key.startsWith(`${RouteParamtypes.PARAM}:`) && pipe) found['path'] = pipe.dto.name;
    if (key.startsWith(`${RouteParamtypes.QUERY}:`) && pipe) found['query'] = pipe.dto.name;
  }
  return found;
}

type RouteArguments = Record<string, { readonly pipes?: readonly unknown[] }>;
