import {
  closeSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { CorruptLogError, toPosition } from '../../src/event-store/event-store.js';
import { openCheckedLog } from '../../src/event-store/open-event-store.js';
import { logFile } from '../../src/event-store/sqlite/log-file.js';
import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { keepingFaults } from '../support/keeping-faults.js';
import { eventOf } from '../support/store-events.js';
import { newFolder } from '../support/store-folder.js';
import { alterLog } from '../support/tampering.js';

const EVENTS = 200;
const PAGE_BYTES = 4_096;

/** A closed log of one stream an event: all in its one file. */
async function aLog(): Promise<string> {
  const folder = newFolder();
  const store = await SqliteEventStore.open(folder, 'inline');
  await Promise.all(
    Array.from({ length: EVENTS }, (_, number) =>
      store.append(`sale-${number}`, 'no-stream', [eventOf(600)]),
    ),
  );
  await store.close();
  return folder;
}

async function opening(folder: string): Promise<Error> {
  try {
    const store = await SqliteEventStore.open(folder, 'inline');
    await store.close();
  } catch (error) {
    return error as Error;
  }
  throw new Error('the damaged log was opened');
}

async function expectRefused(folder: string, ...parts: readonly string[]): Promise<void> {
  const before = readFileSync(logFile(folder));
  const error = await opening(folder);
  expect(error).toBeInstanceOf(CorruptLogError);
  // The folder is left to whoever comes next.
  expect(await opening(folder)).toEqual(error);
  for (const part of [logFile(folder), ...parts]) expect(error.message).toContain(part);
  expect(readFileSync(logFile(folder)).equals(before)).toBe(true);
}

test('a whole log passes the check', async () => {
  expect(await keepingFaults(await aLog())).toEqual([]);
});

test.each([
  ['one event', 'position = 17', 'position 17 is missing'],
  ['some events', 'position BETWEEN 17 AND 20', 'positions 17 to 20 are missing'],
  ['the first event', 'position = 1', 'position 1 is missing'],
])('a log without %s is refused', async (_, which, told) => {
  const folder = await aLog();
  alterLog(folder, `DELETE FROM events WHERE ${which}`);
  await expectRefused(folder, told);
  const [first] = told.match(/\d+/) ?? [];
  expect(await keepingFaults(folder)).toMatchObject([
    { code: 'missing', position: toPosition(Number(first)) },
  ]);
});

test.each([
  ['data', `data = replace(data, 'xxx', 'xyx')`],
  ['metadata', `metadata = '{}'`],
  ['type', `type = 'Refused'`],
  ['id', `id = 'another'`],
  ['stream', `stream = 'sale-x'`],
  ['revision', 'revision = 7'],
  ['checksum', 'checksum = checksum + 1'],
])('an event whose %s was edited is refused, by its position', async (_, edit) => {
  const folder = await aLog();
  alterLog(folder, `UPDATE events SET ${edit} WHERE position = 42`);
  await expectRefused(folder, 'position 42', 'is not what was written');
  expect(await keepingFaults(folder)).toContainEqual(
    expect.objectContaining({ code: 'altered', position: toPosition(42) }),
  );
});

test('two events that changed places are refused', async () => {
  const folder = await aLog();
  alterLog(
    folder,
    `UPDATE events SET position = 1000 WHERE position = 5;
     UPDATE events SET position = 5 WHERE position = 6;
     UPDATE events SET position = 6 WHERE position = 1000;`,
  );
  await expectRefused(folder, 'position 5', 'is not what was written');
});

test('an event before the first position is refused', async () => {
  const folder = await aLog();
  alterLog(folder, `INSERT INTO events VALUES (0, 's', 0, 'i', 't', '{}', '{}', 0)`);
  await expectRefused(folder, 'position 0');
});

test('a lost index is refused, and told by a check of the whole log', async () => {
  const folder = await aLog();
  alterLog(folder, 'DROP INDEX events_by_stream');
  await expectRefused(folder, 'lacks events_by_stream');
  const pages = [];
  for await (const page of openCheckedLog(`file:${folder}`, 'inline')) pages.push(page);
  expect(pages).toMatchObject([{ events: [], faults: [{ code: 'damaged' }] }]);
});

test.each([5, 20])(
  'of a log whose page %i is lost a check tells that, and what it can still read',
  async (page) => {
    const folder = await aLog();
    const bytes = readFileSync(logFile(folder));
    bytes.fill(0, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
    writeFileSync(logFile(folder), bytes);
    const told = { events: 0, codes: new Set<string>() };
    for await (const { events, faults } of openCheckedLog(`file:${folder}`, 'inline')) {
      told.events += events.length;
      for (const { code } of faults) told.codes.add(code);
    }
    expect(told.codes).toContain('damaged');
    expect(told.events).toBeGreaterThan(0);
  },
);

test('a bit that changed on the disk is refused, by its position', async () => {
  const folder = await aLog();
  const database = new Database(logFile(folder));
  const id = database.prepare('SELECT id FROM events WHERE position = 42').pluck().get() as string;
  database.close();
  const bytes = readFileSync(logFile(folder));
  // Pages keep old copies of rows that have moved.
  for (let at = bytes.indexOf(id); at >= 0; at = bytes.indexOf(id)) {
    bytes[at] = (bytes[at] ?? 0) ^ 1;
  }
  writeFileSync(logFile(folder), bytes);
  await expectRefused(folder, 'position 42 ', 'is not what was written');
});

test('a broken page is refused, by its number', async () => {
  const folder = await aLog();
  const file = openSync(logFile(folder), 'r+');
  writeSync(file, Buffer.alloc(PAGE_BYTES, 0xff), 0, PAGE_BYTES, 9 * PAGE_BYTES);
  closeSync(file);
  await expectRefused(folder, 'page 10');
});

test('a broken page stops the read that meets it', async () => {
  const folder = await aLog();
  const store = await SqliteEventStore.open(folder, 'inline');
  await store.close();
  const reader = SqliteEventStore.openReader(folder);
  const file = openSync(logFile(folder), 'r+');
  for (let page = 4; page < 40; page += 1) {
    writeSync(file, Buffer.alloc(PAGE_BYTES, 0xff), 0, PAGE_BYTES, page * PAGE_BYTES);
  }
  closeSync(file);
  await expect(reader.readAll({ limit: EVENTS })).rejects.toThrow(CorruptLogError);
  const following = new Promise((_, reject) => {
    reader.subscribe(toPosition(0)).subscribe({ error: reject });
  });
  await expect(following).rejects.toThrow(CorruptLogError);
  await reader.close();
});

test('an event that the index of streams lacks is refused', async () => {
  const folder = await aLog();
  alterLog(
    folder,
    `PRAGMA writable_schema = ON;
     CREATE TABLE kept AS SELECT * FROM sqlite_schema WHERE name = 'events_by_stream';
     DELETE FROM sqlite_schema WHERE name = 'events_by_stream';`,
  );
  alterLog(folder, 'DELETE FROM events WHERE position = 200');
  alterLog(
    folder,
    `PRAGMA writable_schema = ON;
     INSERT INTO sqlite_schema SELECT * FROM kept;
     PRAGMA writable_schema = RESET;
     DROP TABLE kept;`,
  );
  await expectRefused(folder, 'index');
});

test('a file cut off in its middle is refused', async () => {
  const folder = await aLog();
  truncateSync(logFile(folder), 20 * PAGE_BYTES);
  await expectRefused(folder, 'cut off');
});

test.each([
  ['no database', Buffer.from('no database at all\n'.repeat(500)), 'not a database'],
  ['all zeros', Buffer.alloc(8 * PAGE_BYTES), ''],
])('a file that is %s is refused', async (_, bytes, told) => {
  const folder = newFolder();
  writeFileSync(logFile(folder), bytes);
  await expectRefused(folder, told);
});

test('a log whose file is gone, but not its WAL, is refused and the WAL kept', async () => {
  const folder = newFolder();
  const store = await SqliteEventStore.open(folder, 'inline');
  await store.append('sale-1', 'no-stream', [eventOf()]);
  const wal = readFileSync(`${logFile(folder)}-wal`);
  await store.close();
  rmSync(logFile(folder));
  writeFileSync(`${logFile(folder)}-wal`, wal);
  expect((await opening(folder)).message).toContain('is gone');
  expect(readFileSync(`${logFile(folder)}-wal`).equals(wal)).toBe(true);
});

test('a log of a later version is refused', async () => {
  const folder = await aLog();
  alterLog(folder, 'PRAGMA user_version = 99');
  await expectRefused(folder, 'version 99');
});

test('a log cut back to an earlier end is whole in itself, but lacks the event a view has seen', async () => {
  const folder = await aLog();
  const before = await SqliteEventStore.open(folder, 'inline');
  const seen = await before.at(toPosition(EVENTS));
  await before.close();
  alterLog(folder, `DELETE FROM events WHERE position > 150`);
  const store = await SqliteEventStore.open(folder, 'inline');
  expect(seen?.position).toBe(toPosition(EVENTS));
  expect(await store.at(toPosition(EVENTS))).toBeUndefined();
  expect(await store.head()).toBe(toPosition(150));
  await store.close();
});
