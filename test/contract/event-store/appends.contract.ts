import { expect, it } from '@jest/globals';
import type { EventStore, NewEvent, Position } from '../../../src/event-store/event-store.js';
import { aConflict, anEvent, ids, newStream, someEvents } from './events.js';

export function expectedRevisions(theStore: () => EventStore): void {
  it('begins a stream that must not be there yet', async () => {
    const stream = newStream();
    const appended = await theStore().append(stream, 'no-stream', [anEvent()]);
    expect(appended).toMatchObject({ revision: 0, repeated: false });
    expect(appended.position).toBe(await positionOf(theStore(), stream, 0));
  });

  it('refuses to begin a stream that is there', async () => {
    const stream = newStream();
    await theStore().append(stream, 'no-stream', someEvents(2));
    const second = theStore().append(stream, 'no-stream', [anEvent()]);
    await expect(second).rejects.toEqual(aConflict(stream, 1));
    expect(await theStore().readStream(stream)).toHaveLength(2);
  });

  it.each(['no-stream', 'any', 0] as const)('refuses to append nothing (%s)', async (expected) => {
    const nothing = theStore().append(newStream(), expected, []);
    await expect(nothing).rejects.toThrow(TypeError);
  });

  it('shows whoever comes second what the first, at the same moment, has written', async () => {
    const second = async (stream: string): Promise<number[]> => {
      const begin = () => theStore().append(stream, 'no-stream', [anEvent()]);
      const seen = await Promise.all(
        [begin(), begin()].map((appending) =>
          appending.then(
            () => undefined,
            async (error: unknown) => {
              const there = await theStore().readStream(stream);
              expect(error).toEqual(aConflict(stream, 0));
              return there.length;
            },
          ),
        ),
      );
      return seen.filter((length) => length !== undefined);
    };
    for (let round = 0; round < 20; round += 1) {
      const streams = Array.from({ length: 100 }, newStream);
      const seen = await Promise.all(streams.map(second));
      expect(seen).toEqual(streams.map(() => [1]));
    }
  });

  it('answers every append of one turn, however many there are', async () => {
    const streams = Array.from({ length: 1_100 }, newStream);
    const appended = await Promise.all(
      streams.map((stream) => theStore().append(stream, 'no-stream', [anEvent()])),
    );
    expect(new Set(appended.map(({ position }) => position)).size).toBe(streams.length);
  });

  it('goes on at the exact revision', async () => {
    const stream = newStream();
    await theStore().append(stream, 'no-stream', someEvents(2));
    const appended = await theStore().append(stream, 1, [anEvent()]);
    expect(appended).toMatchObject({ revision: 2, repeated: false });
  });

  it.each([
    ['behind', 0],
    ['ahead of', 5],
  ])('refuses an exact revision %s the stream', async (_, expected) => {
    const stream = newStream();
    await theStore().append(stream, 'no-stream', someEvents(2));
    const wrong = theStore().append(stream, expected, [anEvent()]);
    await expect(wrong).rejects.toEqual(aConflict(stream, 1));
    expect(await theStore().readStream(stream)).toHaveLength(2);
  });

  it('refuses an exact revision of a stream that is not there', async () => {
    const stream = newStream();
    const wrong = theStore().append(stream, 0, [anEvent()]);
    await expect(wrong).rejects.toEqual(aConflict(stream, undefined));
    expect(await theStore().readStream(stream)).toEqual([]);
  });

  it('appends at any revision, to a new stream and to an old one', async () => {
    const stream = newStream();
    const [first, second] = [someEvents(2), someEvents(1)];
    expect(await theStore().append(stream, 'any', first)).toMatchObject({ revision: 1 });
    expect(await theStore().append(stream, 'any', second)).toMatchObject({ revision: 2 });
    expect(ids(await theStore().readStream(stream))).toEqual(ids([...first, ...second]));
  });

  it('writes several events as one, in order', async () => {
    const stream = newStream();
    const events = someEvents(5);
    const appended = await theStore().append(stream, 'no-stream', events);
    const stored = await theStore().readStream(stream);
    expect(ids(stored)).toEqual(ids(events));
    expect(stored.map(({ revision }) => revision)).toEqual([0, 1, 2, 3, 4]);
    expect(stored.at(-1)).toMatchObject({ position: appended.position, revision: 4 });
  });

  it('writes none of several events when the stream is elsewhere', async () => {
    const stream = newStream();
    const first = someEvents(1);
    await theStore().append(stream, 'no-stream', first);
    const several = theStore().append(stream, 3, someEvents(5));
    await expect(several).rejects.toEqual(aConflict(stream, 0));
    expect(ids(await theStore().readStream(stream))).toEqual(ids(first));
  });
}

export function repeats(theStore: () => EventStore): void {
  it.each([
    ['no-stream', 0],
    ['an exact revision', 2],
    ['any revision', 4],
    ['any revision', 0],
  ] as const)('answers a repeat at %s, behind %i events, as it did first', async (how, before) => {
    const expected = { 'no-stream': 'no-stream', 'any revision': 'any' } as const;
    const at = how === 'an exact revision' ? before - 1 : expected[how];
    for (const events of [someEvents(1), someEvents(3)]) {
      const stream = newStream();
      if (before > 0) await theStore().append(stream, 'no-stream', someEvents(before));
      const first = await theStore().append(stream, at, events);
      const again = await theStore().append(stream, at, events);
      expect(again).toEqual({ ...first, repeated: true });
      expect(await theStore().readStream(stream)).toHaveLength(before + events.length);
    }
  });

  it('answers a repeat with its old place when the stream has gone on', async () => {
    const stream = newStream();
    const [begin, middle] = [someEvents(1), someEvents(2)];
    const begun = await theStore().append(stream, 'no-stream', begin);
    const gone = await theStore().append(stream, 0, middle);
    await theStore().append(stream, 2, someEvents(2));
    expect(await theStore().append(stream, 'no-stream', begin)).toEqual({
      ...begun,
      repeated: true,
    });
    expect(await theStore().append(stream, 0, middle)).toEqual({ ...gone, repeated: true });
    expect(await theStore().readStream(stream)).toHaveLength(5);
  });

  it('compares ids, not data', async () => {
    const stream = newStream();
    const event = anEvent(1);
    await theStore().append(stream, 'no-stream', [event]);
    const other = { ...event, data: '{"number":2}' };
    const again = await theStore().append(stream, 'no-stream', [other]);
    expect(again.repeated).toBe(true);
    expect((await theStore().readStream(stream))[0]?.data).toBe(event.data);
  });

  it.each<['no-stream' | 'any', string, (first: NewEvent, second: NewEvent) => NewEvent[]]>([
    ['any', 'its last, and another', (_, second) => [second, anEvent()]],
    ['no-stream', 'both, and another', (first, second) => [first, second, anEvent()]],
    ['no-stream', 'its first, and another', (first) => [first, anEvent()]],
    ['no-stream', 'another, and its second', (_, second) => [anEvent(), second]],
  ])('refuses what only partly stands there already (%s): %s', async (expected, _, mixed) => {
    const stream = newStream();
    const events = someEvents(2) as [NewEvent, NewEvent];
    await theStore().append(stream, 'no-stream', events);
    const again = theStore().append(stream, expected, mixed(...events));
    await expect(again).rejects.toEqual(aConflict(stream, 1));
    expect(await theStore().readStream(stream)).toHaveLength(2);
  });

  it('refuses the same events in another order, and at another revision', async () => {
    const stream = newStream();
    const events = someEvents(2);
    await theStore().append(stream, 'no-stream', someEvents(1));
    await theStore().append(stream, 0, events);
    const reversed = theStore().append(stream, 0, events.toReversed());
    await expect(reversed).rejects.toEqual(aConflict(stream, 2));
    const elsewhere = theStore().append(stream, 'no-stream', events);
    await expect(elsewhere).rejects.toEqual(aConflict(stream, 2));
  });

  it('takes the same id in another stream', async () => {
    const event = anEvent();
    await theStore().append(newStream(), 'no-stream', [event]);
    const other = await theStore().append(newStream(), 'no-stream', [event]);
    expect(other.repeated).toBe(false);
  });

  it('writes a repeat sent at the same time once', async () => {
    const stream = newStream();
    const event = anEvent();
    const answers = await Promise.all(
      [1, 2, 3].map(() => theStore().append(stream, 'no-stream', [event])),
    );
    expect(new Set(answers.map(({ position }) => position)).size).toBe(1);
    expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(await theStore().readStream(stream)).toHaveLength(1);
  });
}

export function concurrentAppends(theStore: () => EventStore): void {
  it('lets exactly one of many win a revision', async () => {
    const stream = newStream();
    await theStore().append(stream, 'no-stream', [anEvent()]);
    const rivals = Array.from({ length: 50 }, () => theStore().append(stream, 0, [anEvent()]));
    const results = await Promise.allSettled(rivals);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toEqual(aConflict(stream, 1));
    }
    expect(await theStore().readStream(stream)).toHaveLength(2);
  });

  it('keeps the order of calls made in one turn, within a stream', async () => {
    const stream = newStream();
    const events = someEvents(40);
    const calls = events.map((event, number) =>
      theStore().append(stream, number === 0 ? 'no-stream' : number - 1, [event]),
    );
    const revisions = (await Promise.all(calls)).map(({ revision }) => revision);
    expect(revisions).toEqual(events.map((_, number) => number));
    expect(ids(await theStore().readStream(stream))).toEqual(ids(events));
  });

  it('keeps the order of calls made in one turn, between streams', async () => {
    const calls = someEvents(40).map((event) =>
      theStore().append(newStream(), 'no-stream', [event]),
    );
    const positions = (await Promise.all(calls)).map(({ position }) => position);
    expect(positions).toEqual(positions.toSorted());
    expect(new Set(positions).size).toBe(40);
  });

  it('answers each append on its own, however they fall together', async () => {
    const [taken, ...free] = Array.from({ length: 20 }, newStream) as [string, ...string[]];
    await theStore().append(taken, 'no-stream', [anEvent()]);
    const results = await Promise.allSettled(
      free.flatMap((stream) => [
        theStore().append(stream, 'no-stream', [anEvent()]),
        theStore().append(taken, 'no-stream', [anEvent()]),
      ]),
    );
    expect(results.map(({ status }) => status)).toEqual(
      free.flatMap(() => ['fulfilled', 'rejected']),
    );
  });
}

async function positionOf(
  store: EventStore,
  stream: string,
  revision: number,
): Promise<Position | undefined> {
  return (await store.readStream(stream))[revision]?.position;
}
