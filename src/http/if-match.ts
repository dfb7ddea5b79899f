import { ProblemError, problems } from './problem.js';

/** The revision in an `If-Match`; undefined where none was sent, or `*`. @throws ProblemError for anything else */
export function revisionIn(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch === '*') return undefined;
  const [, revision] = /^"(\d{1,9})"$/.exec(ifMatch) ?? [];
  if (revision !== undefined) return Number(revision);
  const message = 'is not a revision in quotes, as an ETag gives it';
  throw new ProblemError(problems.malformed([{ field: 'If-Match', message, isAmount: false }]));
}

export function etag(revision: number): string {
  return `"${revision}"`;
}
