import { beforeAll, describe, expect, test } from '@jest/globals';
import type { StoredEvent } from '../../../src/event-store/event-store.js';
import type { LedgerEventType } from '../../../src/ledger/domain/ledger-event.js';
import {
  eventfulLog,
  faultsIn,
  indexOf,
  rewritten,
  type Said,
} from '../../support/eventful-log.js';
import { positionAt } from '../../support/tampering.js';

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
