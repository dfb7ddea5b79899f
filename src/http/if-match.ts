import { malformed } from './problem.js';

/** Entity tags as RFC 9110 writes them, in a list. */
const TAGS = /^(W\/)?"[\x21\x23-\x7e]*"([ \t]*,[ \t]*(W\/)?"[\x21\x23-\x7e]*")*$/;

/**
 * The revisions that an `If-Match` names: none of them may be the sale's, since a tag may be weak or made up.
 * undefined where none was sent, or `*`. @throws ProblemError for what is no list of tags
 */
export function revisionsIn(ifMatch: string | undefined): readonly number[] | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  if (TAGS.test(ifMatch.trim())) {
    const strong = ifMatch.matchAll(/(?:^|[, \t])"(0|[1-9]\d{0,8})"/g);
    return [...strong].map(([, revision]) => Number(revision));
  }
  throw malformed('If-Match', 'is not a list of revisions in quotes, as an ETag gives one');
}

/** Whether an `If-None-Match` names the revision, also by a weak tag, or any (`*`); what is no list of tags names none. */
export function isNamedIn(ifNoneMatch: string | undefined, revision: number): boolean {
  const named = ifNoneMatch?.trim() ?? '';
  if (named === '*') return true;
  return (
    TAGS.test(named) &&
    named.split(/[, \t]+/).some((tag) => tag.replace(/^W\//, '') === etag(revision))
  );
}

/** The entity tag of a sale: its revision in quotes. */
export function etag(revision: number): string {
  return `"${revision}"`;
}
