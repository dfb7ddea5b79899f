import {
  AccessDeniedError,
  CancelledError,
  DeadlineExceededError,
  NotLeaderError,
  UnavailableError,
  UnknownError,
} from '@kurrent/kurrentdb-client';

/**
 * What a failed request came to. `not-done`: it never got to a server that could do it. `refused`: the server will
 * not do it, however often it is asked. `unknown`: it may have been done.
 */
export type Fate = 'not-done' | 'refused' | 'unknown';

/** The client found no server to send the request to: its own words, and the sockets'. */
const NEVER_SENT = /No connection established|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|Failed to discover/;

export function fateOf(error: unknown): Fate {
  if (error instanceof NotLeaderError) return 'not-done';
  if (isDenied(error)) return 'refused';
  const { message } = error as { message?: string };
  return NEVER_SENT.test(message ?? '') ? 'not-done' : 'unknown';
}

/** Whether it is a fault of a connection as the client has it within itself, before it gives it a name of its own. */
export function isOfConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.message.startsWith('Failed to discover')) return true;
  return ['code', 'details', 'metadata'].every((part) => part in error);
}

/** What newer servers call an event beyond their limit for one, which the client has no name for. */
const EVENT_TOO_LARGE = /MaximumAppendEventSizeExceeded/;

/** Whether it was more than the server takes at once (`MaxAppendSize`, `MaxAppendEventSize`). */
export function isTooLarge(error: unknown): boolean {
  const { type, message } = error as { type?: string; message?: string };
  return type === 'maximum-append-size-exceeded' || EVENT_TOO_LARGE.test(message ?? '');
}

/** `UnknownError`: what the client has no name for, such as a request that was cut off with its connection. */
const PASSING = [
  UnavailableError,
  CancelledError,
  DeadlineExceededError,
  NotLeaderError,
  UnknownError,
];

/** Whether a read that failed so may do better the next time. */
export function isPassing(error: unknown): boolean {
  return PASSING.some((passing) => isA(error, passing));
}

/** Whether the server is not available, in its own words or because there is none. */
export function isAway(error: unknown): boolean {
  return isA(error, UnavailableError);
}

/** Whether the server knows no such user and password, or the user may not do that. */
export function isDenied(error: unknown): boolean {
  return isA(error, AccessDeniedError);
}

/** The client's part that reads has errors of the same names, and classes of its own. */
function isA(error: unknown, kind: (typeof PASSING)[number] | typeof AccessDeniedError): boolean {
  return error instanceof kind || (error as Error).name === kind.name;
}

/** The error in words: many of the client's have no message, or no more than their name. */
export function wordsOf(error: unknown): string {
  if (isDenied(error)) return 'the server denies access to the user of EVENT_STORE_URL';
  const { message, name } = error as Error;
  const words = message === '' ? name : message;
  return words === UnavailableError.name ? NO_SERVER : words;
}

/** The client's native part does not say why: a server that is not trusted is like none to it. */
const NO_SERVER = 'no server of EVENT_STORE_URL answers, or its certificate is not trusted';

/** A request that has no answer in time, though the connection seems to stand. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** @throws NoAnswerError when it takes longer; the request itself goes on */
export async function inTime<T>(request: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new NoAnswerError(`no answer within ${milliseconds} ms`));
    }, milliseconds);
  });
  try {
    return await Promise.race([request, late]);
  } finally {
    clearTimeout(timer);
    request.catch(() => undefined);
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
