import { expect, test } from '@jest/globals';
import { HttpException } from '@nestjs/common';
import type { FastifyBaseLogger } from 'fastify';
import {
  ConflictError,
  NoSuchPositionError,
  StoreUnavailableError,
  toPosition,
  TooLargeError,
} from '../../../src/event-store/event-store.js';
import { malformed, ProblemError, problems, type Reply } from '../../../src/http/problem.js';
import { problemFor } from '../../../src/http/problem.filter.js';
import {
  ViewBehindError,
  ViewDamagedError,
  ViewStoppedError,
} from '../../../src/projections/views.js';

/** Whatever is logged is let go. */
const log = { warn: () => undefined, error: () => undefined } as unknown as FastifyBaseLogger;

/** What is said of an error beside the body. */
function told(error: unknown) {
  const headers: Record<string, string> = {};
  const reply: Reply = {
    result: null,
    status: () => reply,
    type: () => reply,
    header: (name, value) => {
      headers[name] = value;
      return reply;
    },
    getHeader: (name) => headers[name],
  };
  const { status, code, responseCode, nextStep } = problemFor(error, log, reply);
  expect(reply.result).toBe(code);
  return [status, code, responseCode, nextStep, headers['Retry-After']];
}

const away = (outcome: 'not-done' | 'unknown') => new StoreUnavailableError('it is away', outcome);

test.each<[string, unknown, readonly unknown[]]>([
  ['a store that is away', away('not-done'), [503, 'store-unavailable', '96', 'retry', '1']],
  ['an outcome nobody knows', away('unknown'), [503, 'outcome-unknown', '68', 'retry', '1']],
  [
    'a view that is behind',
    new ViewBehindError('sales', toPosition(9)),
    [503, 'view-behind', '09', 'retry', '1'],
  ],
  [
    'a view that has stopped',
    new ViewStoppedError('sales', toPosition(9)),
    [503, 'view-stopped', '96', 'contact-acquirer', undefined],
  ],
  [
    'a view that is damaged',
    new ViewDamagedError('sales', 'it is damaged'),
    [503, 'view-damaged', '96', 'contact-acquirer', undefined],
  ],
  [
    'a key that asks too often',
    new ProblemError(problems.tooManyRequests(7), 7),
    [429, 'too-many-requests', '65', 'wait', '7'],
  ],
  ['a malformed field', malformed('x', 'is x'), [400, 'malformed', '30', 'none', undefined]],
  [
    'conflicts that go on',
    new ConflictError('sale-1', 0, 1),
    [409, 'conflict', '09', 'retry', undefined],
  ],
  [
    'more than the store takes',
    new TooLargeError('too large'),
    [413, 'too-large', '30', 'none', undefined],
  ],
  [
    'a place there never was',
    new NoSuchPositionError(toPosition(9)),
    [400, 'malformed', '30', 'none', undefined],
  ],
  ['what came too slowly', new HttpException('', 408), [408, 'too-slow', '30', 'retry', undefined]],
  [
    'what Fastify refuses',
    Object.assign(new Error('x'), { statusCode: 415 }),
    [415, 'media-type', '30', 'none', undefined],
  ],
  [
    'what calls itself a fault',
    Object.assign(new Error('x'), { statusCode: 500 }),
    [500, 'fault', '96', 'retry', undefined],
  ],
  ['a fault', new Error('x'), [500, 'fault', '96', 'retry', undefined]],
])('%s is told', (_what, error, answer) => {
  expect(told(error)).toEqual(answer);
});

test.each([
  ['13', [true, true]],
  ['30', [true, false]],
  ['30', [false]],
  ['30', []],
])('a malformed request is answered %s where its fields are amounts: %j', (code, amounts) => {
  const errors = amounts.map((isAmount) => ({ field: 'x', message: 'is x', isAmount }));
  expect(problems.malformed(errors).responseCode).toBe(code);
});
