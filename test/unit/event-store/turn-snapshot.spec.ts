import { setImmediate as nextTurn } from 'node:timers/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { TurnSnapshot } from '../../../src/event-store/turn-snapshot.js';
import { losePage } from '../../support/damaged-view.js';
import { newFolder } from '../../support/store-folder.js';

let file: string;
let writer: Database.Database;
let reader: Database.Database;
let snapshot: TurnSnapshot;

beforeEach(() => {
  file = join(newFolder(), 'numbers.db');
  writer = new Database(file);
  writer.pragma('journal_mode = WAL');
  writer.exec('CREATE TABLE numbers (number INTEGER)');
  reader = new Database(file, { readonly: true });
  snapshot = new TurnSnapshot(reader);
});

afterEach(() => {
  reader.close();
  writer.close();
});

function write(): void {
  writer.exec('INSERT INTO numbers VALUES (1)');
}

function read(): unknown {
  snapshot.hold();
  return reader.prepare('SELECT count(*) FROM numbers').pluck().get();
}

test('reads of one turn see what the first of them saw', async () => {
  expect(read()).toBe(0);
  write();
  expect(read()).toBe(0);
  await nextTurn();
  expect(read()).toBe(1);
});

test('a snapshot that is let go of is followed by one of that moment', async () => {
  expect(read()).toBe(0);
  write();
  snapshot.letGo();
  expect(read()).toBe(1);
  write();
  expect(read()).toBe(1);
  await nextTurn();
  expect(read()).toBe(2);
});

test('nothing is held behind the turn, so that the WAL can be put back into the file', async () => {
  read();
  await nextTurn();
  write();
  expect(writer.pragma('wal_checkpoint(TRUNCATE)')).toEqual([{ busy: 0, log: 0, checkpointed: 0 }]);
});

test('is let go of also where a damaged page was met', async () => {
  writer.exec('CREATE INDEX numbers_by_number ON numbers (number)');
  write();
  writer.close();
  reader.close();
  losePage(file, 'numbers_by_number');
  reader = new Database(file, { readonly: true });
  snapshot = new TurnSnapshot(reader);

  snapshot.hold();
  const byIndex = reader.prepare(
    'SELECT * FROM numbers INDEXED BY numbers_by_number WHERE number = 1',
  );
  expect(() => byIndex.all()).toThrow('malformed');
  expect(() => {
    snapshot.letGo();
  }).not.toThrow();
  expect(read()).toBe(1);
  await nextTurn();
  expect(reader.inTransaction).toBe(false);
});

test('the connection can be closed while it holds one', async () => {
  read();
  reader.close();
  await nextTurn();
  expect(() => {
    snapshot.letGo();
  }).not.toThrow();
});
