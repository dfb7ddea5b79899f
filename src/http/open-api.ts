import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiResponse, type OpenAPIObject } from '@nestjs/swagger';
import { ProblemDocument } from './problem.dto.js';
import { dtoSchemas } from './schemas.js';

type Dto = new () => object;

const reference = (dto: Dto) => ({ $ref: `#/components/schemas/${dto.name}` });

/** The request's body, in the document. */
export const Takes = (dto: Dto): MethodDecorator => ApiBody({ schema: reference(dto) });

/** An answer, in the document. */
export const Answers = (status: number, dto: Dto): MethodDecorator =>
  ApiResponse({
    status,
    description: dto.name,
    content: { 'application/json': { schema: reference(dto) } },
  });

/** An answer as JSON, or as text of other kinds where `Accept` asks for one. */
export const AnswersAlso = (status: number, dto: Dto, ...types: string[]): MethodDecorator =>
  ApiResponse({
    status,
    description: dto.name,
    content: {
      'application/json': { schema: reference(dto) },
      ...Object.fromEntries(types.map((type) => [type, { schema: { type: 'string' } }])),
    },
  });

/** An answer that is a list. */
export const AnswersList = (status: number, dto: Dto): MethodDecorator =>
  ApiResponse({
    status,
    description: `A list of ${dto.name}`,
    content: { 'application/json': { schema: { type: 'array', items: reference(dto) } } },
  });

const PROBLEM = reference(ProblemDocument);

/** The refusals and faults that a route may answer with. Every route may be malformed or meet a fault. */
export const Problems = (...statuses: number[]): MethodDecorator =>
  applyDecorators(
    ...[...new Set([400, 500, ...statuses])].sort().map((status) =>
      ApiResponse({
        status,
        description: 'A problem document (RFC 9457)',
        content: { 'application/problem+json': { schema: PROBLEM } },
      }),
    ),
  );

/** The document as OpenAPI 3.1, with the schemas of the DTO classes. */
export function completed(document: OpenAPIObject): OpenAPIObject {
  const { components = {}, ...rest } = document;
  return {
    ...rest,
    openapi: '3.1.0',
    components: { ...components, schemas: used(rest, dtoSchemas()) as never },
  };
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
