import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Subscription } from 'rxjs';
import {
  NoSuchPositionError,
  type Position,
  START,
  type StoredEvent,
  StoreUnavailableError,
  toPosition,
} from '../../../src/event-store/event-store.js';
import type { RenewableClient } from '../../../src/event-store/kurrentdb/connection.js';
import type { LogReads } from '../../../src/event-store/kurrentdb/log-reads.js';
import { trail } from '../../../src/event-store/kurrentdb/trail.js';

/** More than this within a while is read in pages. */
const MANY = 60;
const WHILE_MS = 51;
/** What breaks is taken up again after this. */
const REST_MS = 100;
/** After so long without a word a subscription is asked about. */
const SILENCE_MS = 10_000;

interface Place {
  readonly commit: bigint;
  readonly prepare: bigint;
}

interface Options {
  readonly fromPosition: Place | string;
  readonly filter: { readonly checkpointReached: (self: unknown, place: Place) => void };
}

/** The server's side of a subscription. */
class FakeSubscription extends EventEmitter {
  isEnded = false;

  constructor(readonly options: Options) {
    super();
  }

  unsubscribe(): Promise<void> {
    this.isEnded = true;
    return Promise.resolve();
  }

  send(...numbers: readonly number[]): void {
    for (const number of numbers) this.emit('data', { event: sent(number) });
  }

  reached(number: number): void {
    this.options.filter.checkpointReached(this, place(number));
  }
}

const place = (number: number): Place => ({ commit: BigInt(number), prepare: BigInt(number) });

/** An event at this place of the log, as a subscription brings it. */
const sent = (number: number) => ({
  streamId: 'sale-1',
  id: `e${number}`,
  type: 'Sale',
  revision: BigInt(number),
  position: place(number),
  data: { number },
  metadata: {},
});

const stored = (number: number): StoredEvent => ({
  position: toPosition(number),
  stream: 'sale-1',
  revision: number,
  id: `e${number}`,
  type: 'Sale',
  data: `{"number":${number}}`,
  metadata: '{}',
});

const numbersFrom = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first + index);

/** Numbers of the events that the log has, as pages find them. */
let log: number[];
let subscriptions: FakeSubscription[];
/** What a page fails by, instead of being read. */
let fault: Error | undefined;
let seen: number[];
let failure: unknown;
let following: Subscription | undefined;
let renewals: number;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
  log = [];
  subscriptions = [];
  seen = [];
  fault = undefined;
  failure = undefined;
  renewals = 0;
});

afterEach(() => {
  following?.unsubscribe();
  jest.useRealTimers();
});

const behind = (after: Position | undefined): StoredEvent[] => {
  if (fault) throw fault;
  return log.map(stored).filter(({ position }) => position > (after ?? START));
};

const reads = {
  pages: async function* (after: Position) {
    await Promise.resolve();
    const events = behind(after);
    if (events.length > 0) yield events;
  },
  page: ({ after, limit }: { after?: Position; limit: number }) =>
    Promise.resolve().then(() => behind(after).slice(0, limit)),
  head: () => Promise.resolve().then(() => behind(START).at(-1)?.position ?? START),
} as unknown as LogReads;

const reader = {
  client: {
    subscribeToAll: (options: Options) => {
      const subscription = new FakeSubscription(options);
      subscriptions.push(subscription);
      return subscription;
    },
  },
  renew: () => (renewals += 1),
} as unknown as RenewableClient;

async function follow(after: Position = START): Promise<void> {
  following = trail(reader, reads, ['sale-'], after).subscribe({
    next: (page) => seen.push(...page.map(({ position }) => Number(position))),
    error: (error: unknown) => (failure = error),
  });
  await pass();
}

const pass = (milliseconds = 1): Promise<void> => jest.advanceTimersByTimeAsync(milliseconds);

const last = (): FakeSubscription => subscriptions.at(-1) as FakeSubscription;

/** So much comes that it is read in pages; `ended` is the subscription that it came by. */
async function muchComes(first: number): Promise<FakeSubscription> {
  const ended = last();
  const numbers = numbersFrom(first, MANY);
  log.push(...numbers);
  await pass(WHILE_MS);
  ended.send(...numbers);
  await pass();
  expect(ended.isEnded).toBe(true);
  return ended;
}

describe('following the log', () => {
  test('begins with what is there, goes on with what comes, and stops when it is told to', async () => {
    log = [1, 2];
    await follow();
    last().send(3);
    await pass();
    following?.unsubscribe();
    last().send(4);
    await pass();

    expect(seen).toEqual([1, 2, 3]);
    expect(subscriptions.map(({ isEnded }) => isEnded)).toEqual([true]);
  });

  test('goes on after much has come where the pages ended', async () => {
    await follow();
    await muchComes(1);

    expect(subscriptions).toHaveLength(2);
    expect(last().options.fromPosition).toEqual(place(MANY));
    last().send(MANY + 1);
    await pass();
    expect(seen).toEqual(numbersFrom(1, MANY + 1));
  });

  const says: Record<string, (ended: FakeSubscription) => void> = {
    'an event': (ended) => {
      ended.send(MANY + 1);
    },
    'how far it has looked': (ended) => {
      ended.reached(MANY + 1);
    },
    'that it has ended': (ended) => ended.emit('end'),
    'a fault': (ended) => ended.emit('error', new Error('gone')),
  };

  test.each(Object.entries(says))(
    'does not heed a subscription that is over: %s',
    async (_, tell) => {
      await follow();
      const ended = await muchComes(1);
      tell(ended);
      last().emit('error', new Error('broken'));
      await pass(REST_MS);
      expect(last().options.fromPosition).toEqual(place(MANY));
      tell(ended);
      await pass();
      expect(seen).toEqual(numbersFrom(1, MANY));

      following?.unsubscribe();
      expect(subscriptions.map(({ isEnded }) => isEnded)).toEqual([true, true, true]);
    },
  );

  test.each(['end', 'error'])('goes on behind the last event after an %s', async (what) => {
    log = [1];
    await follow();
    last().send(2);
    last().emit(what, new Error('broken'));
    log.push(2, 3);
    await pass(REST_MS);

    expect(seen).toEqual([1, 2, 3]);
    expect(subscriptions).toHaveLength(2);
    expect(last().options.fromPosition).toEqual(place(3));
  });

  test('goes on where the server has looked, and with each event from there once', async () => {
    log = [1];
    await follow();
    last().send(2);
    last().reached(90);
    last().emit('error', new Error('broken'));
    log.push(2);
    await pass(REST_MS);
    expect(last().options.fromPosition).toEqual(place(90));
    last().send(91);
    await pass();
    last().emit('error', new Error('broken again'));
    log.push(91, 92);
    await pass(REST_MS);

    expect(seen).toEqual([1, 2, 91, 92]);
    expect(last().options.fromPosition).toEqual(place(92));
  });

  test('waits longer from one fault to the next, and no longer once something has come', async () => {
    log = [1];
    await follow();
    fault = new StoreUnavailableError('away', 'not-done');
    last().emit('error', new Error('broken'));
    await pass(REST_MS);
    fault = undefined;
    await pass(2 * REST_MS - 2);
    expect(subscriptions).toHaveLength(1);
    log.push(2);
    await pass(2);
    expect([subscriptions.length, seen]).toEqual([2, [1, 2]]);

    last().emit('error', new Error('broken'));
    await pass(REST_MS);
    expect(subscriptions).toHaveLength(3);
  });

  test('from a place that never was fails, and says so', async () => {
    fault = new NoSuchPositionError(toPosition(7));
    await follow(toPosition(7));
    expect(failure).toBe(fault);
  });

  test('goes on after the place was once not there to a server that had given it', async () => {
    log = [1];
    await follow();
    fault = new NoSuchPositionError(toPosition(1));
    last().emit('error', new Error('broken'));
    await pass(REST_MS);
    fault = undefined;
    log.push(2);
    await pass(2 * REST_MS);

    expect([failure, seen]).toEqual([undefined, [1, 2]]);
  });

  test('goes on by another subscription where one is silent though the log has more', async () => {
    log = [1];
    await follow();
    last().reached(90);
    log.push(91);
    await pass(2 * SILENCE_MS + REST_MS);

    expect(seen).toEqual([1, 91]);
    expect(subscriptions.map(({ isEnded }) => isEnded)).toEqual([true, false]);
    expect(renewals).toBe(1);
  });

  test('stays with one that is silent while the log has no more, can not be read, or soon comes', async () => {
    log = [1];
    await follow();
    await pass(2 * SILENCE_MS);
    fault = new StoreUnavailableError('away', 'not-done');
    await pass(2 * SILENCE_MS);
    fault = undefined;
    log.push(2);
    await pass(SILENCE_MS);
    last().send(2);
    await pass(2 * SILENCE_MS);
    following?.unsubscribe();

    expect([seen, subscriptions.length, renewals]).toEqual([[1, 2], 1, 0]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
