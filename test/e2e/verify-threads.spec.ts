import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { openCheckedLog } from '../../src/event-store/open-event-store.js';
import type { StoredEvent } from '../../src/event-store/event-store.js';
import { logFile } from '../../src/event-store/sqlite/log-file.js';
import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { reportCards, restoreCard } from '../support/card-events.js';
import { newFolder } from '../support/store-folder.js';
import { rewrite, withData, writeExport } from '../support/tampering.js';
import { interruptPrinting, runTool } from '../support/tool.js';
import { faultsOf } from '../support/verified-log.js';

/** Of several pages. */
const EVENTS = 3_500;
const PAGE_BYTES = 4_096;

let log: StoredEvent[];

beforeAll(async () => {
  const folder = newFolder();
  const store = await SqliteEventStore.open(folder, 'inline');
  await reportCards(store, EVENTS - 1);
  await restoreCard(store, 'card7');
  log = await store.readAll({ limit: EVENTS });
  await store.close();
});

/** A folder with these events as its log. */
async function folderOf(events: readonly StoredEvent[]): Promise<string> {
  const folder = newFolder();
  await (await SqliteEventStore.open(folder, 'inline')).close();
  rewrite(folder, events);
  return folder;
}

/** As the tool tells them, which checks in several threads. */
async function toldFaults(folder: string): Promise<object[]> {
  const { out } = await runTool(folder, ['verify', '--json']);
  const lines = out.trim().split('\n');
  return lines.slice(0, -1).map((line) => {
    const { means, ...fault } = JSON.parse(line) as { means: string };
    expect(means).toEqual(expect.any(String));
    return fault;
  });
}

const edit = (event: StoredEvent | undefined, from: string, to: string): StoredEvent =>
  withData(event as StoredEvent, (data) => data.replace(from, to));

describe('several threads find what one finds, in the same words and order:', () => {
  test.each<[string, (all: readonly StoredEvent[]) => StoredEvent[]]>([
    ['nothing', (all) => [...all]],
    [
      'an event edited in each page',
      (all) =>
        all.map((event, at) => (at % 1_000 === 500 ? edit(event, '"lost"', '"found"') : event)),
    ],
    [
      'events that are no JSON',
      (all) => all.with(10, edit(all[10], '{', '')).with(2_500, edit(all[2_500], '}', '')),
    ],
    [
      'metadata that can’t be read',
      (all) => all.with(1_700, { ...(all[1_700] as StoredEvent), metadata: '{"version":9}' }),
    ],
    ['events taken out', (all) => all.toSpliced(7, 1).toSpliced(3_000, 2)],
  ])('%s', async (_, tampered) => {
    const folder = await folderOf(tampered(log));
    const found = await faultsOf(openCheckedLog(`file:${folder}`, 'inline'));
    expect(await toldFaults(folder)).toEqual(found);
  });

  test('pages of the file that are lost', async () => {
    const folder = await folderOf(log);
    const bytes = readFileSync(logFile(folder));
    for (const page of [20, 150]) bytes.fill(0, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
    writeFileSync(logFile(folder), bytes);
    const found = await faultsOf(openCheckedLog(`file:${folder}`, 'inline'));
    expect(found.map(({ code }) => code)).toContain('damaged');
    expect(await toldFaults(folder)).toEqual(found);
  });
});

test('what keeps the thread from reading the log is told', async () => {
  // It can be opened, and not read from its start.
  const { code, errors } = await runTool(newFolder(), ['verify', '/proc/self/mem']);
  expect([code, errors]).toEqual([1, expect.stringContaining('EIO')]);
});

test('Ctrl-C ends it between two pages', async () => {
  const folder = newFolder();
  const file = join(folder, 'log.ndjson');
  writeExport(file, Array.from({ length: 20 }, () => log).flat());
  const { code, out } = await interruptPrinting(folder, ['verify', file, '--json']);
  expect(code).toBe(130);
  expect(out).not.toContain('rootHash');
});
