import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { type EventStore, START } from '../../src/event-store/event-store.js';
import { logFile, openForReading, openForWriting } from '../../src/event-store/sqlite/log-file.js';
import { LogWriter } from '../../src/event-store/sqlite/log-writer.js';
import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { keepingFaults } from '../support/keeping-faults.js';
import { eventOf } from '../support/store-events.js';
import { compiledStore, newFolder } from '../support/store-folder.js';
import { ServiceProcess } from '../support/tillbook.js';

jest.setTimeout(60_000);

const DISK_BYTES = 6_000_000;
const anAppend = (stream: string, characters: number) => ({
  stream,
  expected: 'no-stream' as const,
  events: [eventOf(characters)],
});

describe('a database that may not grow', () => {
  test('fails the group as a whole, surely undone, and writes the next once it may grow', () => {
    const database = openForWriting(newFolder());
    const writer = new LogWriter(database);
    expect(writer.commit([anAppend('sale-1', 10)])).toEqual([
      { position: 1, revision: 0, repeated: false },
    ]);
    const pages = database.pragma('page_count', { simple: true }) as number;
    database.pragma(`max_page_count = ${pages}`);
    const group = [anAppend('sale-2', 10), anAppend('sale-3', 100_000)];
    expect(writer.commit(group)).toMatchObject({ outcome: 'not-done' });
    expect(writer.commit([anAppend('sale-1', 10)])).toEqual([{ actual: 0 }]);
    database.pragma('max_page_count = 1000000');
    expect(writer.commit(group)).toEqual([
      { position: 2, revision: 0, repeated: false },
      { position: 3, revision: 0, repeated: false },
    ]);
    writer.close();
  });

  test('fails surely undone where nothing may be written', () => {
    const database = openForWriting(newFolder());
    const writer = new LogWriter(database);
    database.pragma('query_only = ON');
    expect(writer.commit([anAppend('sale-1', 10)])).toMatchObject({ outcome: 'not-done' });
    database.pragma('query_only = OFF');
    expect(writer.commit([anAppend('sale-1', 10)])).toMatchObject([{ position: 1 }]);
    writer.close();
  });
});

test('a commit that fails behind its last page leaves open what became of the group', () => {
  const database = openForWriting(newFolder());
  const prepare = database.prepare.bind(database);
  const failed = Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_FSYNC' });
  const commit = (): never => {
    prepare('COMMIT').run();
    throw failed;
  };
  Object.assign(database, {
    prepare: (sql: string) => (sql === 'COMMIT' ? { run: commit } : prepare(sql)),
  });
  const writer = new LogWriter(database);
  expect(writer.commit([anAppend('sale-1', 10)])).toMatchObject({ outcome: 'unknown' });
  writer.close();
});

describe('a full disk', () => {
  const disk = smallDisk();
  const onSmallDisk = disk === undefined ? test.skip : test;
  afterAll(() => {
    if (disk !== undefined) execFileSync('umount', [disk]);
  });

  onSmallDisk.each(['inline', 'thread'] as const)(
    'refuses appends, surely undone, until there is space again (%s)',
    async (mode) => {
      const folder = join(String(disk), mode);
      const store = await (await compiledStore()).open(folder, mode);
      const begun = await store.append('sale-begun', 'no-stream', [eventOf()]);
      const filler = join(String(disk), 'filler');
      fill(filler);
      const refused = await appendUntilRefused(store);
      expect(refused.error).toMatchObject({ name: 'StoreUnavailableError', outcome: 'not-done' });
      expect(await store.readStream(refused.stream)).toEqual([]);
      expect(await store.head()).toBe(refused.head);
      expect(await store.readStream('sale-begun')).toMatchObject([{ position: begun.position }]);
      rmSync(filler);
      const again = await store.append(refused.stream, 'no-stream', [refused.event]);
      expect(again).toMatchObject({ revision: 0, repeated: false });
      await store.close();
      const reopened = await (await compiledStore()).open(folder, 'inline');
      expect(await keepingFaults(folder)).toEqual([]);
      expect(await reopened.head()).toBe(again.position);
      await reopened.close();
      rmSync(folder, { recursive: true });
    },
  );

  onSmallDisk('is read from', async () => {
    const folder = join(String(disk), 'read');
    const store = await SqliteEventStore.open(folder, 'inline');
    await store.append('sale-1', 'no-stream', [eventOf()]);
    await store.close();
    const filler = join(String(disk), 'filler');
    fill(filler);
    const reader = SqliteEventStore.openReader(folder);
    expect(await reader.readStream('sale-1')).toHaveLength(1);
    await reader.close();
    rmSync(filler);
  });

  onSmallDisk(
    'that has no room for the key of the trail ends a start with exit code 1',
    async () => {
      const filler = join(String(disk), 'filler');
      fill(filler);
      const AUDIT_KEY_FILE = join(String(disk), 'audit-key.pem');
      const service = new ServiceProcess({ env: { AUDIT_KEY_FILE } });

      expect(await service.exit()).toBe(1);
      expect(service.output.trim()).toMatch(
        new RegExp(`^there is no room for ${AUDIT_KEY_FILE}: ENOSPC.*$`),
      );
      expect(existsSync(AUDIT_KEY_FILE)).toBe(false);
      rmSync(filler);
    },
  );
});

describe('a writer thread that ended', () => {
  test('leaves open what it was writing, and writes nothing more; reading goes on', async () => {
    const folder = newFolder();
    const store = await (await compiledStore()).open(folder, 'thread');
    await store.append('sale-1', 'no-stream', [eventOf()]);
    const { worker } = (store as unknown as { own: { writer: { worker: Worker } } }).own.writer;
    const pending = Array.from({ length: 5 }, (_, number) =>
      store.append(`pending-${number}`, 'no-stream', [eventOf(100_000)]),
    );
    const settled = Promise.allSettled(pending);
    // Behind the group: by now it is on its way to the thread.
    await new Promise(setImmediate);
    await worker.terminate();
    for (const result of await settled) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ outcome: 'unknown' });
    }
    await expect(store.append('late', 'any', [eventOf()])).rejects.toMatchObject({
      name: 'StoreUnavailableError',
      outcome: 'not-done',
    });
    expect(await store.readStream('sale-1')).toHaveLength(1);
    await store.close();
    const next = await SqliteEventStore.open(folder, 'inline');
    await next.close();
    expect(await keepingFaults(folder)).toEqual([]);
  });
});

describe('the write-ahead log', () => {
  const walBytes = (folder: string): number => statSync(`${logFile(folder)}-wal`).size;
  const write = async (store: EventStore, count: number): Promise<void> => {
    for (let number = 0; number < count; number += 50) {
      const group = Array.from({ length: 50 }, () =>
        store.append('large', 'any', [eventOf(20_000)]),
      );
      await Promise.all(group);
    }
  };

  test('stays small however much is written', async () => {
    const folder = newFolder();
    const store = await SqliteEventStore.open(folder, 'inline');
    const following = store.subscribe(START).subscribe();
    await write(store, 2_000);
    expect(statSync(logFile(folder)).size).toBeGreaterThan(30_000_000);
    expect(walBytes(folder)).toBeLessThan(20_000_000);
    following.unsubscribe();
    await store.close();
  });

  test('grows no more once a long read has ended', async () => {
    const folder = newFolder();
    const store = await SqliteEventStore.open(folder, 'inline');
    await write(store, 50);
    const reader = openForReading(folder);
    const reading = reader.prepare('SELECT position FROM events').iterate();
    reading.next();
    await write(store, 1_000);
    reading.return?.();
    reader.close();
    const grown = walBytes(folder);
    expect(grown).toBeGreaterThan(20_000_000);
    await write(store, 1_000);
    expect(walBytes(folder)).toBeLessThan(grown + 10_000_000);
    await store.close();
  });
});

/** A disk of a few megabytes, where this machine lets us have one. */
function smallDisk(): string | undefined {
  const folder = newFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', folder], {
      stdio: 'ignore',
    });
    return folder;
  } catch {
    return undefined;
  }
}

function fill(file: string): void {
  for (let part = 0; ; part += 1) {
    try {
      writeFileSync(file, Buffer.alloc(65_536), { flag: 'a' });
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
      return;
    }
    expect(part * 65_536).toBeLessThan(2 * DISK_BYTES);
  }
}

async function appendUntilRefused(store: EventStore) {
  for (let number = 0; ; number += 1) {
    const stream = `large-${number}`;
    const event = eventOf(50_000);
    const head = await store.head();
    try {
      await store.append(stream, 'no-stream', [event]);
    } catch (error) {
      return { stream, event, head, error };
    }
    expect(number).toBeLessThan(1_000);
  }
}
