import { beforeAll, describe, expect, test } from '@jest/globals';
import { ownStream } from '../../../src/audit/domain/own-stream.js';
import type { StoredEvent } from '../../../src/event-store/event-store.js';
import { encode } from '../../../src/ledger/event-codec.js';
import type { LedgerEvent } from '../../../src/ledger/domain/ledger-event.js';
import { faultsIn, recordedApart } from '../../support/eventful-log.js';
import { settings } from '../../support/facts.js';
import { back, close, sell } from '../../support/requests.js';
import { of } from '../../support/specification.js';
import { positionAt, withData } from '../../support/tampering.js';
import { BY, newSqliteLog, TestLedger } from '../../support/test-ledger.js';

type Of<T extends LedgerEvent['type']> = Extract<LedgerEvent, { type: T }>['data'];

const SECOND_MS = 1_000;

/** Long after all else: whoever decided something then knew all that stands before it. */
const LATE = '2100-01-01T00:00:00.000Z';

const TODAY = '2026-11-27';

/** Of M1 four payouts, 20.00 that it owes, and 5.00 held until the 28th; of M2 nothing; of M3 55.00, and a moment ago 95.00. */
let log: StoredEvent[];

beforeAll(async () => {
  const ledger = await TestLedger.open(newSqliteLog());
  const some = settings({ reserve: { basisPoints: 500, days: 3 } });
  for (const merchantId of ['M1', 'M2', 'M3'])
    await ledger.register(merchantId, some, { T1: 'S1' });
  for (const sending of [sell(1), sell(2), close()]) await ledger.send(sending);
  ledger.at('2026-11-25T02:00:00.000Z');
  await ledger.send({ op: 'payouts', date: '2026-11-25' });
  await ledger.send({ op: 'payout-paid', payoutId: 'M1.CNY.1' });
  await ledger.send(back('refund', 1, 1, { batchNo: '000003', amount: 5_000 }));
  const owed = { op: 'write-off', merchantId: 'M1', currency: 'CNY' } as const;
  await ledger.send({ ...owed, writeOffId: 'W1' });
  await ledger.send(sell(1, { batchNo: '000002' }));
  await ledger.send(close('000002'));
  ledger.at('2026-11-26T02:00:00.000Z');
  await ledger.send({ op: 'payouts', date: '2026-11-26' });
  await ledger.send({ op: 'payout-returned', payoutId: 'M1.CNY.2' });
  await ledger.send({ op: 'payouts', date: '2026-11-26' });
  await ledger.send({ op: 'payout-paid', payoutId: 'M1.CNY.3' });
  await ledger.send({ op: 'payout-returned', payoutId: 'M1.CNY.3' });
  ledger.at(`${TODAY}T02:00:00.000Z`);
  await ledger.doDue();
  await ledger.send(back('refund', 1, 1, { batchNo: '000004', amount: 2_000 }));
  const ofM3 = { merchantId: 'M3' };
  await ledger.send(sell(1, ofM3));
  await ledger.send(close('000001', ofM3));
  const refund = { ...ofM3, batchNo: '000003', amount: 4_000 };
  await ledger.send(back('refund', 'M3.T1.000001.000001', 1, refund));
  log = (await ledger.store.readAll({ limit: 1_000 })).map(recordedApart);
  await ledger.close();
});

const now = { businessDate: TODAY, occurredAt: `${TODAY}T03:00:00.000Z` };

function payout(more: Partial<Of<'PayoutSent'>> = {}): LedgerEvent {
  const { merchantId = 'M3', number = 1, payoutId = `${merchantId}.CNY.${number}` } = more;
  const data = { merchantId, currency: 'CNY', number, amount: '5500', date: TODAY, ...now };
  return { type: 'PayoutSent', data: { ...data, ...more, payoutId } };
}

function writeOff(more: Partial<Of<'WrittenOff'>> = {}): LedgerEvent {
  const data = { merchantId: 'M1', currency: 'CNY', amount: '2000', reason: 'gone', ...now };
  return { type: 'WrittenOff', data: { writeOffId: 'W9', ...data, ...more } };
}

function release(more: Partial<Of<'ReserveReleased'>> = {}): LedgerEvent {
  const data = { merchantId: 'M1', currency: 'CNY', amount: '500', ...now };
  const dates = { heldUntil: '2026-11-28', businessDate: '2026-11-28' };
  return { type: 'ReserveReleased', data: { ...data, ...dates, ...more } };
}

function rightFrozen(): LedgerEvent {
  const { occurredAt } = now;
  const data = { merchantId: 'M3', right: 'payout', reason: 'checked', occurredAt } as const;
  return { type: 'RightFrozen', data };
}

function stored(event: LedgerEvent, recordedAt = LATE): StoredEvent {
  const from = { request: 'put in', by: BY, recordedAt };
  return { ...encode(event, from), stream: ownStream(event), revision: 0, position: positionAt(0) };
}

/** What is found when these are put in at the end. */
function faultsBehind(...events: readonly StoredEvent[]) {
  return faultsIn([...log, ...events]);
}

function index(type: LedgerEvent['type'], which = 0): number {
  const all = log.flatMap((event, at) => (event.type === type ? [at] : []));
  return all[which] as number;
}

test('more reserve released than was kept is found by the books', async () => {
  const sales = [index('Settled'), index('Settled', 1)];
  const less = log.map((event, at) =>
    sales.includes(at)
      ? withData(event, (data) =>
          data.replace('"reserve":500', '"reserve":0').replace('"net":9500', '"net":10000'),
        )
      : event,
  );
  expect(await faultsIn(less)).toContainEqual({
    code: 'books',
    detail: 'M1 CNY: merchant_reserve has 500 less than nothing',
  });
});

test('a payout that was never sent can’t be paid', async () => {
  const [amount, payoutId] = ['5500', 'M3.CNY.1'];
  const data = { payoutId, merchantId: 'M3', currency: 'CNY', amount, ...now };
  expect(await faultsBehind(stored({ type: 'PayoutPaid', data }))).toMatchObject([
    { code: 'illegal', detail: 'the payout was never sent' },
    { code: 'books', detail: 'M3 CNY: payout_in_transit has 5500 less than nothing' },
  ]);
});

test('a payout that was refused lets the next take no more', async () => {
  const puts = [
    stored(payout({ amount: '999999' })),
    stored(payout({ number: 2, amount: '6000' })),
  ];
  const found = await faultsBehind(...puts);
  expect(found.map(({ detail }) => detail)).toEqual([
    'it is of 999999, and 5500 was available',
    'it is of 6000, and 5500 was available',
  ]);
});

test('a write-off in any other stream than a write-off’s is misplaced', async () => {
  const put = { ...stored(writeOff()), stream: 'card-x' };
  expect(await faultsBehind(put)).toMatchObject([{ code: 'misplaced' }]);
});

test('the least that a merchant is paid may be just what there is', async () => {
  const set = settings({ reserve: { basisPoints: 500, days: 3 }, payoutMinimum: of(5_500) });
  const { occurredAt } = now;
  const data = { merchantId: 'M3', settings: set, occurredAt };
  const changed = stored({ type: 'MerchantPolicyChanged', data });
  const put = stored(payout(), '2100-01-02T00:00:00.000Z');
  expect(await faultsBehind(changed, put)).toEqual([]);
});

test('money that the ledger paid, gave up and released, and that came back, is no fault', async () => {
  const types = log.map(({ type }) => type);
  const count = (type: string): number => types.filter((each) => each === type).length;
  expect(count('PayoutSent')).toBe(4);
  expect(count('PayoutReturned')).toBe(2);
  expect(count('WrittenOff')).toBe(1);
  expect(count('ReserveReleased')).toBe(1);
  expect(await faultsIn(log)).toEqual([]);
});

describe('an event that was put in', () => {
  test('is no fault where it is just what there was', async () => {
    const put = [payout(), writeOff(), release()].map((event) => stored(event));
    expect(await faultsBehind(...put)).toEqual([]);
  });

  test.each<[string, () => LedgerEvent, string]>([
    [
      'a payout of more than is available',
      () => payout({ amount: '5501' }),
      'it is of 5501, and 5500 was available',
    ],
    [
      'a payout to a merchant that owes',
      () => payout({ merchantId: 'M1', number: 5, amount: '1' }),
      'it is of 1, and -2000 was available',
    ],
    ['a payout of nothing', () => payout({ amount: '0' }), '"0" is no amount above zero'],
    ['a payout below zero', () => payout({ amount: '-1' }), '"-1" is no amount above zero'],
    [
      'a payout under another name',
      () => payout({ payoutId: 'M3.CNY.7' }),
      'by its number it is payout M3.CNY.1',
    ],
    [
      'a payout with a number too far on',
      () => payout({ number: 3 }),
      'it has number 3 where 1 is due',
    ],
    [
      'a payout with the number zero',
      () => payout({ number: 0 }),
      'it has number 0 where 1 is due',
    ],
    [
      'a payout that was sent already',
      () => payout({ merchantId: 'M1', number: 4 }),
      'the payout was sent already',
    ],
    ['a payout to nobody', () => payout({ merchantId: 'M9' }), 'its merchant was never registered'],
    [
      'a write-off of more than is owed',
      () => writeOff({ amount: '2001' }),
      'it is of 2001, and 2000 was owed',
    ],
    [
      'a write-off of what nobody owes',
      () => writeOff({ merchantId: 'M2', amount: '555' }),
      'it is of 555, and 0 was owed',
    ],
    [
      'a release of more than is held',
      () => release({ amount: '501' }),
      'it is of 501, and 500 was held until 2026-11-28',
    ],
    [
      'a release of what was released',
      () => release({ heldUntil: TODAY, amount: '1000' }),
      `it is of 1000, and 0 was held until ${TODAY}`,
    ],
    [
      'a release before its date',
      () => release({ businessDate: TODAY }),
      `it was held until 2026-11-28, and released on ${TODAY}`,
    ],
  ])('%s is found', async (_what, event, detail) => {
    const put = stored(event());
    expect(await faultsBehind(put)).toEqual([
      {
        code: 'illegal',
        position: positionAt(log.length),
        stream: put.stream,
        detail,
      },
    ]);
  });

  test('is told once, and not again by what became of it', async () => {
    const large = { payoutId: 'M2.CNY.7', merchantId: 'M2', amount: '999999999999' };
    const { payoutId, merchantId, amount } = large;
    const paid = { payoutId, merchantId, amount, currency: 'CNY', ...now };
    const found = await faultsBehind(
      stored(payout({ ...large, number: 3 })),
      stored({ type: 'PayoutPaid', data: paid }),
      stored(writeOff({ merchantId: 'M2', amount: '555' })),
    );
    expect(found.map(({ code, position }) => [code, position])).toEqual([
      ['illegal', positionAt(log.length)],
      ['illegal', positionAt(log.length + 2)],
    ]);
  });

  test.each<[string, number, () => LedgerEvent]>([
    ['a payout', 1, () => payout({ merchantId: 'M1', number: 9, amount: '9500' })],
    ['a payout', 1, () => payout({ merchantId: 'M1', number: 2, payoutId: 'M1.CNY.7' })],
    ['a write-off', 1, () => writeOff({ amount: '555' })],
    ['a release', 1, () => release({ amount: '9000' })],
    ['a release', 3, () => release({ heldUntil: TODAY, businessDate: '2026-11-26' })],
  ])('between true ones, %s, does not make those behind it wrong', async (_what, which, event) => {
    const at = index('PayoutSent', which);
    const found = await faultsIn(log.toSpliced(at, 0, stored(event())));
    expect(found).toMatchObject([{ code: 'illegal', position: positionAt(at) }]);
  });

  test('is found where the merchant’s payouts were frozen', async () => {
    const found = await faultsBehind(
      stored(rightFrozen(), '2099-01-01T00:00:00.000Z'),
      stored(payout()),
    );
    expect(found).toMatchObject([
      {
        position: positionAt(log.length + 1),
        detail: 'the merchant’s payouts were frozen, or the least that it is paid was more',
      },
    ]);
  });

  test('takes no more than the one before it has left', async () => {
    const soon = afterLast(1);
    const found = await faultsBehind(
      stored(payout(), soon),
      stored(payout({ number: 2, amount: '1' }), soon),
    );
    expect(found).toMatchObject([
      { position: positionAt(log.length + 1), detail: 'it is of 1, and 0 was available' },
    ]);
  });
});

describe('a payout', () => {
  test('that was changed to pay more is found, and none behind it', async () => {
    const at = index('PayoutSent', 1);
    const more = withData(log[at] as StoredEvent, (data) => data.replace('"9500"', '"9900"'));
    expect(await faultsIn(log.with(at, more))).toMatchObject([
      { position: positionAt(at), detail: 'it is of 9900, and 9500 was available' },
    ]);
  });

  test('that was taken out is found by the number of the next, and by no other', async () => {
    const cut = log.filter(({ stream }) => stream !== 'payout-M1.CNY.2');
    const next = cut.findIndex(({ stream }) => stream === 'payout-M1.CNY.3');
    expect(await faultsIn(cut)).toMatchObject([
      { position: positionAt(next), detail: 'it has number 3 where 2 is due' },
    ]);
  });

  test('of what was released too early is not told as well', async () => {
    const at = index('ReserveReleased');
    const early = withData(log[at] as StoredEvent, (data) =>
      data.replace(`"businessDate":"${TODAY}"`, '"businessDate":"2026-11-26"'),
    );
    expect(await faultsIn(log.with(at, early))).toMatchObject([
      {
        position: positionAt(at),
        detail: `it was held until ${TODAY}, and released on 2026-11-26`,
      },
    ]);
  });

  test('is not held against a fault before it that moved the money', async () => {
    const at = index('PayoutSent', 3);
    const refunded = log[index('Refund')] as StoredEvent;
    const found = await faultsIn(log.toSpliced(at, 0, refunded));
    expect(found[0]).toMatchObject({ code: 'request', position: positionAt(at) });
    expect(found.filter(({ stream }) => stream?.startsWith('payout-'))).toEqual([]);
  });
});

/** So many seconds after the last of the log was recorded. */
function afterLast(seconds: number): string {
  const { recordedAt } = JSON.parse(log.at(-1)?.metadata ?? '') as { recordedAt: string };
  return new Date(Date.parse(recordedAt) + seconds * SECOND_MS).toISOString();
}

describe('another node', () => {
  test.each([
    ['may not have seen a refund', 80, '9500', []],
    ['has seen it in the end', 100, '9500', ['it is of 9500, and 5500 was available']],
    ['pays no more than there ever was', 1, '9501', ['it is of 9501, and 9500 was available']],
  ])('that pays %s', async (_what, seconds, amount, details) => {
    const found = await faultsBehind(stored(payout({ amount }), afterLast(seconds)));
    expect(found.map(({ detail }) => detail)).toEqual(details);
  });

  test.each([
    ['what was given up just then', 'W10', 'it is of 2000, and 0 was owed'],
    ['under a name that was given', 'W9', 'there was a write-off W9 already'],
  ])('writes off nothing %s', async (_what, writeOffId, detail) => {
    const found = await faultsBehind(
      stored(writeOff(), afterLast(0)),
      stored(writeOff({ writeOffId }), afterLast(1)),
    );
    expect(found).toMatchObject([{ code: 'illegal', detail }]);
  });
});
