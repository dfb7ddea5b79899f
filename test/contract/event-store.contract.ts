import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { firstValueFrom, map, mergeAll, takeWhile, tap, toArray } from 'rxjs';
import {
  type EventStore,
  type NewEvent,
  type Position,
  START,
  type StoredEvent,
} from '../../src/event-store/event-store.js';

/** A store of its own for one suite. The log behind it may be shared, and need not be empty. */
export type MakeStore = () => Promise<EventStore>;

const newStream = (): string => `contract-${randomUUID()}`;

const anEvent = (number = 0, data: object = { number }): NewEvent => ({
  id: randomUUID(),
  type: 'Counted',
  data: JSON.stringify(data),
  metadata: JSON.stringify({ version: 1 }),
});

const someEvents = (count: number): NewEvent[] =>
  Array.from({ length: count }, (_, number) => anEvent(number));

const ids = (events: readonly NewEvent[]): string[] => events.map(({ id }) => id);

/** A conflict by its name: a store under test may come from compiled code, with a class of its own. */
const aConflict = (stream: string, actual: number | undefined) =>
  expect.objectContaining({ name: 'ConflictError', stream, actual });

/** What every event store of the ledger must do, whatever it runs on. */
export function eventStoreContract(name: string, makeStore: MakeStore): void {
  describe(`event store contract: ${name}`, () => {
    jest.setTimeout(60_000);
    let store: EventStore;
    const theStore = (): EventStore => store;

    beforeAll(async () => {
      store = await makeStore();
    });
    afterAll(() => store.close());

    describe('expected revisions', () => {
      expectedRevisions(theStore);
    });
    describe('repeats', () => {
      repeats(theStore);
    });
    describe('appends at the same time', () => {
      concurrentAppends(theStore);
    });
    describe('what is stored', () => {
      storedContent(theStore);
    });
    describe('reading the whole log', () => {
      readingAll(theStore);
    });
    describe('subscriptions', () => {
      subscriptions(theStore);
    });
    describe('closing', () => {
      closing(makeStore);
    });
  });
}

function expectedRevisions(theStore: () => EventStore): void {
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

function repeats(theStore: () => EventStore): void {
  it.each([
    ['no-stream', 0],
    ['an exact revision', 2],
    ['any revision', 4],
  ] as const)('answers a repeat at %s as it did first', async (how, before) => {
    const stream = newStream();
    if (before > 0) await theStore().append(stream, 'no-stream', someEvents(before));
    const expected = { 'no-stream': 'no-stream', 'any revision': 'any' } as const;
    const at = how === 'an exact revision' ? before - 1 : expected[how];
    const events = someEvents(3);
    const first = await theStore().append(stream, at, events);
    const again = await theStore().append(stream, at, events);
    expect(again).toEqual({ ...first, repeated: true });
    expect(await theStore().readStream(stream)).toHaveLength(before + 3);
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

  it.each(['no-stream', 'any'] as const)(
    'refuses what only partly stands there already (%s)',
    async (expected) => {
      const stream = newStream();
      const events = someEvents(2);
      await theStore().append(stream, 'no-stream', events);
      const [, second] = events as [NewEvent, NewEvent];
      const mixed = expected === 'any' ? [second, anEvent()] : [...events, anEvent()];
      const again = theStore().append(stream, expected, mixed);
      await expect(again).rejects.toEqual(aConflict(stream, 1));
      expect(await theStore().readStream(stream)).toHaveLength(2);
    },
  );

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

function concurrentAppends(theStore: () => EventStore): void {
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

function storedContent(theStore: () => EventStore): void {
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

  it('has nothing of a stream that was never written', async () => {
    expect(await theStore().readStream(newStream())).toEqual([]);
  });

  it('refuses an append of nothing', async () => {
    await expect(theStore().append(newStream(), 'any', [])).rejects.toThrow();
  });
}

function readingAll(theStore: () => EventStore): void {
  it('gives the log in pages, forwards', async () => {
    const { streams, before } = await sevenStreams(theStore());
    const read = await readPages(theStore(), { after: before, backwards: false });
    expect(read.map(({ position }) => position)).toEqual(
      read.map(({ position }) => position).toSorted(),
    );
    expect(read.map(({ stream }) => stream).filter((s) => streams.includes(s))).toEqual(streams);
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

function subscriptions(theStore: () => EventStore): void {
  it('gives what is there, then what comes, without gap or double', async () => {
    const stream = newStream();
    const before = await theStore().head();
    const count = 1_500;
    const append = async (from: number, to: number): Promise<void> => {
      for (let number = from; number < to; number += 25) {
        const group = Array.from({ length: 25 }, (_, i) =>
          theStore().append(stream, 'any', [anEvent(number + i)]),
        );
        await Promise.all(group);
      }
    };
    await append(0, 500);
    const seen = firstValueFrom(
      theStore()
        .subscribe(before)
        .pipe(
          mergeAll(),
          takeWhile((event) => event.stream !== stream || event.revision < count - 1, true),
          toArray(),
        ),
    );
    await append(500, count);
    const events = await seen;
    const positions = events.map(({ position }) => position);
    expect(positions).toEqual([...new Set(positions)].toSorted());
    const mine = events.filter((event) => event.stream === stream);
    expect(mine).toEqual(await theStore().readStream(stream));
  });

  it('goes on live behind the head', async () => {
    const stream = newStream();
    const behindHead = theStore().subscribe(await theStore().head());
    const seen = firstValueFrom(
      behindHead.pipe(
        mergeAll(),
        takeWhile((event) => event.stream !== stream || event.revision < 2, true),
        map(({ id }) => id),
        toArray(),
      ),
    );
    const events = someEvents(3);
    for (const event of events) await theStore().append(stream, 'any', [event]);
    expect((await seen).slice(-3)).toEqual(ids(events));
  });

  it('gives every subscriber the same', async () => {
    const before = await theStore().head();
    const { position } = await theStore().append(newStream(), 'no-stream', someEvents(3));
    const until = () =>
      firstValueFrom(
        theStore()
          .subscribe(before)
          .pipe(
            mergeAll(),
            takeWhile((event) => event.position < position, true),
            toArray(),
          ),
      );
    const [one, other] = await Promise.all([until(), until()]);
    expect(one).toEqual(other);
  });

  it('stops at once when unsubscribed, even from within a page', async () => {
    const before = await theStore().head();
    const { position } = await theStore().append(newStream(), 'no-stream', someEvents(3));
    let pages = 0;
    await new Promise<void>((resolve) => {
      const following = theStore()
        .subscribe(before)
        .subscribe(() => {
          pages += 1;
          following.unsubscribe();
          resolve();
        });
    });
    const last = await theStore().append(newStream(), 'no-stream', someEvents(3));
    await seenBy(theStore(), position, last.position);
    expect(pages).toBe(1);
  });
}

function closing(makeStore: MakeStore): void {
  it('answers what is under way, then nothing more', async () => {
    const store = await makeStore();
    const stream = newStream();
    const pending = Array.from({ length: 10 }, () => store.append(stream, 'any', [anEvent()]));
    const closed = store.close();
    const late = store.append(stream, 'any', [anEvent()]);
    await expect(late).rejects.toMatchObject({
      name: 'StoreUnavailableError',
      outcome: 'not-done',
    });
    const answers = await Promise.all(pending);
    expect(answers.map(({ revision }) => revision).toSorted((a, b) => a - b)).toEqual(
      answers.map((_, number) => number),
    );
    await closed;
    await store.close();
  });

  it('ends its subscriptions', async () => {
    const store = await makeStore();
    const ended = new Promise<void>((resolve, reject) => {
      store.subscribe(START).subscribe({ complete: resolve, error: reject });
    });
    await store.close();
    await expect(ended).resolves.toBeUndefined();
  });
}

async function positionOf(
  store: EventStore,
  stream: string,
  revision: number,
): Promise<Position | undefined> {
  return (await store.readStream(stream))[revision]?.position;
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

/** Resolves once another subscriber has got to a position. */
async function seenBy(store: EventStore, after: Position, position: Position): Promise<void> {
  let at = after;
  await firstValueFrom(
    store.subscribe(after).pipe(
      tap((page) => {
        at = page.at(-1)?.position ?? at;
      }),
      takeWhile(() => at < position),
      toArray(),
    ),
  );
}
