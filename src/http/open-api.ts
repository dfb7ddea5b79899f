import { applyDecorators, type INestApplication } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import {
  ApiBody,
  ApiExtension,
  ApiOperation,
  ApiResponse,
  DocumentBuilder,
  type OpenAPIObject,
  SwaggerModule,
} from '@nestjs/swagger';
import { CheckedPipe } from './checked.pipe.js';
import { ProblemDocument } from './problem.dto.js';
import { AlsoRouteConfig } from './route-config.js';
import { type Dto, dtoSchemas } from './schemas.js';

const reference = (dto: Dto) => ({ $ref: `#/components/schemas/${dto.name}` });

const text = (description: string) => ({ description, schema: { type: 'string' as const } });

/** Headers of answers. */
const HEADERS = {
  ETag: text('The revision of the sale, in quotes'),
  Location: text('Where what was made can be read'),
  'Idempotency-Replayed': text('`true` when this is the answer that the same request got before'),
  'WWW-Authenticate': text('How to say who asks'),
  RateLimit: text('What is left of the key’s requests, and the seconds until they begin anew'),
  'RateLimit-Policy': text('How many requests a key may send in how many seconds'),
  'Retry-After': text('Seconds to wait before the request is sent again'),
  'X-Request-Id': text('The request’s name in the log: the sender’s own, where it sent one'),
} as const;

type Header = keyof typeof HEADERS;

function headers(names: readonly Header[]) {
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
 * The refusals and faults that a route may answer with. To every route what comes may be malformed, too slow or of too
 * large headers; and it may miss the store, or meet a fault.
 */
export const Problems = (...statuses: number[]): MethodDecorator =>
  applyDecorators(...[400, 408, 431, 500, 503, ...statuses].map(problemOf));

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

/** What a client has to know that no schema says. */
const ABOUT = `A ledger for card sales and their reversals.

- **Amounts** are integers in the currency’s minor unit: 1250 is 12.50 EUR, and 1250 JPY. Sums may pass 2^53.
- **A request** is named by its terminal: \`merchantId\`, \`terminalId\`, \`batchNo\`, \`stan\`. Sent again word for word, it gets
  its first answer again (\`Idempotency-Replayed: true\`), and nothing is written; with other content it is refused (409, 94).
- **A no** is a problem document (RFC 9457): a stable \`code\`, a sentence for the cashier in English and Chinese, and what to
  do instead (\`nextStep\`). 202 is no refusal: a void or refund waits for an approval, or a batch is still closing.
- **503** with response code 68: whether it was done is not known yet. Send it again.
- **Lists, balances and reports** follow the log: asked \`after\` the \`position\` of an answer, they have seen it.`;

/** The service's own description, as OpenAPI 3.1. The DTO classes, and what the routes take of them, are its source. */
export function openApiOf(app: INestApplication): OpenAPIObject {
  const about = new DocumentBuilder()
    .setTitle('Tillbook')
    .setDescription(ABOUT)
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/')
    .addSecurity('key', { type: 'http', scheme: 'bearer', description: 'With AUTH=keys' })
    .addSecurity('signature', {
      type: 'http',
      scheme: 'Tillbook-HMAC-SHA256',
      description: 'With a key that is made for signed requests, and never sent: docs/access.md',
    })
    .build();
  const { components, ...document } = SwaggerModule.createDocument(app, about);
  for (const item of Object.values(document.paths)) {
    for (const operation of Object.values(item) as DescribedOperation[]) {
      describeInput(operation);
      describeRate(operation);
      describeTrace(operation);
      if (SANDBOX in document.paths) operation.parameters?.push(SANDBOX_FAULT);
    }
  }
  const schemas = used(document, dtoSchemas());
  return {
    ...document,
    openapi: '3.1.0',
    components: { ...components, headers: HEADERS, schemas: schemas as never },
  };
}

/** There only where the service is a sandbox. */
const SANDBOX = '/v1/sandbox/clock';
const SANDBOX_FAULT = {
  name: 'Sandbox-Fault',
  in: 'header',
  description: 'A fault that this request is to meet, as `answer-lost`',
  schema: { type: 'string' },
};

/** What the sender may call a request, and every answer that comes from behind the parser says. */
const REQUEST_ID = {
  name: 'X-Request-Id',
  in: 'header',
  description: 'A name for the request in the log and in its answer; one is made up without it',
  schema: { type: 'string' },
};

function describeTrace({ parameters = [], responses = {} }: DescribedOperation): void {
  parameters.push(REQUEST_ID);
  for (const [status, response] of Object.entries(responses)) {
    if (NEVER_PARSED.has(status)) continue;
    response.headers = { ...response.headers, ...headers(['X-Request-Id']).headers };
  }
}

const NEVER_PARSED = new Set(['408', '431']);

/** Who has shown a key is told in every answer what is left of its requests. */
function describeRate({ security = [], responses = {} }: DescribedOperation): void {
  if (!security.some((scheme) => 'key' in scheme)) return;
  for (const [status, response] of Object.entries(responses)) {
    if (BEFORE_THE_KEY.has(status)) continue;
    response.headers = {
      ...response.headers,
      ...headers(['RateLimit', 'RateLimit-Policy']).headers,
    };
  }
}

const BEFORE_THE_KEY = new Set([...NEVER_PARSED, '401']);

/** Names of the DTO classes that a route checks its input by: parameters take their place once all classes are known. */
interface Input {
  readonly path?: string;
  readonly query?: string;
}

interface DescribedOperation {
  'x-input'?: Input;
  security?: object[];
  responses?: Record<string, { headers?: object }>;
  parameters?: object[];
  requestBody?: { required?: boolean; content?: Record<string, { schema?: { $ref?: string } }> };
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

function describeInput(operation: DescribedOperation): void {
  const { path, query } = operation['x-input'] ?? {};
  delete operation['x-input'];
  operation.parameters = [
    ...parametersOf('path', path),
    ...parametersOf('query', query),
    ...(operation.parameters ?? []),
  ];
  const body = operation.requestBody;
  const [, name] = SCHEMA.exec(body?.content?.['application/json']?.schema?.$ref ?? '') ?? [];
  if (body && name !== undefined) body.required = requiredIn(name).length > 0;
}

const SCHEMA = /^#\/components\/schemas\/(\w+)$/;

function parametersOf(place: 'path' | 'query', dto: string | undefined): object[] {
  if (dto === undefined) return [];
  const properties = (dtoSchemas()[dto]?.['properties'] ?? {}) as Record<
    string,
    { description?: string }
  >;
  return Object.entries(properties).map(([name, { description, ...schema }]) => {
    const required = requiredIn(dto).includes(name);
    return { name, in: place, required, ...(description !== undefined && { description }), schema };
  });
}

function requiredIn(dto: string): readonly string[] {
  return (dtoSchemas()[dto]?.['required'] ?? []) as readonly string[];
}

/** Only the schemas that the paths refer to, and those that these refer to. */
function used(
  paths: object,
  all: Record<string, Record<string, unknown>>,
): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const collect = (value: object): void => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(
      /"#\/components\/schemas\/(\w+)"/g,
    )) {
      const schema = all[name];
      if (!schema || name in found) continue;
      found[name] = schema;
      collect(schema);
    }
  };
  collect(paths);
  return found;
}
