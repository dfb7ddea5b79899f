import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fastify from 'fastify';
import { signingKeyOf } from '../../../src/audit/signing-key-file.js';
import {
  batchesFinding,
  clockFinding,
  diskFinding,
  keyFinding,
  ledgerTime,
  requestsFinding,
  serviceFindings,
  settingsFinding,
  viewFindings,
} from '../../../src/cli/doctor.checks.js';
import type { Settings } from '../../../src/config.js';
import { type EventStore, toPosition } from '../../../src/event-store/event-store.js';
import { FolderLock } from '../../../src/event-store/open-event-store.js';
import { encode } from '../../../src/ledger/event-codec.js';
import { ALL_PROJECTIONS } from '../../../src/projections/all-projections.js';
import { SALE_TIME, settings } from '../../support/facts.js';
import { FlakyStore } from '../../support/flaky-store.js';
import { back, close, sell } from '../../support/requests.js';
import { afterSuite, newFolder } from '../../support/store-folder.js';
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

test('settings are named without the password in them, and a sandbox is pointed out', () => {
  const told = { EVENT_STORE_URL: 'kurrentdb://u:secret@db:2113', VIEWS_DIR: './v', AUTH: 'keys' };
  const finding = (SANDBOX: string) => settingsFinding({ ...told, SANDBOX } as Settings);
  expect(finding('off')).toMatchObject({
    mark: 'ok',
    detail: expect.not.stringContaining('secret'),
  });
  expect(finding('on')).toMatchObject({
    mark: 'warn',
    detail: expect.stringMatching(/SANDBOX=on$/),
  });
});

test('a disk whose folder is not there yet is pointed out', async () => {
  const folder = newFolder();
  expect(await diskFinding('disk', join(folder, 'none'))).toMatchObject({ mark: 'warn' });
  expect((await diskFinding('disk', folder)).detail).toMatch(/^\d+\.\d GiB free in /);
});

test('the key of the trail is named by its public half, one to be made is pointed out, and any other file is a fault', () => {
  const folder = newFolder();
  const AUDIT_KEY_FILE = join(folder, 'key.pem');
  const found = () => keyFinding({ AUDIT_KEY_FILE } as Settings);
  expect(found()).toMatchObject({ mark: 'warn', detail: expect.stringMatching(/next start$/) });
  const { publicKey } = signingKeyOf(AUDIT_KEY_FILE);
  expect(found()).toMatchObject({ mark: 'ok', detail: expect.stringContaining(publicKey) });
  writeFileSync(AUDIT_KEY_FILE, 'no key');
  expect(found()).toMatchObject({ mark: 'fault', detail: expect.stringContaining('key.pem') });
});

test('a view that has not been built is built at the next start, and what it would tell is not known', async () => {
  const looked = { VIEWS_DIR: newFolder(), EVENT_STORE_URL: 'file:.' } as Settings;
  const store = { head: () => Promise.resolve(toPosition(0)) } as unknown as EventStore;
  for (const finding of await viewFindings(store, looked)) {
    expect(finding).toMatchObject({ mark: 'warn', detail: expect.stringContaining('next start') });
  }
  for (const finding of [batchesFinding(looked, NOW), requestsFinding(looked, NOW)]) {
    expect(finding).toMatchObject({ mark: 'warn', detail: expect.stringMatching(/^not known/) });
  }
});

describe('who has the folder', () => {
  let looked: Settings;
  let lock: FolderLock | undefined;

  beforeEach(() => {
    const folder = newFolder();
    looked = {
      EVENT_STORE_URL: `file:${folder}`,
      VIEWS_DIR: folder,
      LEDGER_KEY: 'its key',
    } as Settings;
    lock = undefined;
  });
  afterEach(() => lock?.release());

  /** A service that lets in who has its key, and whose view of sales has stopped. */
  async function serve(): Promise<void> {
    const app = fastify();
    const stopped = { name: 'view sales', status: 'not-ready' };
    app.get('/health/ready', (_, reply) => reply.code(503).send({ parts: [stopped] }));
    app.get('/v1/sandbox/clock', ({ headers }, reply) =>
      reply.code(headers.authorization === 'Bearer its key' ? 200 : 401).send({ now: SALE_TIME }),
    );
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    afterSuite(() => app.close());
    lock = FolderLock.take(looked.VIEWS_DIR);
    lock.announce({ pid: 7, url });
  }

  test('is nobody, or a process that serves nothing, which is pointed out', async () => {
    expect(await serviceFindings(looked)).toMatchObject([{ what: 'service', mark: 'ok' }]);
    lock = FolderLock.take(looked.VIEWS_DIR);
    expect(await serviceFindings(looked)).toEqual([
      {
        what: 'service',
        mark: 'warn',
        detail: `process ${process.pid} has the folder, and serves nothing`,
      },
    ]);
  });

  test('is a service, of which each part that is not ready is a fault', async () => {
    await serve();
    expect(await serviceFindings(looked)).toMatchObject([
      { what: 'service', mark: 'ok' },
      { what: 'view sales', mark: 'fault', detail: 'not ready' },
    ]);
  });

  test('tells its own time to who has its key; else the machine’s is taken', async () => {
    await serve();
    expect(await ledgerTime(looked)).toBe(NOW);
    const before = Date.now();
    expect(await ledgerTime({ ...looked, LEDGER_KEY: '' })).toBeGreaterThanOrEqual(before);
  });
});
