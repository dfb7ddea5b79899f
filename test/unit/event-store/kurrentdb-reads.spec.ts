import { describe, expect, test } from '@jest/globals';
import { toPosition } from '../../../src/event-store/event-store.js';
import type { RenewableClient } from '../../../src/event-store/kurrentdb/connection.js';
import { LogReads } from '../../../src/event-store/kurrentdb/log-reads.js';
import { type ReadEvent, stored } from '../../../src/event-store/kurrentdb/stored-form.js';

/** A server that fails every read so. The client's native part gives errors their names only. */
function failing(name: string): LogReads {
  const refuse = (): never => {
    throw Object.assign(new Error(name), { name });
  };
  return readsOf({ readAll: refuse, readStream: refuse });
}

function readsOf(rustClient: object): LogReads {
  const reader = { client: { rustClient }, renew: () => undefined };
  return new LogReads(reader as unknown as RenewableClient, ['sale-']);
}

describe('a read that the server denies', () => {
  test('is not done, and the setting with the user and password is named', async () => {
    const reads = failing('AccessDeniedError');
    const denied = { name: 'StoreUnavailableError', outcome: 'not-done' };

    for (const reading of [reads.head(), reads.stream('sale-1'), reads.page({ limit: 1 })]) {
      const error: unknown = await reading.catch((fault: unknown) => fault);
      expect(error).toMatchObject(denied);
      expect((error as Error).message).toMatch(/denies access to the user of EVENT_STORE_URL/);
    }
  });
});

test('a read that finds no server says what may be wrong, not only the name of the error', async () => {
  await expect(failing('UnavailableError').head()).rejects.toThrow(
    "can't read the log: no server of EVENT_STORE_URL answers, or its certificate is not trusted",
  );
});

describe('a read from a place', () => {
  /** A server that tells of its end, and fails so what is read from a place. */
  function withoutPlaces(name: string): LogReads {
    const readAll = async function* ({ fromPosition }: { fromPosition: unknown }) {
      await Promise.resolve();
      if (typeof fromPosition === 'object') throw Object.assign(new Error(name), { name });
      yield* [];
    };
    return readsOf({ readAll });
  }

  test('finds that nothing was ever there where the server, asked again, has no answer to that alone', async () => {
    await expect(
      withoutPlaces('UnavailableError').page({ after: toPosition(7), limit: 1 }),
    ).rejects.toMatchObject({ name: 'NoSuchPositionError' });
  });

  test.each(['UnknownError', 'NotLeaderError', 'CancelledError', 'DeadlineExceededError'])(
    'finds nothing out by an answer that is lost on its way (%s)',
    async (name) => {
      await expect(
        withoutPlaces(name).page({ after: toPosition(7), limit: 1 }),
      ).rejects.toMatchObject({ name: 'StoreUnavailableError', outcome: 'not-done' });
    },
  );
});

describe('a read that is cut off with its connection, for which the client has no name', () => {
  test('is done again', async () => {
    let asked = 0;
    const readStream = async function* () {
      await Promise.resolve();
      asked += 1;
      if (asked === 1) throw Object.assign(new Error('cancelled'), { name: 'UnknownError' });
      yield* [];
    };

    expect(await readsOf({ readStream }).stream('sale-1')).toEqual([]);
    expect(asked).toBe(2);
  });

  test('is not done where that goes on', async () => {
    await expect(failing('UnknownError').head()).rejects.toMatchObject({
      name: 'StoreUnavailableError',
      outcome: 'not-done',
    });
  });
});

test('an event without metadata is the same from a page and from a subscription', () => {
  const place = { commit: 7n, prepare: 7n };
  const event = { streamId: 'sale-1', id: 'e1', type: 'Sale', revision: 0n, position: place };
  const fromPage = { ...event, data: Buffer.from('{}'), metadata: Buffer.alloc(0) };
  const live = { ...event, data: {}, metadata: undefined };
  expect(stored(live as unknown as ReadEvent)).toEqual(stored(fromPage as unknown as ReadEvent));
});
