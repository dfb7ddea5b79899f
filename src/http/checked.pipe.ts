import { isDeepStrictEqual } from 'node:util';
import type { PipeTransform } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { malformed, ProblemError, problems } from './problem.js';
import { checkOf, type Dto, unknownFields, withNumbers } from './schemas.js';

/** Lets through what fits the DTO's compiled schema. @throws ProblemError naming every field that does not */
export class CheckedPipe implements PipeTransform {
  constructor(
    readonly dto: Dto,
    private readonly read: (value: unknown) => unknown,
  ) {}

  transform(value: unknown): unknown {
    const check = checkOf(this.dto);
    const given = this.read(value);
    let errors = check(given);
    // A whole number too large for a double is judged as one near it.
    if (errors && hasBigInt(given)) errors = check(approximate(given));
    if (errors) throw new ProblemError(problems.malformed(errors));
    return given;
  }
}

/** A body that was not sent counts as empty. */
export const body = (dto: Dto): PipeTransform =>
  new CheckedPipe(dto, (value) => (value === undefined ? {} : value));

/** Of a route that takes no body: an empty object is none. @throws ProblemError for any other */
export function refuseBody(value: unknown): void {
  if (value === undefined || isDeepStrictEqual(value, {})) return;
  throw malformed('', 'must be empty');
}

/**
 * Parameters behind the address of a route that takes none are as unknown as those that another does not know: a read
 * `?at=` another time would be answered with the present. Probes may have what they like.
 */
export function refuseStrayQueries(fastify: FastifyInstance): void {
  fastify.addHook('preHandler', ({ query, routeOptions: { config } }, _reply, done) => {
    const isStrict = config.takesQuery === false && config.rule?.isOpen === false;
    const stray = isStrict ? Object.keys(query as object) : [];
    done(stray.length > 0 ? new ProblemError(problems.malformed(unknownFields(stray))) : undefined);
  });
}

/** Path or query. Both are texts: those that are to be numbers are read as such. */
export const parameters = (dto: Dto): PipeTransform =>
  new CheckedPipe(dto, (value) => withNumbers(dto, value as Record<string, unknown>));

/** No DTO goes deeper: what does is refused, and must not be walked to its end. */
const MAX_DEPTH = 8;

function hasBigInt(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint';
  return depth < MAX_DEPTH && Object.values(value).some((inner) => hasBigInt(inner, depth + 1));
}

function approximate(value: unknown, depth = 0): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null || depth === MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((inner) => approximate(inner, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, approximate(inner, depth + 1)]),
  );
}
