import { describe, expect, test } from '@jest/globals';
import type { RecordedEvent } from '../../src/ledger/domain/ledger-event.js';
import { requestName } from '../../src/ledger/domain/request-name.js';
import type { Outcome } from '../../src/sales/sales.commands.js';
import { CrashingStore, type Death } from '../support/crashing-store.js';
import { settings } from '../support/facts.js';
import { expectInvariants } from '../support/invariants.js';
import { back, close, sell, type Sending, timeout } from '../support/requests.js';
import { of } from '../support/specification.js';
import { removeFolder } from '../support/store-folder.js';
import { type NewLog, TestLedger, type TestLog } from '../support/test-ledger.js';

/** Something that happens at a time, RFC 3339: a request, or what the ledger does by itself every second. */
interface Step {
  readonly at: string;
  readonly sends: Sending | 'nothing, but does what is due';
}

const sending = (at: string, ...all: Sending[]): Step[] => all.map((sends) => ({ at, sends }));
const doingDue = (at: string): Step => ({ at, sends: 'nothing, but does what is due' });

const MORNING = '2026-11-24T02:00:00.000Z';
const NEXT_DAY = '2026-11-24T16:00:00.000Z';

/** The value date of that morning’s sales. */
const PAYDAY = '2026-11-25T02:00:00.000Z';

const dayClose = { op: 'day-close', merchantId: 'M1' } as const;

/** Each is run once without a crash, and once for each place at which the process may die. */
const SCENARIOS: Readonly<Record<string, readonly Step[]>> = {
  'voids of a part and of the rest, and refused ones': sending(
    MORNING,
    sell(1),
    back('void', 1, 2, { amount: 3_000 }),
    back('void', 1, 3, { amount: 7_001 }),
    back('void', 1, 4, { ifMatch: 1 }),
    sell(5, { currency: 'USD' }),
  ),
  'a reversal and a refund after the settlement': [
    ...sending(MORNING, sell(1), { op: 'settle', saleId: 'M1.T1.000001.000001' }),
    doingDue(NEXT_DAY),
    ...sending(
      '2026-11-25T02:00:00.000Z',
      back('reversal', 1, 1, { batchNo: '000002', amount: 4_000 }),
      back('refund', 1, 2, { batchNo: '000002' }),
    ),
  ],
  'a close of three sales, one of them voided in part': sending(
    MORNING,
    ...[sell(1), sell(2), sell(3), back('void', 1, 4, { amount: 1_000 }), close()],
  ),
  'a day-close of two batches, and requests after it': sending(
    MORNING,
    ...[sell(1), sell(1, { batchNo: '000002' }), dayClose],
    ...[back('refund', 1, 1, { batchNo: '000003', amount: 100 }), dayClose],
  ),
  'a close by the ledger itself at the cut-off, and the terminal’s totals after it': [
    ...sending(MORNING, sell(1), back('void', 1, 2, { amount: 1_000 })),
    doingDue(NEXT_DAY),
    ...sending(
      '2026-11-24T17:00:00.000Z',
      close('000001', {
        totals: {
          ...{ saleCount: 1, saleAmount: '10000', voidCount: 2, voidAmount: '1000' },
          ...{ refundCount: 0, refundAmount: '0' },
        },
      }),
    ),
  ],
  'time-out reversals of a sale, of voids, and of what never arrived': sending(
    MORNING,
    ...[sell(1), sell(2), back('void', 2, 3, { amount: 1_000 }), back('void', 2, 4)],
    ...[timeout(5, 1), timeout(6, 4), timeout(7, 8), sell(8), timeout(9, 3), timeout(10, 3)],
  ),
  'payouts by the ledger itself: one paid, one that comes back and is sent again, and reserve': [
    ...sending(MORNING, sell(1), sell(2), close()),
    doingDue(PAYDAY),
    ...sending(
      PAYDAY,
      ...[sell(1, { batchNo: '000002' }), close('000002')],
      { op: 'payout-returned', payoutId: 'M1.CNY.1' },
      { op: 'payouts', date: '2026-11-25' },
      { op: 'payout-paid', payoutId: 'M1.CNY.2' },
    ),
    doingDue('2026-11-27T02:00:00.000Z'),
    doingDue('2026-12-25T02:00:00.000Z'),
  ],
};

/** What was answered; nothing where nothing was sent. */
type Answers = readonly (Outcome<unknown> | undefined)[];

/** Takes the steps one after the other, and gives what was answered before the process died, if it does. */
async function play(ledger: TestLedger, steps: readonly Step[]): Promise<Answers> {
  const answers: (Outcome<unknown> | undefined)[] = [];
  try {
    for (const { at, sends } of steps) {
      ledger.at(at);
      if (typeof sends === 'string') await ledger.doDue();
      answers.push(typeof sends === 'string' ? undefined : await ledger.send(sends));
    }
  } catch (error) {
    const isDead = ledger.store instanceof CrashingStore && ledger.store.isDead;
    if (!isDead) throw error;
  }
  return answers;
}

interface Run {
  readonly log: TestLog;
  readonly ledger: TestLedger;
  /** The wall between the ledger and its log, once everything is set up. */
  readonly store: CrashingStore;
}

async function begin(newLog: NewLog, death?: Death): Promise<Run> {
  const log = newLog();
  let store: CrashingStore | undefined;
  const ledger = await TestLedger.open(log, {
    wrap: (inner) => (store = new CrashingStore(inner)),
  });
  if (!store) throw new Error('the store was not opened');
  const shop = settings({ fee: { basisPoints: 60 }, reserve: { basisPoints: 500, days: 30 } });
  const refundPolicy = { ...shop.refundPolicy, feeReturn: 'proportional' as const };
  await ledger.register('M1', { ...shop, refundPolicy }, { T1: 'S1', T2: 'S1' });
  store.countFromNow(death);
  return { log, ledger, store };
}

/** The facts by stream: which of two streams was written to first may differ. */
function facts(log: readonly RecordedEvent[]): Record<string, object[]> {
  const streams: Record<string, object[]> = {};
  for (const { stream, event } of log) {
    // Which node took a name may differ, and whether it knew of a swipe before this one, of which it warns.
    const data = { ...event.data, node: undefined, repeats: undefined };
    (streams[stream] ??= []).push({ ...event, data });
  }
  return streams;
}

async function end({ log, ledger }: Run): Promise<void> {
  await ledger.close();
  removeFolder(ledger.viewsDir);
  await log.remove();
}

/** After the crash everything is opened anew from the disk, and the terminals send again what was not answered. */
async function dieAndGoOn(
  newLog: NewLog,
  steps: readonly Step[],
  death: Death,
  expected: Record<string, object[]>,
): Promise<void> {
  const run = await begin(newLog, death);
  const acknowledged = await play(run.ledger, steps);
  expect(run.store.isDead).toBe(true);
  await run.ledger.close();

  const ledger = await TestLedger.open(run.log, { viewsDir: run.ledger.viewsDir });
  await play(ledger, steps.slice(acknowledged.length));
  await ledger.doDue();
  expect(facts(await ledger.log())).toEqual(expected);
  const undone = await ledger.undone();
  for (const [index, outcome] of acknowledged.entries()) {
    const sends = steps[index]?.sends;
    if (!outcome || typeof sends !== 'object' || /close|payout/.test(sends.op)) continue;
    const again = await ledger.send(sends);
    if ('stan' in sends && undone.has(requestName(sends))) {
      expect(again).toMatchObject({ refusal: { code: 'reversed' } });
    } else {
      expect(again).toEqual({ ...outcome, replayed: true });
    }
  }
  expect(facts(await ledger.log())).toEqual(expected);
  await expectInvariants(ledger);
  await end({ ...run, ledger });
}

/** For every place at which a process may die, before an append or behind it, or every so many of them, on any store. */
export function crashScenarios(name: string, newLog: NewLog, everyPlaces = 1): void {
  const where = everyPlaces === 1 ? 'wherever' : `at each ${everyPlaces}th place where`;
  describe.each(Object.entries(SCENARIOS))(`${name}: %s`, (_, steps) => {
    test(`ends as without the crash, ${where} the process dies, when what was not answered is sent again`, async () => {
      const whole = await begin(newLog);
      await play(whole.ledger, steps);
      const expected = facts(await whole.ledger.log());
      const { appends } = whole.store;
      expect(appends).toBeGreaterThan(3);
      await end(whole);
      for (let place = 0; place < 2 * appends; place += everyPlaces) {
        const at = Math.floor(place / 2) + 1;
        const loses = place % 2 === 0 ? 'append' : 'answer';
        await dieAndGoOn(newLog, steps, { at, loses }, expected);
      }
    });
  });

  test(`${name}: a close that is taken up after a crash settles by the terms of its beginning`, async () => {
    const run = await begin(newLog, { at: 3, loses: 'append' });
    await play(run.ledger, sending(MORNING, sell(1), close()));
    await run.ledger.close();

    const ledger = await TestLedger.open(run.log, { viewsDir: run.ledger.viewsDir });
    const dearer = {
      fee: { basisPoints: 5_000, cap: of(4_000) },
      reserve: { basisPoints: 0, days: 1 },
    };
    await ledger.register('M1', settings(dearer), {});
    await ledger.doDue();
    expect(await ledger.send(close())).toMatchObject({
      answer: { status: 'closed', settled: { count: 1, fee: '60', reserve: '500', net: '9440' } },
    });
    await expectInvariants(ledger);
    await end({ ...run, ledger });
  });
}
