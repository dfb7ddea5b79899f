import { ProblemError, problems } from './problem.js';

/** @throws ProblemError for a span that ends before it begins: it would be answered with nothing, as if there were nothing */
export function refuseBackwards<T extends string | number>(
  from: T | undefined,
  to: T | undefined,
): void {
  if (from === undefined || to === undefined || from <= to) return;
  const message = 'is before `from`';
  throw new ProblemError(problems.malformed([{ field: 'to', message, isAmount: false }]));
}
