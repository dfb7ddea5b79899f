import { beforeAll, describe, expect, test } from '@jest/globals';
import type { StoredEvent } from '../../../src/event-store/event-store.js';
import type { LedgerEventType } from '../../../src/ledger/domain/ledger-event.js';
import { eventfulLog, faultsIn, indexOf, rewritten } from '../../support/eventful-log.js';
import { positionAt } from '../../support/tampering.js';

let log: StoredEvent[];

beforeAll(async () => {
  log = await eventfulLog();
});

test('a log with something of every kind has no faults', async () => {
  expect(await faultsIn(log)).toEqual([]);
});

describe('a value that no rule can go by', () => {
  const lateHour = '2026-11-24T25:00:00.000Z';
  test.each<[LedgerEventType, string, unknown]>([
    ...(
      [
        'Sale',
        'Void',
        'Refund',
        'ApprovalRequested',
        'Reversal',
        'Settled',
        'ChargebackOpened',
        'ChargebackWon',
        'ChargebackLost',
        'PayoutSent',
        'RequestTaken',
      ] as const
    ).map((type): [LedgerEventType, string, unknown] => [type, 'occurredAt', lateHour]),
    ['Sale', 'amount', null],
    ['Void', 'amount', 'ten'],
    ['Refund', 'amount', -5],
    ['ApprovalRequested', 'amount', -5],
    ['ChargebackOpened', 'amount', '10'],
    ['ChargebackOpened', 'fee', -1],
    ['Settled', 'reserve', 'some'],
    ['Sale', 'card', null],
    ['RequestTaken', 'content', null],
    ['Reversal', 'of', 'x'],
    ['Reversal', 'of', null],
    ['BatchCloseRequested', 'businessDate', 'x'],
    ['BatchCloseRequested', 'terms', null],
    ['MerchantRegistered', 'settings', null],
    ['MerchantRegistered', 'settings', {}],
  ])('in a %s as its %s (%j) is told there, and the check goes on', async (type, field, value) => {
    const at = indexOf(log, type);
    const later = log.length - 1;
    const twice = rewritten(log, later, (data) => (data['occurredAt'] = lateHour));
    const found = await faultsIn(rewritten(twice, at, (data) => (data[field] = value)));
    expect(found[0]).toMatchObject({
      position: positionAt(at),
      code: expect.stringMatching(/^(illegal|unreadable)$/),
    });
    expect(found.at(-1)).toMatchObject({ position: positionAt(later) });
  });
});
