import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { TooLargeError, toPosition } from '../../../src/event-store/event-store.js';
import { Appender } from '../../../src/event-store/kurrentdb/appender.js';
import type { RenewableClient } from '../../../src/event-store/kurrentdb/connection.js';
import { LogReads } from '../../../src/event-store/kurrentdb/log-reads.js';

const never = () => new Promise<never>(() => undefined);

const done = () =>
  Promise.resolve({ position: { commit: 7n, prepare: 7n }, nextExpectedRevision: 0n });

/** An append by the first of these clients, and by the next whenever one is to be made anew. */
function appendBy(clients: readonly object[]): Promise<unknown> {
  let count = 0;
  const connection = {
    deadlineMs: 10_000,
    get client() {
      return clients[count];
    },
    renew: () => (count = Math.min(count + 1, clients.length - 1)),
  };
  const appender = new Appender(connection as unknown as RenewableClient, {} as LogReads);
  const event = { id: 'e1', type: 'Sale', data: '{}', metadata: '{}' };
  return appender.append('sale-1', 'no-stream', [event]);
}

test.each([
  ['an append', { type: 'maximum-append-size-exceeded' }],
  ['an event', { message: 'Could not recognize MaximumAppendEventSizeExceeded' }],
])('%s that the server finds too large is refused as that', async (_, fault) => {
  const refused = () => Promise.reject(Object.assign(new Error(), fault));

  await expect(appendBy([{ appendToStream: refused }])).rejects.toThrow(TooLargeError);
});

describe('a server that hangs', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  /** How long it took to fail, in seconds, and what became of it. */
  async function failureOf(request: Promise<unknown>) {
    const begun = performance.now();
    const failure = request.catch((error: unknown) => ({
      seconds: Math.round((performance.now() - begun) / 1_000),
      outcome: (error as { outcome?: string }).outcome,
    }));
    await jest.advanceTimersByTimeAsync(60_000);
    return failure;
  }

  test('is asked for fifteen seconds what became of an append', async () => {
    const appending = appendBy([{ appendToStream: never }]);

    expect(await failureOf(appending)).toEqual({ seconds: 15, outcome: 'unknown' });
  });

  test('is left for another that the client made anew finds', async () => {
    const appending = appendBy([{ appendToStream: never }, { appendToStream: done }]);

    expect(await failureOf(appending)).toMatchObject({ position: toPosition(7) });
  });

  test('is left for another that the client made anew finds, where it refuses again and again', async () => {
    const refused = () => Promise.reject(new Error('Could not recognize Server Is Not Ready'));
    const appending = appendBy([{ appendToStream: refused }, { appendToStream: done }]);

    expect(await failureOf(appending)).toMatchObject({ position: toPosition(7) });
  });

  test('is read from once where it says nothing, also from a place', async () => {
    const silent = { [Symbol.asyncIterator]: () => ({ next: never }) };
    const reader = { client: { rustClient: { readAll: () => silent } }, renew: () => undefined };
    const reads = new LogReads(reader as unknown as RenewableClient, ['sale-']);

    const reading = reads.page({ after: toPosition(7), limit: 1 });
    expect(await failureOf(reading)).toEqual({ seconds: 5, outcome: 'not-done' });
  });

  test('is read from once, where it takes seconds to fail', async () => {
    const readStream = async function* () {
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      throw Object.assign(new Error('gone'), { name: 'UnavailableError' });
      yield* [];
    };
    const reader = { client: { rustClient: { readStream } }, renew: () => undefined };
    const reads = new LogReads(reader as unknown as RenewableClient, ['sale-']);

    expect(await failureOf(reads.stream('sale-1'))).toEqual({ seconds: 3, outcome: 'not-done' });
  });
});
