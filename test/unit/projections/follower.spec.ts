import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Subject } from 'rxjs';
import {
  type EventStore,
  NoSuchPositionError,
  type Position,
  type ReadAllOptions,
  START,
  type StoredEvent,
  StoreUnavailableError,
  toPosition,
} from '../../../src/event-store/event-store.js';
import { SqliteEventStore } from '../../../src/event-store/sqlite/sqlite-event-store.js';
import { streams } from '../../../src/ledger/domain/request-name.js';
import { encode } from '../../../src/ledger/event-codec.js';
import { Follower, type ProjectionState } from '../../../src/projections/follower.js';
import { Projector } from '../../../src/projections/projector.js';
import { reportCards } from '../../support/card-events.js';
import { cardsProjection, countProjection } from '../../support/cards.projection.js';
import { gate } from '../../support/held-store.js';
import { newFolder } from '../../support/store-folder.js';

/** After so long a log that was away is read again. */
const RETRY_MS = 1_000;

let store: SqliteEventStore;
let follower: Follower;
/** Where the view stood, each time that it had moved. */
let stood: number[];
let moved: () => void;
/** What comes from the log, as the test lets it. */
let coming: Subject<StoredEvent[]>;
/** What is asked for comes when this has. */
let asked: Promise<void>;
/** Where the log says that it ends, other than where it does. */
let end: Position | undefined;

beforeEach(async () => {
  const folder = newFolder();
  store = await SqliteEventStore.open(folder, 'inline');
  coming = new Subject();
  stood = [];
  asked = Promise.resolve();
  end = undefined;
  const log = Object.assign(Object.create(store) as EventStore, {
    head: () => (end === undefined ? store.head() : Promise.resolve(end)),
    subscribe: () => coming,
    readAll: async (options: ReadAllOptions) => {
      const page = await store.readAll(options);
      await asked;
      return page;
    },
  });
  const projector = await Projector.open(folder, store, [countProjection]);
  follower = new Follower(projector, log, ([state]) => {
    const position = Number(state?.position);
    if (position !== (stood.at(-1) ?? 0)) stood.push(position);
    moved();
  });
  moved = () => undefined;
  await follower.start();
});

afterEach(async () => {
  jest.useRealTimers();
  follower.close();
  await store.close();
});

async function twenty(): Promise<StoredEvent[]> {
  await reportCards(store, 20);
  return store.readAll({ limit: 20 });
}

test('whoever waits for a position costs the views one commit, however the events trickle in', async () => {
  const events = await twenty();
  const last = events.at(-1) as StoredEvent;
  follower.hurry(last.position);
  for (const event of events) coming.next([event]);
  expect(stood).toEqual([20]);
});

test('what nobody waits for is gathered', async () => {
  const events = await twenty();
  for (const event of events) coming.next([event]);
  expect(stood).toEqual([]);
  await new Promise<void>((resolve) => (moved = resolve));
  expect(stood).toEqual([20]);
});

test('waiting for a position that the log does not have yet costs those before it nothing', async () => {
  const events = await twenty();
  follower.hurry('00000000000000000099' as StoredEvent['position']);
  for (const event of events) coming.next([event]);
  expect(stood).toEqual([]);
});

/** Like events of the log, so many. */
async function many(count: number): Promise<StoredEvent[]> {
  const [like] = (await twenty()) as [StoredEvent];
  return Array.from({ length: count }, (_, index) => ({
    ...like,
    position: toPosition(index + 1),
  }));
}

test('what is more than one commit takes is taken then, though nothing else comes', async () => {
  coming.next(await many(5_300));
  expect(stood).toEqual([5_000]);
  await new Promise<void>((resolve) => (moved = resolve));
  expect(stood).toEqual([5_000, 5_300]);
});

test('views that were given as much as one commit takes say whether they are behind by then', async () => {
  const events = await many(5_000);
  end = toPosition(6_000);
  coming.next(events);
  await new Promise((resolve) => setImmediate(resolve));
  expect(follower.states()).toMatchObject([{ status: 'catching-up' }]);
});

test('views that lack nothing are live as soon as the log is there again', async () => {
  jest.useFakeTimers();
  const before = coming;
  coming = new Subject();
  before.error(new StoreUnavailableError('away', 'not-done'));
  expect(follower.states()).toMatchObject([{ status: 'catching-up', reason: 'away' }]);
  await jest.advanceTimersByTimeAsync(RETRY_MS);
  expect(follower.states()).toMatchObject([{ status: 'live' }]);
});

test('a server that once does not know where the views have been does not stop them for good', async () => {
  const events = await twenty();
  const { position } = events[9] as StoredEvent;
  coming.next(events.slice(0, 10));
  jest.useFakeTimers();
  const before = coming;
  coming = new Subject();
  before.error(new NoSuchPositionError(position));
  expect(follower.states()).toMatchObject([{ status: 'catching-up' }]);
  await jest.advanceTimersByTimeAsync(RETRY_MS);
  jest.useRealTimers();
  coming.next(events);

  expect(follower.states()).toMatchObject([{ events: 20, status: 'live' }]);
});

test('what was asked for before the log was away does not pass for all that has come since', async () => {
  const events = await twenty();
  const last = events.at(-1) as StoredEvent;
  const { until, letGo } = gate();
  asked = until;
  coming.next(events.slice(0, 10));
  follower.hurry(last.position);
  jest.useFakeTimers();
  const before = coming;
  coming = new Subject();
  before.error(new StoreUnavailableError('away', 'not-done'));
  await jest.advanceTimersByTimeAsync(RETRY_MS);
  jest.useRealTimers();
  letGo();
  await new Promise((resolve) => setImmediate(resolve));
  coming.next(events);

  expect(follower.states()).toMatchObject([{ position: last.position, events: 20 }]);
});

test('a decision that could not be looked up, as the log was away, is heeded once it is back', async () => {
  const away = gate();
  let isAway = false;
  const log = Object.assign(Object.create(store) as EventStore, {
    readStream: (stream: string) => {
      if (!isAway) return store.readStream(stream);
      isAway = false;
      away.letGo();
      return Promise.reject(new StoreUnavailableError('away', 'not-done'));
    },
  });
  const views = await Projector.open(newFolder(), log, [cardsProjection, countProjection]);
  let told: (state: ProjectionState | undefined) => void = () => undefined;
  const following = new Follower(views, log, ([cards]) => {
    told(cards);
  });
  const until = (isMet: (state: ProjectionState) => boolean): Promise<ProjectionState> =>
    new Promise((resolve) => {
      told = (state) => {
        if (state && isMet(state)) resolve(state);
      };
    });
  await following.start();
  const stopped = until(({ status }) => status === 'stopped');
  await reportCards(store, 15);
  const { name, stop } = await stopped;
  isAway = true;
  await leaveOut(name, stop);
  await away.until;

  await until(({ events }) => events === 16);
  expect(following.states()).toMatchObject([{ status: 'live' }, { status: 'live' }]);
  following.close();
});

test('a view that goes on by a decision misses nothing that comes while others are asked for theirs', async () => {
  const looking = gate();
  const { until, letGo } = gate();
  let isHeld = false;
  const log = Object.assign(Object.create(store) as EventStore, {
    readStream: async (stream: string) => {
      if (isHeld && stream === streams.projection('others')) {
        looking.letGo();
        await until;
      }
      return store.readStream(stream);
    },
  });
  const others = { ...cardsProjection, name: 'others' };
  const views = await Projector.open(newFolder(), log, [cardsProjection, others]);
  const following = new Follower(views, log, () => {
    moved();
  });
  const all = (isMet: (state: ProjectionState) => boolean): Promise<void> =>
    new Promise((resolve) => {
      moved = () => {
        if (following.states().every(isMet)) resolve();
      };
    });
  await following.start();
  const stopped = all(({ status }) => status === 'stopped');
  await reportCards(store, 15);
  await stopped;
  isHeld = true;
  for (const { name, stop } of following.states()) await leaveOut(name, stop);
  await looking.until;
  await reportCards(store, 1, 20);
  following.hurry(await store.head());
  await new Promise((resolve) => setImmediate(resolve));
  const live = all(({ status }) => status === 'live');
  letGo();

  await live;
  expect(following.states().map(({ events }) => events)).toEqual([18, 18]);
  following.close();
});

describe('a decision to leave out an event, while the log is away,', () => {
  let following: Follower;
  /** How often the log was followed. */
  let followed: number;
  let decided: ReturnType<typeof gate>;

  /** The views have a decision, and are about to look who may go on by it. */
  beforeEach(async () => {
    const [like] = (await twenty()) as [StoredEvent];
    followed = 0;
    decided = gate();
    asked = Promise.resolve();
    const away = gate();
    const log = {
      head: () => asked.then(() => START),
      readAll: () =>
        away.until.then(() => Promise.reject(new StoreUnavailableError('away', 'not-done'))),
      subscribe: () => {
        followed += 1;
        return coming;
      },
    };
    const views = {
      position: () => START,
      standings: () => [],
      apply: () => undefined,
      decisions: () => decided.until.then(() => new Map()),
      close: () => undefined,
    };
    following = new Follower(
      views as unknown as Projector,
      log as unknown as EventStore,
      () => undefined,
    );
    await following.start();
    const position = toPosition(1);
    following.hurry(position);
    jest.useFakeTimers();
    coming.next([{ ...like, position, type: 'EventSkipped' }]);
    away.letGo();
    await jest.advanceTimersByTimeAsync(0);
  });

  afterEach(() => {
    following.close();
    jest.useRealTimers();
  });

  test('has the views begin once, and not again after the wait', async () => {
    decided.letGo();
    await jest.advanceTimersByTimeAsync(2 * RETRY_MS);
    expect(followed).toBe(2);
  });

  test('has the views begin once, where they had just begun again', async () => {
    const { until, letGo } = gate();
    asked = until;
    await jest.advanceTimersByTimeAsync(RETRY_MS);
    decided.letGo();
    await jest.advanceTimersByTimeAsync(1);
    letGo();
    await jest.advanceTimersByTimeAsync(2 * RETRY_MS);
    expect(followed).toBe(2);
  });
});

/** An operator decides that the view leaves out what it has stopped at. */
async function leaveOut(projection: string, stop: ProjectionState['stop']): Promise<void> {
  if (!stop?.at) throw new Error(`${projection} has not stopped at an event`);
  const { position, eventId, type: eventType } = stop.at;
  const occurredAt = '2026-03-02T10:00:00.000Z';
  const data = { projection, eventId, eventType, position, reason: 'unlucky', occurredAt };
  const stream = streams.projection(projection);
  const from = { request: stream, by: { kind: 'operator' }, recordedAt: occurredAt } as const;
  await store.append(stream, 'any', [encode({ type: 'EventSkipped', data }, from)]);
}
