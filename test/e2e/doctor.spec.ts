import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { FolderLock } from '../../src/event-store/folder-lock.js';
import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { appendUnreadable } from '../support/card-events.js';
import { Shop } from '../support/shop.js';
import { stoppedWithSale } from '../support/stopped-ledger.js';
import { alterLog } from '../support/tampering.js';
import { Tillbook } from '../support/tillbook.js';
import { runTool } from '../support/tool.js';

interface Finding {
  readonly what: string;
  readonly mark: 'ok' | 'warn' | 'fault';
  readonly detail: string;
}

async function doctor(folder: string): Promise<{ code: number; findings: Finding[] }> {
  const { code, out } = await runTool(folder, ['doctor', '--json']);
  const lines = out.trim().split('\n');
  return { code, findings: lines.map((line) => JSON.parse(line) as Finding) };
}

test('a log that ends before its views is a fault', async () => {
  const { folder } = await stoppedWithSale();
  alterLog(folder, 'DELETE FROM events WHERE position = (SELECT max(position) FROM events)');

  const { code, findings } = await doctor(folder);

  const view = findings.find(({ what }) => what === 'view books');
  expect([code, view?.mark]).toEqual([1, 'fault']);
  expect(view?.detail).toMatch(/has seen the log up to \d+, and it ends at \d+$/);
});

test('a damaged log is a fault that says what brings it back', async () => {
  const { folder } = await stoppedWithSale();
  alterLog(folder, "UPDATE events SET type = 'Sold' WHERE position = 2");

  const { code, findings } = await doctor(folder);

  expect(code).toBe(1);
  expect(findings.find(({ what }) => what === 'log')).toMatchObject({
    mark: 'fault',
    detail: expect.stringMatching(/position 2 .* is not what was written; .* a backup/),
  });
});

test('a lock that can not be looked into, which no start could take, is a fault by its name', async () => {
  const { folder } = await stoppedWithSale();
  const lock = join(folder, 'lock.db');
  writeFileSync(lock, 'no lock '.repeat(1_000));

  const { code, findings } = await doctor(folder);

  expect(code).toBe(1);
  expect(findings.find(({ what }) => what === 'service')).toMatchObject({
    mark: 'fault',
    detail: expect.stringMatching(`^${lock} can't be looked into: `),
  });
});

test('a folder that is held by who has not said so yet is not told to be free', async () => {
  const { folder } = await stoppedWithSale();
  const lock = FolderLock.take(folder);
  rmSync(join(folder, 'owner.json'));

  const { findings } = await doctor(folder);
  lock.release();

  expect(findings.find(({ what }) => what === 'service')).toEqual({
    what: 'service',
    mark: 'warn',
    detail: 'a process has the folder, and says not who',
  });
});

test('an event with torn metadata at the end of the log keeps nothing from being looked at', async () => {
  const { folder } = await stoppedWithSale();
  const store = await SqliteEventStore.open(folder, 'inline');
  const torn = { id: randomUUID(), type: 'Sale', data: '{}', metadata: '{"version":' };
  await store.append('sale-torn', 'no-stream', [torn]);
  await store.close();
  const { findings } = await doctor(folder);
  expect(findings).not.toContainEqual(expect.objectContaining({ what: 'store', mark: 'fault' }));
  for (const what of ['log', 'clock', 'view sales']) {
    expect(findings).toContainEqual(expect.objectContaining({ what }));
  }
});

test('a service that has the folder and answers nothing is a fault', async () => {
  const ledger = await Tillbook.start();
  ledger.service.signal('SIGSTOP');
  const { code, findings } = await doctor(ledger.service.folder);
  ledger.service.signal('SIGCONT');
  expect(code).toBe(1);
  expect(findings.find(({ what }) => what === 'service')).toMatchObject({
    mark: 'fault',
    detail: expect.stringMatching(/serves http.*, which does not answer: .+timeout/),
  });
});

test('a service that is well is said to be, and what is wrong with it is a fault, with exit code 1', async () => {
  const ledger = await Tillbook.start();
  const { folder } = ledger.service;
  const shop = await Shop.open(ledger);
  await shop.sell();
  const well = await doctor(folder);
  expect(well.code).toBe(0);
  expect(well.findings.filter(({ mark }) => mark === 'fault')).toEqual([]);
  const find = (what: string): Finding | undefined =>
    well.findings.find((finding) => finding.what === what);
  expect(find('service')?.detail).toContain(ledger.url);
  expect(find('log')).toMatchObject({ mark: 'ok', detail: expect.stringContaining('undamaged') });
  expect(find('view sales')).toMatchObject({ mark: 'ok' });
  // Its business date is long over by the wall clock, and not by the sandbox's.
  expect(find('batches')).toMatchObject({ mark: 'ok', detail: '1 open, none overdue' });

  ledger.close();
  await ledger.service.stop();
  const alone = await doctor(folder);
  expect(alone.findings).toContainEqual({
    what: 'batches',
    mark: 'warn',
    detail: expect.stringContaining('.T1.'),
  });
  const store = await SqliteEventStore.open(folder, 'inline');
  await appendUnreadable(store);
  await store.close();
  const again = await Tillbook.start({ folder, clock: 'running' });
  while ((await again.get('/health/ready')).status === 200);
  const ill = await doctor(folder);
  expect(ill.code).toBe(1);
  expect(ill.findings).toContainEqual({
    what: 'view sales',
    mark: 'fault',
    detail: expect.stringMatching(/its type is not known/),
  });
});
