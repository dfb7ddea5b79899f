import { beforeAll, describe, expect, test } from '@jest/globals';
import type { StoredEvent } from '../../../src/event-store/event-store.js';
import type { LedgerEventType } from '../../../src/ledger/domain/ledger-event.js';
import {
  eventfulLog,
  faultsIn,
  forged,
  indexOf,
  recordedApart,
  rewritten,
  type Said,
  saidBy,
} from '../../support/eventful-log.js';
import { settings } from '../../support/facts.js';
import { back, sell } from '../../support/requests.js';
import { positionAt } from '../../support/tampering.js';
import { TestLedger } from '../../support/test-ledger.js';

let log: StoredEvent[];

beforeAll(async () => {
  log = await eventfulLog();
});

describe('a request that was refused', () => {
  test.each<[string, unknown, string]>([
    ['kind', 'timeout-reversal', 'kind, saleId'],
    ['target', 'M1.T1.000001.000002', 'saleId, target'],
    ['target', undefined, 'saleId, target'],
    ['content', { reason: 'another' }, '.*reason.*'],
  ])('is found to be another than the one that was taken: %s %j', async (field, value, names) => {
    const found = await detailAt('Refused', (data) => (data[field] = value), isTaken);
    expect(found).toMatch(new RegExp(`^it differs from its request in ${names}$`));
  });
});

describe('what an event was always told', () => {
  test.each<[LedgerEventType, string, string]>([
    ['Sale', 'card', 'token'],
    ['Sale', 'card', 'last4'],
    ['Refused', 'refusal', 'responseCode'],
    ['ApprovalDeclined', 'refusal', 'nextStep'],
  ])('is missed where it was taken out: of a %s %s.%s', async (type, field, part) => {
    const takeOut = (data: Said) => (data[field] = { ...(data[field] as Said), [part]: undefined });
    expect(await detailAt(type, takeOut)).toBe(`${field}.${part} nothing is no text`);
  });
});

test('a void that was sent for a sale of another amount is found', async () => {
  const taken = (data: Said) => data['kind'] === 'void';
  const change = (data: Said) => {
    data['content'] = { ...(data['content'] as Said), originalAmount: 1 };
  };
  const at = indexOf(log, 'RequestTaken', taken);
  const found = await faultsIn(rewritten(log, at, change));
  expect(found.map(({ detail }) => detail)).toContainEqual(
    expect.stringMatching(/^request .* was for a sale of 1$/),
  );
});

test('that there is nothing to reverse is said once', async () => {
  const at = indexOf(log, 'NothingToReverse');
  const found = await faultsIn(log.toSpliced(at + 1, 0, log[at] as StoredEvent));
  expect(found).toEqual([
    expect.objectContaining({
      code: 'request',
      position: positionAt(at + 1),
      detail: expect.stringMatching(/^something became of request .* already$/),
    }),
  ]);
});

describe('what an effect was asked by', () => {
  const VOID = 'M1.T1.000001.000021';
  const REVERSAL = 'M1.T1.000001.000030';

  test.each<[string, string, unknown, string]>([
    [VOID, 'kind', 'refund', 'was a refund of M1.T1.000001.000001'],
    [VOID, 'target', 'M1.T1.000001.000002', 'was a void of M1.T1.000001.000002'],
    [VOID, 'ifMatch', [98, 99], 'was sent for revision 98 or 99'],
    [REVERSAL, 'kind', 'void', 'was a void of M1.T1.000001.000005'],
    [REVERSAL, 'target', 'M1.T1.000001.000001', 'was a timeout-reversal of M1.T1.000001.000001'],
  ])('is found to be something else: %s, %s %j', async (request, field, value, detail) => {
    const at = indexOf(log, 'RequestTaken', (data) => data['request'] === request);
    const found = await faultsIn(rewritten(log, at, (data) => (data[field] = value)));
    expect(found.map((fault) => fault.detail)).toContain(`request ${request} ${detail}`);
  });

  test.each<[string, unknown]>([
    ['amount', 2_999],
    ['reason', 'another'],
    ['evidenceRef', 'E1'],
    ['operatorId', 'OP1'],
    ['consent', true],
  ])('had no such %s', async (field, value) => {
    const found = await detailAt(
      'Void',
      (data) => (data[field] = value),
      (data) => data['stan'] === '000022',
    );
    expect(found).toBe(`the Void differs from its request in ${field}`);
  });
});

describe('an event that was put in', () => {
  const like = (type: LedgerEventType) => log[indexOf(log, type)] as StoredEvent;
  const put = (type: LedgerEventType, more: Said) =>
    forged(log.at(-1) as StoredEvent, type, { ...saidBy(like(type)), ...more });
  const named = (stan: string) => ({ stan, request: `M1.T1.000001.${stan}` });

  test.each<[string, () => StoredEvent, string]>([
    [
      'a void that was refused',
      () => put('Void', { ...named('000029'), saleId: 'M1.T1.000001.000010' }),
      'request M1.T1.000001.000029 was refused already',
    ],
    [
      'the refusal of what was never taken',
      () => put('Refused', named('000050')),
      'request M1.T1.000001.000050 was not waiting for it',
    ],
    [
      'the refusal of what was done',
      () => put('Refused', { ...saidBy(like('RequestTaken')) }),
      'something became of request M1.T1.000001.000021 already',
    ],
    [
      'the refusal of a sale that was taken',
      () => put('Refused', { ...named('000001'), kind: 'sale' }),
      'its stream has begun already',
    ],
    [
      'a sale in a batch that is closed',
      () => put('Sale', { stan: '000060', saleId: 'M1.T1.000001.000060' }),
      'the rules refuse it (batch-closed): Batch 000001 is closed; use a new batch number.',
    ],
  ])('is found: %s', async (_what, event, detail) => {
    const found = await faultsIn([...log, event()]);
    expect(found.map((fault) => fault.detail)).toContain(detail);
  });

  test('is found: the reversal of a refund that is cleared', async () => {
    const names = { merchantId: 'M1', terminalId: 'T1', batchNo: '000003', stan: '000001' };
    const fact = { ...names, businessDate: '2026-11-27', occurredAt: '2026-11-27T02:00:00.000Z' };
    const of = 'M1.T1.000001.000024';
    const request = 'M1.T1.000003.000001';
    const original = { batchNo: '000001', stan: '000024' };
    const asked = { kind: 'timeout-reversal', target: of, content: { ...names, original } };
    const { saleId, amount, currency } = saidBy(
      log[indexOf(log, 'Refund', (data) => data['request'] === of)] as StoredEvent,
    );
    const money = { saleId, amount, currency, afterSettlement: false, feeReturned: 0 };
    const last = log.at(-1) as StoredEvent;
    const found = await faultsIn([
      ...log,
      forged(last, 'RequestTaken', { ...fact, request, ...asked }),
      forged(last, 'Reversal', { ...fact, request, of, undone: 'refund', ...money }),
    ]);
    expect(found[0]?.detail).toMatch(/^the rules refuse it \(refund-cleared\)/);
  });

  test.each<[string, string, readonly string[]]>([
    ['what was never taken', '000050', ['request M1.T1.000001.000050 was never taken']],
    ['what was done', '000021', ['something became of request M1.T1.000001.000021 already']],
    ['what waits', '000034', []],
    ['what is barred', '000034', ['something became of request M1.T1.000001.000034 already']],
  ])('may bar a request that waits, and no other: %s', async (what, stan, details) => {
    const saleId = 'M1.T1.000001.000001';
    const { content, ...taken } = saidBy(like('RequestTaken'));
    const waiting = { ...taken, ...named('000034') };
    const { businessDate, merchantId, terminalId, batchNo, occurredAt } = taken;
    const fact = { businessDate, merchantId, terminalId, batchNo, occurredAt };
    const bar = (request: string) =>
      forged(log.at(-1) as StoredEvent, 'Reversal', {
        ...{ ...fact, stan: request, request: named(request).request, saleId },
        ...{ of: named(request).request, undone: 'nothing' },
      });
    const found = await faultsIn([
      ...log,
      put('RequestTaken', { ...waiting, content: { ...(content as Said), stan: '000034' } }),
      ...(what === 'what is barred' ? [bar(stan)] : []),
      bar(stan),
    ]);
    expect(found.map((fault) => fault.detail)).toEqual(details);
  });
});

test('a refund of what could be voided, had the day a void left, is no fault', async () => {
  const ledger = await TestLedger.open();
  const limits = { daily: { void: { count: 1 } } };
  await ledger.register('M1', settings({ limits }), { T1: 'S1' });
  for (const sending of [sell(1), sell(2), back('void', 1, 3), back('refund', 2, 4)]) {
    expect(await ledger.send(sending)).toHaveProperty('answer');
  }
  const events = (await ledger.store.readAll({ limit: 100 })).map(recordedApart);
  await ledger.close();
  expect(await faultsIn(events)).toEqual([]);
});

const isTaken = (data: Said) => data['kind'] !== 'sale';

/** What is found first at the event that was changed. */
async function detailAt(
  type: LedgerEventType,
  change: (data: Said) => unknown,
  isMeant?: (data: Said) => boolean,
): Promise<string | undefined> {
  const at = indexOf(log, type, isMeant);
  const found = await faultsIn(rewritten(log, at, change));
  return found.find(({ position }) => position === positionAt(at))?.detail;
}
