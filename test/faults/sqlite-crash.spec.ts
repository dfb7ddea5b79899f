import { expect, jest, test } from '@jest/globals';
import { openForWriting } from '../../src/event-store/sqlite/log-file.js';
import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { keepingFaults } from '../support/keeping-faults.js';
import { newFolder } from '../support/store-folder.js';
import { StoreProcess } from '../support/store-process.js';

jest.setTimeout(120_000);

/** Writes without end, some streams over and over, and tells each append once it is acknowledged. */
const LOAD = `
  const { randomUUID } = await import('node:crypto');
  const data = JSON.stringify({ text: 'x'.repeat(600) });
  const event = () => ({ id: randomUUID(), type: 'Counted', data, metadata: '{}' });
  await Promise.all(Array.from({ length: 32 }, async (_, writer) => {
    for (;;) {
      const stream = 'load-' + writer + '-' + randomUUID().slice(0, 1);
      const events = [event(), event()];
      const { position, revision } = await store.append(stream, 'any', events);
      tell([stream, revision, position, events[1].id].join(' '));
    }
  }));`;

test('whatever was acknowledged before a kill is there, and the log is whole', async () => {
  const folder = newFolder();
  const acknowledged: string[] = [];
  for (const wanted of [1, 500, 3_000]) {
    const writing = StoreProcess.start(folder, LOAD);
    for (let count = 0; count < wanted; count += 1) {
      acknowledged.push((await writing.line()) ?? 'ended');
    }
    const told = await writing.kill();
    // The last line may have been cut off by the kill.
    acknowledged.push(...told.slice(0, -1));

    const reader = SqliteEventStore.openReader(folder);
    await expectAll(reader, acknowledged);
    await reader.close();
    const store = await SqliteEventStore.open(folder, 'inline');
    await expectAll(store, acknowledged);
    await store.close();
    expect(await keepingFaults(folder)).toEqual([]);
  }
});

/** Both events of an append stand or fall together, so the number of events of each stream is even. */
async function expectAll(store: SqliteEventStore, acknowledged: readonly string[]): Promise<void> {
  const log = await store.readAll({ limit: Number.MAX_SAFE_INTEGER });
  const lines = new Set(
    log.map(({ stream, revision, position, id }) => [stream, revision, position, id].join(' ')),
  );
  expect(acknowledged.filter((line) => !lines.has(line))).toEqual([]);
  const lengths = new Map<string, number>();
  for (const { stream } of log) lengths.set(stream, (lengths.get(stream) ?? 0) + 1);
  expect([...lengths.values()].filter((length) => length % 2 !== 0)).toEqual([]);
}

test('a log that is being written to passes the whole check', async () => {
  const folder = newFolder();
  const writing = StoreProcess.start(folder, LOAD);
  await writing.line();
  for (let round = 0; round < 20; round += 1) expect(await keepingFaults(folder)).toEqual([]);
  await writing.kill();
});

test('the connection that writes waits for the disk with each commit: no kill would show it', () => {
  const FULL = 2;
  const database = openForWriting(newFolder());
  expect(database.pragma('synchronous', { simple: true })).toBe(FULL);
  expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
  database.close();
});
