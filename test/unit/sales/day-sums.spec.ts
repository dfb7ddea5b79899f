import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Position, toPosition } from '../../../src/event-store/event-store.js';
import { minor } from '../../../src/ledger/domain/money.js';
import type { Journal } from '../../../src/ledger/journal.js';
import type { News } from '../../../src/ledger/news.js';
import { NO_SUM } from '../../../src/merchants/domain/limits.js';
import { evolveMerchant, type Merchant } from '../../../src/merchants/domain/merchant.js';
import type { Counted, PlaceLimits } from '../../../src/merchants/domain/merchant.events.js';
import { ViewBehindError, type Views } from '../../../src/projections/views.js';
import { DaySums } from '../../../src/sales/day-sums.js';
import { merchantWith, settings } from '../../support/facts.js';
import { sell } from '../../support/requests.js';
import { BY, newSqliteLog, TestLedger } from '../../support/test-ledger.js';

const UNDER = { date: '2026-11-24', currency: 'CNY' };
const MANY = 10_500;

/** A log whose sales are all of 1, one a position, and a view that stands where it is put. */
class World {
  head = 0;
  seen = 0;
  /** Such a view gets no further. */
  isStopped = false;
  readonly daySums: DaySums;

  constructor() {
    const journal = { head: () => Promise.resolve(toPosition(this.head)) };
    const views = {
      waitFor: (position: Position) => {
        if (position <= toPosition(this.seen)) return Promise.resolve();
        if (this.isStopped) return Promise.reject(new ViewBehindError('day-sums', position));
        this.seen = this.head;
        return Promise.resolve();
      },
      daySums: {
        read: <T>(_key: unknown, take: (then: object) => T): T => {
          const of = (scope: string) =>
            scope === 'merchant' ? { count: this.seen, amount: BigInt(this.seen) } : NO_SUM;
          return take({ position: toPosition(this.seen), of });
        },
      },
    };
    const news = { isNeeded: false };
    this.daySums = new DaySums(
      journal as unknown as Journal,
      views as unknown as Views,
      news as unknown as News,
    );
  }

  async spot(merchant: Merchant, kind: Counted) {
    const terminal = { terminalId: 'T1', storeId: 'S1', currency: 'CNY' };
    const spot = await this.daySums.at(merchant, terminal, 'tok_1', [kind]);
    if (!spot) throw new Error('there are no limits');
    return spot;
  }

  /** What counts towards the merchant's limits. */
  async used(merchant: Merchant, kind: Counted) {
    return (await this.spot(merchant, kind)).applied(kind, UNDER)[0]?.used;
  }

  /** Takes sales that the view does not see. */
  async sell(merchant: Merchant, count: number): Promise<void> {
    for (let sold = 0; sold < count; sold += 1) {
      const spot = await this.spot(merchant, 'sale');
      spot.applied('sale', UNDER);
      this.head += 1;
      spot.count('sale', UNDER, 1, Promise.resolve(toPosition(this.head)));
    }
    await turn();
  }
}

const merchant = (limits: PlaceLimits): Merchant =>
  evolveMerchant(undefined, merchantWith({ limits }));

describe('kinds of requests that have no daily limit', () => {
  test.each<PlaceLimits>([{ single: { sale: minor(5_000) } }, { daily: { void: { count: 3 } } }])(
    'wait for no view and leave nothing behind: %j',
    async (limits) => {
      const world = new World();
      world.isStopped = true;

      await world.sell(merchant(limits), MANY);

      world.isStopped = false;
      const limited = merchant({ daily: { sale: { count: 3 } } });
      await world.spot(limited, 'sale');
      world.isStopped = true;
      expect(await world.used(limited, 'sale')).toEqual({ count: MANY, amount: BigInt(MANY) });
    },
  );

  test('may fail without a rejection that nobody handles: it would end the process', async () => {
    const spot = await new World().spot(merchant({ single: { sale: minor(5_000) } }), 'sale');

    spot.count('sale', UNDER, 1, Promise.reject(new Error('the stream has moved on')));

    await turn();
  });
});

describe('requests that the view has not seen', () => {
  const limited = merchant({ daily: { sale: { count: 1_000_000 } } });

  test('make the next one wait for the view when there are too many', async () => {
    const world = new World();
    await world.used(limited, 'sale');
    world.isStopped = true;

    await expect(world.sell(limited, MANY)).rejects.toThrow(ViewBehindError);
    expect(world.head).toBe(10_001);
    world.isStopped = false;
    await world.sell(limited, MANY);
    expect(await world.used(limited, 'sale')).toEqual({
      count: 10_001 + MANY,
      amount: BigInt(10_001 + MANY),
    });
  });

  test('count once, whatever becomes known of them in what order', async () => {
    const step = fc.oneof(
      ...(['begin', 'write', 'fail', 'tell', 'see'] as const).map((what) =>
        fc.record({ what: fc.constant(what), nth: fc.nat(20) }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const world = new World();
        const requests: Request[] = [];
        for (const { what, nth } of steps) {
          await take(world, requests, what, nth);
          await turn();
          const used = await world.used(limited, 'sale');
          const counting = requests.filter(({ state }) => state !== 'failed').length;
          // One that the view has seen before its writer knows of it counts twice until then, and never less than once.
          expect(used?.count).toBeGreaterThanOrEqual(counting);
          const isAllTold = requests.every(({ state }) => state !== 'written');
          if (isAllTold) expect(used).toEqual({ count: counting, amount: BigInt(counting) });
        }
      }),
    );
  });

  interface Request {
    state: 'begun' | 'written' | 'told' | 'failed';
    position: number;
    readonly tell: (position: Position | undefined) => void;
  }

  async function take(world: World, requests: Request[], what: string, nth: number): Promise<void> {
    const nthOf = (state: Request['state']): Request | undefined => {
      const such = requests.filter((request) => request.state === state);
      return such[nth % such.length];
    };
    if (what === 'begin') {
      const spot = await world.spot(limited, 'sale');
      let tell: Request['tell'] = () => undefined;
      const written = new Promise<Position | undefined>((resolve) => (tell = resolve));
      spot.count('sale', UNDER, 1, written);
      requests.push({ state: 'begun', position: 0, tell });
    } else if (what === 'see') {
      world.seen = Math.max(world.seen, world.head - nth);
    } else if (what === 'write') {
      const request = nthOf('begun');
      if (request) Object.assign(request, { state: 'written', position: (world.head += 1) });
    } else if (what === 'tell') {
      const request = nthOf('written');
      request?.tell(toPosition(request.position));
      if (request) request.state = 'told';
    } else {
      const request = nthOf('begun');
      request?.tell(undefined);
      if (request) request.state = 'failed';
    }
  }
});

describe('what counted before a restart', () => {
  const daily = { sale: { count: 1 } };

  test.each<[string, (ledger: TestLedger) => Promise<unknown>]>([
    ['merchant', ({ ledger }) => ledger.merchants.put('M1', settings({ limits: { daily } }), BY)],
    [
      'terminal',
      ({ ledger }) => {
        const terminal = { terminalId: 'T1', storeId: 'S1', currency: 'CNY', limits: { daily } };
        return ledger.merchants.assignTerminal('M1', terminal, BY);
      },
    ],
    ['store', ({ ledger }) => ledger.merchants.setStoreLimits('M1', 'S1', { daily }, BY)],
    [
      'card',
      ({ ledger }) => {
        const limits = { perCard: { daily } };
        return ledger.merchants.put('M1', settings({ limits }), BY);
      },
    ],
  ])('counts behind it: of a %s', async (_, limit) => {
    const log = newSqliteLog();
    const before = await TestLedger.open(log);
    await before.register('M1', settings(), { T1: 'S1' });
    await limit(before);
    expect(await before.send(sell(1))).toHaveProperty('answer');
    await before.close();
    const after = await TestLedger.open(log);
    expect(await after.send(sell(2))).toMatchObject({ refusal: { code: 'within-limits' } });
  });
});
