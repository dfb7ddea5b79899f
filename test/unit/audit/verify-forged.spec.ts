import { beforeAll, describe, expect, test } from '@jest/globals';
import type { StoredEvent } from '../../../src/event-store/event-store.js';
import type { LedgerEventType } from '../../../src/ledger/domain/ledger-event.js';
import {
  eventfulLog,
  faultsAt,
  faultsIn,
  forged,
  indexOf,
  rewritten,
  type Said,
  saidBy,
  without,
} from '../../support/eventful-log.js';
import { covered, positionAt } from '../../support/tampering.js';

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

describe('a merchant that rules can not go by', () => {
  const jargon = /undefined|Cannot|destructure|time value/;
  const ofM1 = (found: readonly { position?: string | undefined; detail: string }[], at: number) =>
    found.filter(({ position = '' }) => position > positionAt(at)).map(({ detail }) => detail);

  test('is told to be missing where its registration was taken out', async () => {
    const at = indexOf(log, 'MerchantRegistered');
    const details = ofM1(await faultsIn(covered(log.toSpliced(at, 1))), -1);
    expect(details.filter((detail) => jargon.test(detail))).toEqual([]);
    expect(details).toContain('its merchant was never registered');
  });

  test('is told by its settings where it has a time zone that there is not', async () => {
    const at = indexOf(log, 'MerchantRegistered');
    const elsewhere = rewritten(log, at, (data) => {
      data['settings'] = { ...(data['settings'] as object), timeZone: 'Mars/X' };
    });
    const details = ofM1(await faultsIn(elsewhere), at);
    expect(details.filter((detail) => jargon.test(detail))).toEqual([]);
    expect(details).toContain('its merchant is none: no merchant can have such settings: timeZone');
    expect(details).not.toContain('its merchant was never registered');
  });
});

describe('an acquirer’s line', () => {
  const paid = (line: Said): StoredEvent =>
    forged(log[0] as StoredEvent, 'AcquirerPaid', {
      ...{ paymentId: 'P1', currency: 'CNY', receivedOn: '2026-11-27' },
      lines: [
        { merchantId: 'M1', businessDate: '2026-11-24', amount: '1', schemeCost: '0', ...line },
      ],
      occurredAt: '2026-11-27T02:00:00.000Z',
    });

  test.each<Said>([
    {},
    { amount: '999999999999', schemeCost: '999999999999' },
    { amount: '-999999999999' },
    { amount: '0' },
  ])('has no fault as the API takes it: %j', async (line) => {
    expect(await faultsIn([...log, paid(line)])).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['amount', '99999999999999999999'],
    ['amount', '1000000000000'],
    ['amount', '-1000000000000'],
    ['amount', '1.5'],
    ['amount', '01'],
    ['amount', '-0'],
    ['amount', 5],
    ['amount', undefined],
    ['schemeCost', '1000000000000'],
    ['schemeCost', '-1'],
    ['schemeCost', undefined],
  ])('is told whose %s is %j', async (field, value) => {
    const found = await faultsOfPut(paid({ [field]: value }));
    const said = value === undefined ? 'nothing' : JSON.stringify(value);
    expect(found).toEqual([`lines.0.${field} ${said} is no amount`]);
  });
});

/** What is found at an event that was put in behind the last. */
async function faultsOfPut(event: StoredEvent) {
  const found = await faultsIn([...log, event]);
  return found
    .filter(({ position }) => position === positionAt(log.length))
    .map(({ detail }) => detail);
}

describe('what there is once', () => {
  test.each<[LedgerEventType, string]>([
    ['Sale', 'its stream has begun already'],
    ['RequestTaken', 'its stream has begun already'],
    ['AppealFiled', 'its stream has begun already'],
    ['AppealAnswered', 'the appeal was answered already'],
    ['MerchantRegistered', 'M1 is registered already'],
    ['BatchCloseRequested', 'the batch is closed already'],
    ['BatchClosed', 'nobody has asked for the batch to be closed'],
    ['BatchReconciled', 'there was nothing to reconcile'],
    ['Settled', 'the sale has settled already'],
    ['PayoutPaid', 'by the rules there was nothing to do'],
  ])('is found when it comes again: %s', async (type, detail) => {
    expect(await faultsOfPut(log[indexOf(log, type)] as StoredEvent)).toContain(detail);
  });

  const occurredAt = '2026-11-27T02:00:00.000Z';
  test.each<[LedgerEventType, Said]>([
    ['AcquirerPaid', { paymentId: 'P1', currency: 'CNY', receivedOn: '2026-11-27', lines: [] }],
    [
      'FailureReported',
      { failureId: 'F1', merchantId: 'M1', terminalId: 'T1', cause: 'network', code: 'X1' },
    ],
    ['KeyAdded', { keyId: 'abcdefghij12', scope: 'operator', hash: '00' }],
  ])('is found when it comes a second time: %s', async (type, data) => {
    const put = forged(log[0] as StoredEvent, type, { ...data, occurredAt });
    expect(await faultsIn([...log, put])).toEqual([]);
    const [found, ...others] = await faultsIn([...log, put, put]);
    expect([found?.detail, others]).toEqual(['its stream has begun already', []]);
  });

  test('is no key before it is made', async () => {
    const put = forged(log[0] as StoredEvent, 'KeyRevoked', { keyId: 'abcdefghij12', occurredAt });
    expect(await faultsOfPut(put)).toEqual(['there was no such key']);
  });
});

describe('a request', () => {
  test('does not wait for its approval twice', async () => {
    const at = indexOf(log, 'ApprovalRequested');
    const found = await faultsIn(log.toSpliced(at, 0, log[at] as StoredEvent));
    expect(found[0]).toMatchObject({
      code: 'request',
      position: positionAt(at + 1),
      detail: 'request M1.T1.000001.000026 waits for an approval',
    });
  });

  test.each([
    ['has had its effect', 'Refund', '000023', 'has had its effect already'],
    ['was declined', 'ApprovalRequested', '000027', 'is declined already'],
  ] as const)('that %s does not wait for an approval', async (_what, type, stan, detail) => {
    const done = log[indexOf(log, type, (data) => data['stan'] === stan)] as StoredEvent;
    const data = without(saidBy(done), 'afterSettlement', 'feeReturned');
    const expiresAt = '2026-11-25T02:00:00.000Z';
    const put = forged(done, 'ApprovalRequested', { ...data, kind: 'refund', expiresAt });
    expect(await faultsOfPut(put)).toContain(`request M1.T1.000001.${stan} ${detail}`);
  });

  test('that was declined has no effect', async () => {
    const asked = log[indexOf(log, 'ApprovalRequested', (data) => data['stan'] === '000027')];
    const data = without(saidBy(asked as StoredEvent), 'kind', 'expiresAt');
    const more = { afterSettlement: true, feeReturned: 0 };
    const put = forged(asked as StoredEvent, 'Refund', { ...data, ...more });
    expect(await faultsOfPut(put)).toContain('request M1.T1.000001.000027 is declined already');
  });

  test.each(['Void', 'ApprovalRequested'] as const)(
    'for all that is left is a %s of no less',
    async (type) => {
      const [first] = await faultsAt(log, type, (data) => (data['amount'] = 1));
      expect(first).toMatch(
        /^request M1.T1.000001.0000.. was for all that was left, \d+, not for 1$/,
      );
    },
  );

  test.each([
    ['sent as another’s', { stan: '999999' }, /^what was sent names another stan, "999999"$/],
    ['sent for another merchant', { merchantId: 'M2' }, /^what was sent names another merchantId/],
    ['sent from elsewhere', { terminalId: 'T2' }, /^what was sent names another terminalId/],
    ['sent in another batch', { batchNo: '000009' }, /^what was sent names another batchNo/],
  ])('that was %s is found', async (_what, other, detail) => {
    const change = (data: Said) => (data['content'] = { ...(data['content'] as Said), ...other });
    expect((await faultsAt(log, 'RequestTaken', change))[0]).toMatch(detail);
  });

  test.each([
    ['another one', { original: { batchNo: '777777', stan: '777777' } }, /was for M1.*777777$/],
    ['none', { original: undefined }, /^what was sent was for undefined$/],
  ])('that was sent to reverse %s is found', async (_what, other, detail) => {
    const isReversal = (data: Said): boolean => data['kind'] === 'timeout-reversal';
    const change = (data: Said) => (data['content'] = { ...(data['content'] as Said), ...other });
    expect((await faultsAt(log, 'RequestTaken', change, isReversal))[0]).toMatch(detail);
  });

  test.each(['RequestTaken', 'Refused'] as const)(
    'of another date than the merchant’s is found: %s',
    async (type) => {
      const change = (data: Said) => (data['businessDate'] = '2026-11-23');
      expect(await faultsAt(log, type, change)).toEqual([
        'it counts for 2026-11-23, and its merchant had 2026-11-24',
      ]);
    },
  );
});

describe('a supervisor', () => {
  const isSupervised = (data: Said): boolean => data['supervisorId'] !== undefined;

  /** The log with a request that names none. */
  function unnamed(): StoredEvent[] {
    const isMeant = (data: Said): boolean => (data['content'] as Said)['supervisor'] !== undefined;
    const at = indexOf(log, 'RequestTaken', isMeant);
    return rewritten(log, at, (data) => delete (data['content'] as Said)['supervisor']);
  }

  test('who was not named, or not so, is found', async () => {
    const change = (data: Said) => (data['supervisorId'] = 'GHOST');
    expect(await faultsAt(log, 'Void', change, isSupervised)).toEqual([
      'the Void differs from its request in supervisorId',
      'the merchant has no supervisor GHOST',
    ]);
  });

  test('who lets a void through that nobody has named one for is found', async () => {
    const found = await faultsIn(unnamed());
    expect(found[0]?.detail).toBe('the Void differs from its request in supervisorId');
  });

  test('without whom nothing above the policy’s amount is voided is missed', async () => {
    const voided = indexOf(log, 'Void', isSupervised);
    const found = await faultsIn(
      rewritten(unnamed(), voided, (data) => delete data['supervisorId']),
    );
    expect(found[0]?.detail).toMatch(/^the rules refuse it \(supervisor\)/);
  });
});

describe('a field that was taken out', () => {
  const any = (): boolean => true;

  test.each<[LedgerEventType, string, (data: Said) => boolean]>([
    ['Sale', 'rrn', any],
    ['Sale', 'storeId', any],
    ['Void', 'businessDate', any],
    ['Void', 'cardToken', (data) => data['stan'] === '000003'],
    ['Void', 'rrn', (data) => data['stan'] === '000003'],
    ['ApprovalRequested', 'rrn', any],
    ['Refund', 'cardToken', any],
    ['ApprovalRequested', 'storeId', any],
    ['Reversal', 'counted', (data) => data['undone'] === 'void'],
    ['Settled', 'valueDate', any],
    ['ChargebackOpened', 'reason', any],
  ])('of a %s is missed: %s', async (type, field, isMeant) => {
    const found = await faultsAt(log, type, (data) => (data[field] = undefined), isMeant);
    expect(found.join('\n')).toMatch(new RegExp(`(^|[ :;])${field} nothing`));
  });

  test('may be one that an older version did not know, as long as nothing newer stands before', async () => {
    const at = indexOf(log, 'Void');
    const change = (data: Said) => {
      delete data['cardToken'];
      delete data['storeId'];
      delete data['rrn'];
    };
    expect(await faultsIn(rewritten(log.slice(0, at + 1), at, change))).toEqual([]);
  });
});

describe('what a rule gave', () => {
  test.each<[LedgerEventType, string, unknown]>([
    ['ChargebackOpened', 'amount', 999_999],
    ['ChargebackWon', 'amount', 2_999],
    ['ChargebackLost', 'amount', 999],
    ['PayoutPaid', 'amount', '1'],
  ])('is found to be otherwise: of a %s its %s', async (type, field, value) => {
    const [found] = await faultsAt(log, type, (data) => (data[field] = value));
    expect(found).toMatch(/^by the rules it would say otherwise: |^the rules refuse it/);
  });

  test('is told apart from what was added to it under a name that every object has', async () => {
    const found = await faultsAt(log, 'Sale', (data) => (data['toString'] = 'x'));
    expect(found.join('\n')).toContain('toString "x", not nothing');
  });

  test('a settlement before anyone has asked for the close is found', async () => {
    const ofT2 = (data: Said): boolean => data['terminalId'] === 'T2';
    const at = indexOf(log, 'BatchCloseRequested', ofT2);
    const settled = indexOf(log, 'Settled', ofT2);
    const found = await faultsIn(
      log.toSpliced(settled, 1).toSpliced(at, 0, log[settled] as StoredEvent),
    );
    expect(found[0]).toMatchObject({
      position: positionAt(at),
      detail: 'batch M1.T2.000001 is not being closed',
    });
  });
});

describe('what waited for an approval', () => {
  const isDeclined = (data: Said): boolean => data['why'] === 'declined';
  const isExpired = (data: Said): boolean => data['why'] === 'expired';

  test.each<[string, (data: Said) => boolean, (data: Said) => unknown, RegExp]>([
    ['of another amount', isDeclined, (data) => (data['amount'] = 1), /: amount 1, not 90000$/],
    ['of another kind', isDeclined, (data) => (data['kind'] = 'void'), /: kind "void", not/],
    ['of another merchant', isDeclined, (data) => (data['merchantId'] = 'M2'), /: merchantId "M2"/],
    ['too early', isDeclined, (data) => (data['why'] = 'expired'), /^it could wait until 2026-/],
    ['in another way', isExpired, (data) => (data['why'] = 'declined'), /^nobody has said why/],
    ['for another reason', isExpired, (data) => (data['why'] = 'not-possible'), /^it was not poss/],
    [
      'refused otherwise than by who declined it',
      isDeclined,
      (data) => (data['refusal'] = { ...(data['refusal'] as Said), code: 'approval-expired' }),
      /^it was declined, and refused by approval-expired$/,
    ],
    [
      'refused otherwise than by its time',
      isExpired,
      (data) => (data['refusal'] = { ...(data['refusal'] as Said), code: 'approval-declined' }),
      /^it expired, and was refused by approval-declined$/,
    ],
    ['for none', isExpired, (data) => (data['why'] = 'so'), /^"so" is no reason for its end$/],
  ])('is found to have ended %s', async (_what, isMeant, change, detail) => {
    expect((await faultsAt(log, 'ApprovalDeclined', change, isMeant))[0]).toMatch(detail);
  });
});

describe('an appeal', () => {
  test('against what was never refused is found', async () => {
    const filed = log[indexOf(log, 'AppealFiled')] as StoredEvent;
    const appealId = 'M1.T1.000001.000021';
    const put = forged(filed, 'AppealFiled', {
      ...saidBy(filed),
      appealId,
      saleId: 'M1.T1.000001.000001',
    });
    expect(await faultsOfPut(put)).toEqual([`request ${appealId} was not refused`]);
  });

  test('against a refund that waited and was declined is none', () => {
    const isDeclined = (data: Said): boolean => data['appealId'] === 'M1.T1.000001.000027';
    expect(indexOf(log, 'AppealFiled', isDeclined)).toBeGreaterThan(0);
  });

  test.each<[LedgerEventType, string, string, RegExp]>([
    ['AppealFiled', 'merchantId', 'M2', /^request M1.T1.000001.000029 is not of M2$/],
    ['AppealFiled', 'saleId', 'M1.T1.000001.000001', /^request .* was not about sale .*001$/],
    ['AppealFiled', 'code', 'funds-available', /^request .* was refused for /],
    ['AppealFiled', 'kind', 'reversal', /^request M1.T1.000001.000029 was a void$/],
    ['AppealAnswered', 'merchantId', 'M2', /^the appeal was M1’s, about sale M1.T1.000001.000010$/],
    ['AppealAnswered', 'saleId', 'M1.T1.000001.000001', /^the appeal was M1’s, about sale/],
  ])('of others is found: %s, %s', async (type, field, value, detail) => {
    expect((await faultsAt(log, type, (data) => (data[field] = value)))[0]).toMatch(detail);
  });
});

describe('of merchants, cards and payouts', () => {
  test.each<[LedgerEventType, string, unknown, string]>([
    ['PayoutSent', 'account', { number: '9' }, 'it goes to another account than the merchant’s'],
    ['PayoutSent', 'account', undefined, 'it goes to another account than the merchant’s'],
    [
      'PayoutSent',
      'businessDate',
      '2026-11-24',
      'it counts for 2026-11-24, and its merchant had 2026-11-25',
    ],
    ['CardReported', 'status', 'active', '"active" is nothing that a card is reported as'],
    ['RightFrozen', 'right', 'all', 'there is no such right'],
  ])('what a %s can’t say as its %s is found', async (type, field, value, detail) => {
    expect(await faultsAt(log, type, (data) => (data[field] = value))).toEqual([detail]);
  });

  test('a supervisor who is not known can’t be locked', async () => {
    const set = log[indexOf(log, 'SupervisorSet')] as StoredEvent;
    const data = { merchantId: 'M1', supervisorId: 'GHOST', occurredAt: saidBy(set)['occurredAt'] };
    const put = forged(set, 'SupervisorLocked', data);
    expect(await faultsOfPut(put)).toEqual(['the merchant has no such supervisor']);
  });

  test.each<[LedgerEventType, Said]>([
    ['TerminalAssigned', { terminalId: 'T1', storeId: 'S1' }],
    ['StoreLimitsSet', { storeId: 'S1' }],
  ])('limits that nothing can have are found: %s', async (type, place) => {
    const limits = { single: { sale: 'all' } };
    const { occurredAt } = saidBy(log[0] as StoredEvent);
    const data = { merchantId: 'M1', ...place, limits, occurredAt };
    const put = forged(log[0] as StoredEvent, type, data);
    expect(await faultsOfPut(put)).toEqual(['nothing can have such limits']);
  });

  test.each<[string, unknown]>([
    ['timeZone', 'Europe/Nowhere'],
    ['fee', { basisPoints: 10_001 }],
    ['fee', { basisPoints: 60, cap: -1 }],
    ['reserve', { basisPoints: 500 }],
    ['settlementCycle', 'T9'],
    ['dayCloseAt', '25:00'],
    ['payoutMinimum', 'some'],
    ['limits', { single: { sale: 'all' } }],
    ['voidPolicy', { partial: true }],
  ])('settings that nobody can have are found: %s (%j)', async (setting, value) => {
    const registered = log[indexOf(log, 'MerchantRegistered')] as StoredEvent;
    const { settings, ...data } = saidBy(registered);
    const changed = { ...(settings as Said), [setting]: value };
    const put = forged(registered, 'MerchantPolicyChanged', { ...data, settings: changed });
    expect(await faultsOfPut(put)).toEqual([`no merchant can have such settings: ${setting}`]);
  });

  test('an event that was recorded at no time is told', async () => {
    const at = indexOf(log, 'Void');
    const event = log[at] as StoredEvent;
    const metadata = event.metadata.replace(/"recordedAt":"[^"]*"/, '"recordedAt":"x"');
    const found = await faultsIn(log.with(at, { ...event, metadata }));
    expect(found[0]).toMatchObject({
      code: 'unreadable',
      position: positionAt(at),
      detail: 'recordedAt in its metadata is no time',
    });
  });
});
