import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import {
  type EventStore,
  type NewEvent,
  type Position,
  START,
  type StoredEvent,
} from '../../../src/event-store/event-store.js';
import { anEvent, newStream, someEvents } from './events.js';

export function storedContent(theStore: () => EventStore): void {
  it('gives back every text as it was', async () => {
    const stream = `${newStream()}-网点`;
    const event: NewEvent = {
      id: randomUUID(),
      type: '撤销',
      data: '{"reason":"顾客改主意了 \u{1f600} é \\u0000 \\ud800","amount":9007199254740993}',
      metadata: '{"by":{"kind":"終端","nul":"\\u0000"}}',
    };
    await theStore().append(stream, 'no-stream', [event]);
    expect(await theStore().readStream(stream)).toMatchObject([{ ...event, stream, revision: 0 }]);
  });

  it('holds large events', async () => {
    const stream = newStream();
    const large = someEvents(3).map((event) => ({
      ...event,
      data: JSON.stringify({ text: '撤'.repeat(35_000), id: event.id }),
    }));
    await theStore().append(stream, 'no-stream', large);
    expect((await theStore().readStream(stream)).map(({ data }) => data)).toEqual(
      large.map(({ data }) => data),
    );
  });

  it('gives a stream from a revision on', async () => {
    const stream = newStream();
    const events = someEvents(3);
    await theStore().append(stream, 'no-stream', events);
    const from = async (revision: number) =>
      (await theStore().readStream(stream, revision)).map(({ id }) => id);

    expect(await from(0)).toEqual(events.map(({ id }) => id));
    expect(await from(2)).toEqual([events[2]?.id]);
    expect(await from(3)).toEqual([]);
    expect(await from(9)).toEqual([]);
    const some = await theStore().readStream(stream, 1, 1);
    expect(some.map(({ id }) => id)).toEqual([events[1]?.id]);
    expect(await theStore().readStream(stream, 0, 9)).toHaveLength(3);
  });

  it('has nothing of a stream that was never written', async () => {
    expect(await theStore().readStream(newStream())).toEqual([]);
    expect(await theStore().readStream(newStream(), 1)).toEqual([]);
  });

  it('has what is answered, also for who reads all the time', async () => {
    const end = new AbortController();
    const reading = (async () => {
      while (!end.signal.aborted) {
        await theStore().readStream(newStream());
        await nextTurn();
      }
    })();
    for (let round = 0; round < 20; round += 1) {
      const stream = newStream();
      const { position } = await theStore().append(stream, 'no-stream', [anEvent()]);
      expect(await theStore().readStream(stream)).toMatchObject([{ position }]);
      expect((await theStore().head()) >= position).toBe(true);
    }
    end.abort();
    await reading;
  });

  it('refuses an append of nothing', async () => {
    await expect(theStore().append(newStream(), 'any', [])).rejects.toThrow();
  });
}

export function readingAll(theStore: () => EventStore): void {
  it('gives the log in pages, forwards', async () => {
    const { streams, before } = await sevenStreams(theStore());
    const read = await readPages(theStore(), { after: before, backwards: false });
    expect(read.map(({ position }) => position)).toEqual(
      read.map(({ position }) => position).toSorted(),
    );
    expect(read.map(({ stream }) => stream).filter((s) => streams.includes(s))).toEqual(streams);
  });

  it('gives all that is behind a position in pages of the size asked for', async () => {
    const { streams, before } = await sevenStreams(theStore());
    const pages: StoredEvent[][] = [];
    for await (const page of theStore().pages(before, 3)) pages.push(page);
    expect(pages.slice(0, -1).every((page) => page.length === 3)).toBe(true);
    expect(pages.length).toBeGreaterThan(1);
    const read = pages.flat();
    expect(read.map(({ position }) => position)).toEqual(
      read.map(({ position }) => position).toSorted(),
    );
    expect(new Set(read.map(({ position }) => position)).size).toBe(read.length);
    expect(read.map(({ stream }) => stream).filter((s) => streams.includes(s))).toEqual(streams);
  });

  it('gives in pages what was there when they were begun, and nothing that has come since', async () => {
    const { streams, before } = await sevenStreams(theStore());
    const late = newStream();
    const read: StoredEvent[] = [];
    for await (const page of theStore().pages(before, 5)) {
      if (read.length === 0) await theStore().append(late, 'no-stream', [anEvent()]);
      read.push(...page);
    }
    const found = read.map(({ stream }) => stream);
    expect(found).toEqual(expect.arrayContaining(streams));
    expect(found).not.toContain(late);
  });

  it('gives no page behind the last event', async () => {
    await theStore().append(newStream(), 'any', [anEvent()]);
    const pages: StoredEvent[][] = [];
    for await (const page of theStore().pages(await theStore().head())) pages.push(page);
    expect(pages).toEqual([]);
  });

  it('gives the log in pages, backwards', async () => {
    const { streams, before } = await sevenStreams(theStore());
    const read = await readPages(theStore(), { until: before, backwards: true });
    expect(read.map(({ stream }) => stream).filter((s) => streams.includes(s))).toEqual(
      streams.toReversed(),
    );
  });

  it('gives only the streams that begin as asked, both ways', async () => {
    const { streams, before } = await sevenStreams(theStore());
    const prefixes = [streams[1] ?? '', (streams[4] ?? '').slice(0, -1)];
    const asked = [streams[1], streams[4]];
    const forwards = await theStore().readAll({ after: before, limit: 5, prefixes });
    expect(forwards.map(({ stream }) => stream)).toEqual(asked);
    const [last] = await theStore().readAll({ limit: 1, backwards: true, prefixes });
    expect(last?.stream).toBe(streams[4]);
  });

  it('reads back from a position without the event there', async () => {
    const { positions } = await sevenStreams(theStore());
    const [fifth, sixth] = positions.slice(4) as [Position, Position];
    const [event] = await theStore().readAll({ after: sixth, limit: 1, backwards: true });
    expect(event?.position).toBe(fifth);
  });

  it('starts with the first event', async () => {
    await theStore().append(newStream(), 'any', [anEvent()]);
    const [first] = await theStore().readAll({ limit: 1 });
    expect(await theStore().readAll({ after: START, limit: 1 })).toEqual([first]);
    expect(await theStore().readAll({ after: first?.position, limit: 1, backwards: true })).toEqual(
      [],
    );
  });

  it('finds the event at a position', async () => {
    const stream = newStream();
    const event = anEvent();
    const { position } = await theStore().append(stream, 'no-stream', [event]);
    expect(await theStore().at(position)).toMatchObject({ ...event, stream, position });
    expect(await theStore().at(START)).toBeUndefined();
  });

  it('has its head at the last event', async () => {
    const { position } = await theStore().append(newStream(), 'no-stream', someEvents(2));
    expect((await theStore().head()) >= position).toBe(true);
    expect(await theStore().readAll({ after: await theStore().head(), limit: 10 })).toEqual([]);
  });
}

async function sevenStreams(store: EventStore) {
  const before = await store.head();
  const streams = Array.from({ length: 7 }, newStream);
  const positions: Position[] = [];
  for (const stream of streams) {
    positions.push((await store.append(stream, 'no-stream', [anEvent()])).position);
  }
  return { streams, positions, before };
}

interface Span {
  readonly after?: Position;
  readonly until?: Position;
  readonly backwards: boolean;
}

/** Pages of three, so that there are several, until the end or a position. */
async function readPages(store: EventStore, { after, until, backwards }: Span) {
  const read: StoredEvent[] = [];
  let from = after;
  for (;;) {
    const page = await store.readAll({ after: from, limit: 3, backwards });
    read.push(...page.filter(({ position }) => until === undefined || position > until));
    from = page.at(-1)?.position;
    if (from === undefined || (until !== undefined && from <= until)) return read;
  }
}
