import type { PipeTransform } from '@nestjs/common';
import { ProblemError, problems } from './problem.js';
import { type Check, checkBody, checkQuery } from './schemas.js';

type Dto = new () => object;

const pipes: CheckedPipe[] = [];

/** Compiles every schema now, so that a bad one stops the start and no request waits for it. */
export function compileChecks(): void {
  for (const pipe of pipes) pipe.prepare();
}

/** Lets through what fits the DTO's compiled schema. @throws ProblemError naming every field that does not */
class CheckedPipe implements PipeTransform {
  private compiled: Check | undefined;

  constructor(private readonly compile: () => Check) {
    pipes.push(this);
  }

  /** Compiles once, when all DTO classes are known. */
  prepare(): Check {
    return (this.compiled ??= this.compile());
  }

  transform(value: unknown): unknown {
    const check = this.prepare();
    // A body that was not sent counts as empty. A whole number too large for a double is judged as one near it.
    const given = value ?? {};
    const errors = check(given) && (hasBigInt(given) ? check(approximate(given)) : check(given));
    if (errors) throw new ProblemError(problems.malformed(errors));
    return given;
  }
}

export const body = (dto: Dto): PipeTransform => new CheckedPipe(() => checkBody(dto));

/** Path or query. */
export const parameters = (dto: Dto): PipeTransform => new CheckedPipe(() => checkQuery(dto));

function hasBigInt(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint';
  return Object.values(value).some(hasBigInt);
}

function approximate(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(approximate);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, approximate(inner)]),
  );
}
