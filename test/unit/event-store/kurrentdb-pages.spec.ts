import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { START, type StoredEvent, toPosition } from '../../../src/event-store/event-store.js';
import type { RenewableClient } from '../../../src/event-store/kurrentdb/connection.js';
import { LogReads } from '../../../src/event-store/kurrentdb/log-reads.js';

const EVENTS = 23;
const SIZE = 5;
/** Events that come in one part of an answer. */
const PART = 7;

interface Asked {
  readonly direction: string;
  readonly fromPosition: string | { readonly commit: bigint };
  readonly maxCount: bigint;
}

const unavailable = (): Error => Object.assign(new Error('gone'), { name: 'UnavailableError' });

/** A server whose log has events at 1, 2, 3 and so on, and whose answers break as `breaks` says. */
class FakeServer {
  end = EVENTS;
  renewals = 0;
  /** Events in all its answers. */
  sent = 0;
  /** After how many events an answer breaks; undefined for one that is whole. */
  breaks: (asked: Asked) => number | undefined = () => undefined;

  get reads(): LogReads {
    const rustClient = { readAll: (asked: Asked) => this.answer(asked) };
    const renew = (): void => {
      this.renewals += 1;
    };
    return new LogReads({ client: { rustClient }, renew } as unknown as RenewableClient, ['sale-']);
  }

  private async *answer(asked: Asked) {
    await Promise.resolve();
    const all = this.found(asked);
    const whole = this.breaks(asked);
    const events = all.slice(0, whole);
    for (let from = 0; from < events.length; from += PART) {
      const part = events.slice(from, from + PART);
      this.sent += part.length;
      yield part;
    }
    if (events.length < all.length) throw unavailable();
  }

  /** It begins with the event at the place itself. */
  private found({ direction, fromPosition, maxCount }: Asked) {
    const all = Array.from({ length: this.end }, (_, index) => eventAt(index + 1));
    if (direction === 'backwards') return all.reverse().slice(0, Number(maxCount));
    const from = typeof fromPosition === 'string' ? 0n : fromPosition.commit;
    return all.filter(({ event }) => event.position.commit >= from).slice(0, Number(maxCount));
  }
}

const eventAt = (number: number) => ({
  event: {
    streamId: 'sale-1',
    id: `e${number}`,
    type: 'Sale',
    revision: BigInt(number),
    position: { commit: BigInt(number), prepare: BigInt(number) },
    data: Buffer.from('{}'),
    metadata: Buffer.from('{}'),
  },
});

const isOfAllTheRest = ({ maxCount }: Asked): boolean => maxCount > 1_000n;

const numbers = (events: readonly StoredEvent[]): number[] =>
  events.map(({ position }) => Number(position));

const ALL = Array.from({ length: EVENTS }, (_, index) => index + 1);

let server: FakeServer;

beforeEach(() => {
  jest.useFakeTimers();
  server = new FakeServer();
});

afterEach(() => {
  jest.useRealTimers();
});

/** What comes of it, however long that takes. */
async function outcomeOf<T>(work: Promise<T>): Promise<T> {
  const settled = Promise.allSettled([work]);
  await jest.advanceTimersByTimeAsync(60_000);
  await settled;
  return work;
}

describe('going through the log in pages', () => {
  const pages = async (after = START): Promise<number[][]> => {
    const read: number[][] = [];
    for await (const page of server.reads.pages(after, SIZE)) read.push(numbers(page));
    return read;
  };

  test.each([0, 1, PART, 2 * SIZE, 2 * SIZE + 1, EVENTS])(
    'gives each event once, though the reading of the rest breaks after %d',
    async (whole) => {
      server.breaks = (asked) => (isOfAllTheRest(asked) ? whole : undefined);
      const read = await outcomeOf(pages());
      expect(read.flat()).toEqual(ALL);
      expect(Math.max(...read.map(({ length }) => length))).toBe(SIZE);
    },
  );

  test.each([SIZE - 2, 4 * SIZE, EVENTS])(
    'gives what was there when it began, whatever comes since: %d events',
    async (count) => {
      server.end = count;
      server.breaks = () => {
        server.end += 1_000;
        return undefined;
      };
      expect((await outcomeOf(pages())).flat()).toEqual(ALL.slice(0, count));
      expect(server.sent).toBeLessThan(count + 5 * SIZE);
    },
  );

  test('fails where the next page can’t be read either', async () => {
    let hasBroken = false;
    server.breaks = (asked) => {
      hasBroken ||= isOfAllTheRest(asked);
      return hasBroken ? 0 : undefined;
    };
    await expect(outcomeOf(pages())).rejects.toMatchObject({ name: 'StoreUnavailableError' });
  });
});

describe('a page from a place', () => {
  const page = () => server.reads.page({ after: toPosition(7), limit: 2 });
  const isFromPlace = ({ fromPosition }: Asked): boolean => typeof fromPosition !== 'string';

  test('has what is behind it', async () => {
    expect(numbers(await outcomeOf(page()))).toEqual([8, 9]);
  });

  test('that the server can’t read, though it reads its end, is one that never was', async () => {
    server.breaks = (asked) => (isFromPlace(asked) ? 0 : undefined);
    await expect(outcomeOf(page())).rejects.toMatchObject({ name: 'NoSuchPositionError' });
  });

  test('that the server can’t read is none that never was where it reads nothing', async () => {
    server.breaks = () => 0;
    await expect(outcomeOf(page())).rejects.toMatchObject({ name: 'StoreUnavailableError' });
  });

  test('is read where the server is there again when it is asked once more', async () => {
    let isAway = true;
    server.breaks = (asked) => {
      if (!isFromPlace(asked)) isAway = false;
      return isAway ? 0 : undefined;
    };
    expect(numbers(await outcomeOf(page()))).toEqual([8, 9]);
    expect(server.renewals).toBe(1);
  });

  test('is none that never was where the server has gone away again', async () => {
    let ends = 0;
    server.breaks = (asked) => {
      if (isFromPlace(asked)) return 0;
      ends += 1;
      return ends > 1 ? 0 : undefined;
    };
    await expect(outcomeOf(page())).rejects.toMatchObject({ name: 'StoreUnavailableError' });
  });
});
