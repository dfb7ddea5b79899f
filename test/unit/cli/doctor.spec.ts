import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  batchesFinding,
  clockFinding,
  requestsFinding,
  viewFindings,
} from '../../../src/cli/doctor.checks.js';
import type { Settings } from '../../../src/config.js';
import { type EventStore, toPosition } from '../../../src/event-store/event-store.js';
import { encode } from '../../../src/ledger/event-codec.js';
import { ALL_PROJECTIONS } from '../../../src/projections/all-projections.js';
import { SALE_TIME, settings } from '../../support/facts.js';
import { FlakyStore } from '../../support/flaky-store.js';
import { back, close, sell } from '../../support/requests.js';
import { BY, newSqliteLog, TestLedger } from '../../support/test-ledger.js';

const NOW = Date.parse(SALE_TIME);
const MINUTE_MS = 60_000;

describe('what is open', () => {
  let ledger: TestLedger;
  let flaky: FlakyStore;
  let looked: Settings;

  beforeEach(async () => {
    flaky = new FlakyStore();
    ledger = await TestLedger.open(newSqliteLog(), { wrap: flaky.wrap });
    looked = { VIEWS_DIR: ledger.viewsDir, EVENT_STORE_URL: 'file:.' } as Settings;
    await ledger.register('M1', settings(), { T1: 'S1' });
    await ledger.send(sell(1));
  });

  test('is in order before the business date ends, and is overdue after it', async () => {
    await ledger.caughtUp();
    const cutOff = Date.parse('2026-11-24T16:00:00.000Z');
    expect(batchesFinding(looked, cutOff)).toMatchObject({
      mark: 'ok',
      detail: '1 open, none overdue',
    });
    expect(batchesFinding(looked, cutOff + 1)).toMatchObject({
      mark: 'warn',
      detail: '1 of 1 overdue or closing: M1.T1.000001',
    });
  });

  test('is told of while it is being closed', async () => {
    flaky.failNext('sale-', 'not-done');
    await ledger.send(close());
    await ledger.caughtUp();
    expect(batchesFinding(looked, NOW)).toMatchObject({ mark: 'warn' });
  });

  test('is a request that has waited for a minute, and not a younger one', async () => {
    flaky.failNext('sale-M1.T1.000001.000001', 'not-done');
    await expect(ledger.send(back('void', 1, 2))).rejects.toThrow('the disk is away');
    await ledger.caughtUp();
    const now = Date.now();
    expect(requestsFinding(looked, now)).toMatchObject({ mark: 'ok' });
    expect(requestsFinding(looked, now + MINUTE_MS)).toMatchObject({
      mark: 'warn',
      detail: '1 have waited for a minute: M1.T1.000001.000002',
    });
  });

  test.each([
    [-1, 'fault', /^has seen the log up to \d+, and it ends at/],
    [0, 'ok', /^\d+ events, up with the log$/],
    [9_999, 'ok', /^9999 events behind, at position \d+$/],
    [10_000, 'warn', /^10000 events behind/],
  ])('is what a view has not seen: %d events', async (more, mark, detail) => {
    await ledger.caughtUp();
    const events = Number(await ledger.store.head());
    const store = { head: () => Promise.resolve(toPosition(events + more)) };
    expect(await viewFindings(store as unknown as EventStore, looked)).toEqual(
      ALL_PROJECTIONS.map(({ name }) => ({
        what: `view ${name}`,
        mark,
        detail: expect.stringMatching(detail),
      })),
    );
  });
});

test.each([
  [0, 'ok', SALE_TIME],
  [-1_000, 'ok', /Z$/],
  [-1_001, 'warn', /is 1 s before the last event was recorded$/],
  [-MINUTE_MS, 'warn', /is 60 s before/],
  [-MINUTE_MS - 1, 'fault', /is 60 s before/],
])('a clock that is %d ms after the last event is %s', async (after, mark, detail) => {
  const card = { token: 'tok_1', status: 'lost', occurredAt: SALE_TIME } as const;
  const from = { request: 'card-tok_1', by: BY, recordedAt: SALE_TIME };
  const event = { ...encode({ type: 'CardReported', data: card }, from), id: randomUUID() };
  const store = { readAll: () => Promise.resolve([event]) } as unknown as EventStore;
  expect(await clockFinding(store, NOW + after)).toEqual({
    what: 'clock',
    mark,
    detail: expect.stringMatching(detail),
  });
});
