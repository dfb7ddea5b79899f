import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { toPosition } from '../../../src/event-store/event-store.js';
import { Appender } from '../../../src/event-store/kurrentdb/appender.js';
import type { Connection, ReadClient } from '../../../src/event-store/kurrentdb/connection.js';
import { LogReads } from '../../../src/event-store/kurrentdb/log-reads.js';

const never = () => new Promise<never>(() => undefined);

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
    const client = { appendToStream: never };
    const connection = { client, deadlineMs: 10_000 } as unknown as Connection;
    const appender = new Appender(connection, {} as LogReads);
    const event = { id: 'e1', type: 'Sale', data: '{}', metadata: '{}' };
    const appending = appender.append('sale-1', 'no-stream', [event]);

    expect(await failureOf(appending)).toEqual({ seconds: 15, outcome: 'unknown' });
  });

  test('is read from once where it says nothing, also from a place', async () => {
    const silent = { [Symbol.asyncIterator]: () => ({ next: never }) };
    const reader = { client: { rustClient: { readAll: () => silent } }, renew: () => undefined };
    const reads = new LogReads(reader as unknown as ReadClient, ['sale-']);

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
    const reads = new LogReads(reader as unknown as ReadClient, ['sale-']);

    expect(await failureOf(reads.stream('sale-1'))).toEqual({ seconds: 3, outcome: 'not-done' });
  });
});
