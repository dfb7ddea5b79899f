import { expect, test } from '@jest/globals';
import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { appendUnreadable } from '../support/card-events.js';
import { Shop } from '../support/shop.js';
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
  // Its business date is long over by the wall clock.
  expect(find('batches')).toMatchObject({ mark: 'warn', detail: expect.stringContaining('.T1.') });

  ledger.close();
  await ledger.service.stop();
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
