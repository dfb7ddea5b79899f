import { setImmediate, setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, jest, test } from '@jest/globals';
import { type EventStore, StoreUnavailableError } from '../../../src/event-store/event-store.js';
import type { Counted } from '../../../src/merchants/domain/merchant.events.js';
import { UnseenRequests } from '../../../src/sales/unseen-requests.js';
import { settings } from '../../support/facts.js';
import { gate } from '../../support/held-store.js';
import { back, sell, type Sending } from '../../support/requests.js';
import { of } from '../../support/specification.js';
import { TestLedger } from '../../support/test-ledger.js';

/** The effect of one request is written, or is not, and its writer hears of that later. */
class LateAnswers {
  private readonly done = gate();
  private readonly answered = gate();
  private request: string | undefined;

  constructor(private readonly isWritten: boolean) {}

  /** From now on the effect of the request of this name. */
  hold(request: string): void {
    this.request = request;
  }

  /** Resolves when the store has done what it will do. */
  get came(): Promise<void> {
    return this.done.until;
  }

  letGo(): void {
    this.answered.letGo();
  }

  readonly wrap = (inner: EventStore): EventStore =>
    Object.assign(Object.create(inner) as EventStore, {
      append: async (...[stream, expected, events]: Parameters<EventStore['append']>) => {
        const isHeld = events.some(
          ({ type, data }) => EFFECTS.includes(type) && this.isOfRequest(stream, data),
        );
        if (!isHeld) return inner.append(stream, expected, events);
        const appended = this.isWritten && (await inner.append(stream, expected, events));
        this.done.letGo();
        await this.answered.until;
        if (appended) return appended;
        throw new StoreUnavailableError('the disk is away', 'not-done');
      },
    });

  private isOfRequest(stream: string, data: string): boolean {
    return stream.endsWith(this.request ?? '?') || data.includes(`"request":"${this.request}"`);
  }
}

const EFFECTS = ['Sale', 'Void', 'Refund'];

const name = (stan: number): string => `M1.T1.000001.${String(stan).padStart(6, '0')}`;

/** Three requests of each kind, of which the day allows two. */
const kinds: Record<Counted, (index: number) => Sending> = {
  sale: (index) => sell(10 + index),
  void: (index) => back('void', index, 10 + index),
  refund: (index) => back('refund', index, 10 + index),
};

const approved = (index: number): Sending => ({ op: 'approve', approvalId: name(10 + index) });

async function ledgerWith(kind: Counted, isApproved: boolean, answers: LateAnswers) {
  const ledger = await TestLedger.open(undefined, { wrap: answers.wrap });
  const above = isApproved ? { voidPolicy: { approvalAbove: of(0) } } : {};
  await ledger.register('M1', settings(above), { T1: 'S1' });
  for (const stan of [1, 2, 3]) {
    await ledger.send(sell(stan));
    if (kind === 'refund') await ledger.send({ op: 'settle', saleId: name(stan) });
    if (isApproved) await ledger.send(kinds[kind](stan));
  }
  const count = kind === 'sale' ? 5 : 2;
  await ledger.ledger.merchants.put(
    'M1',
    settings({ ...above, limits: { daily: { [kind]: { count } } } }),
    { kind: 'operator' },
  );
  return ledger;
}

/** The first of three is with the store, which has done what it will do, and has not said so. */
async function oneOnItsWay(kind: Counted, send: (index: number) => Sending, isWritten: boolean) {
  const answers = new LateAnswers(isWritten);
  const ledger = await ledgerWith(kind, send === approved, answers);
  answers.hold(name(11));
  const first = ledger.send(send(1));
  await answers.came;
  return { answers, ledger, first };
}

/** The store works on while time is made to pass. */
const REAL = ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate', 'Date'] as const;

afterEach(() => {
  jest.useRealTimers();
});

/** What decides without waiting has done so by then: no view and no disk is behind. */
const decided = (): Promise<void> => pause(100);

const cases: [what: string, kind: Counted, send: (index: number) => Sending][] = [
  ['sale', 'sale', kinds.sale],
  ['void', 'void', kinds.void],
  ['refund', 'refund', kinds.refund],
  ['void that is approved', 'void', approved],
];

test.each(cases)(
  'a %s that the view has seen before its writer has the answer counts once',
  async (_, kind, send) => {
    const { answers, ledger, first } = await oneOnItsWay(kind, send, true);
    await ledger.caughtUp();

    const second = ledger.send(send(2));
    await decided();
    answers.letGo();

    expect(await first).toHaveProperty('answer');
    expect(await second).toHaveProperty('answer');
    expect(await ledger.send(send(3))).toMatchObject({ refusal: { code: 'within-limits' } });
  },
);

test.each(cases)(
  'a %s that does not get into the log keeps no other out',
  async (_, kind, send) => {
    const { answers, ledger, first } = await oneOnItsWay(kind, send, false);

    const second = ledger.send(send(2));
    const third = ledger.send(send(3));
    await decided();
    answers.letGo();

    await expect(first).rejects.toThrow('the disk is away');
    expect(await second).toHaveProperty('answer');
    expect(await third).toHaveProperty('answer');
  },
);

test.each(cases)(
  'a %s that the store does not tell of keeps no other waiting for good',
  async (_, kind, send) => {
    const { answers, ledger, first } = await oneOnItsWay(kind, send, false);
    await ledger.send(send(2));

    jest.useFakeTimers({ doNotFake: [...REAL] });
    let failure: unknown;
    const third = ledger.send(send(3)).catch((error: unknown) => (failure = error));
    for (let seconds = 0; seconds < 60 && failure === undefined; seconds += 1) {
      await jest.advanceTimersByTimeAsync(1_000);
      await setImmediate();
    }
    answers.letGo();
    await Promise.allSettled([first, third]);
    expect(failure).toMatchObject({ name: 'StoreUnavailableError', outcome: 'not-done' });
  },
);

test('one that has waited for others long enough waits for no more of them', async () => {
  const unseen = new UnseenRequests();
  const subjects = { merchant: 'M1', store: 'S1', terminal: 'T1', card: 'tok' };
  const day = { merchantId: 'M1', kind: 'sale', date: '2026-01-01', currency: 'EUR' } as const;
  unseen.count({ ...day, subjects, amount: 1n }, new Promise(() => undefined));

  const begun = performance.now() - 60_000;
  await expect(unseen.known(begun)).rejects.toMatchObject({ outcome: 'not-done' });
  expect(performance.now() - begun).toBeLessThan(64_000);
});

test('whether a sale may still be voided is answered when that is known, too', async () => {
  const { answers, ledger, first } = await oneOnItsWay('void', kinds.void, true);
  await ledger.caughtUp();

  const asked = ledger.ledger.saleQueries.voidability(name(2), {});
  await decided();
  answers.letGo();

  expect(await first).toHaveProperty('answer');
  expect((await asked).answer.decision).toBe('void');
});
