import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { FolderInUseError, FolderLock, ownerOf } from '../../src/event-store/folder-lock.js';
import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { eventOf } from '../support/store-events.js';
import { newFolder } from '../support/store-folder.js';
import { StoreProcess } from '../support/store-process.js';

jest.setTimeout(60_000);

const STAY = `store.announce('http://127.0.0.1:3999'); tell('open');`;

test('a second owner in the same process is refused', async () => {
  const folder = newFolder();
  const store = await SqliteEventStore.open(folder, 'inline');
  await expect(SqliteEventStore.open(folder, 'inline')).rejects.toThrow(FolderInUseError);
  await store.append('sale-1', 'no-stream', [eventOf()]);
  await store.close();
  const next = await SqliteEventStore.open(folder, 'inline');
  expect(await next.readStream('sale-1')).toHaveLength(1);
  await next.close();
});

test('another process is refused, and told who holds the folder', async () => {
  const folder = newFolder();
  const store = await SqliteEventStore.open(folder, 'inline');
  store.announce('http://127.0.0.1:3999');
  const other = StoreProcess.start(folder, STAY);
  const refusal = await other.line();
  expect(refusal).toMatch(/^FolderInUseError: /);
  for (const part of [folder, `process ${process.pid}`, 'http://127.0.0.1:3999']) {
    expect(refusal).toContain(part);
  }
  await other.kill();
  await store.close();
});

test('who holds a folder is known while it is held, and looking is in nobody’s way', () => {
  const folder = newFolder();
  expect(ownerOf(folder)).toBeUndefined();
  const lock = FolderLock.take(folder);
  expect(ownerOf(folder)).toEqual({ pid: process.pid });
  lock.announce({ pid: process.pid, url: 'http://[::1]:3000' });
  expect(ownerOf(folder)).toEqual({ pid: process.pid, url: 'http://[::1]:3000' });
  expect(() => FolderLock.take(folder)).toThrow(FolderInUseError);
  lock.release();
  expect(ownerOf(folder)).toBeUndefined();
});

test('a folder in which nobody can be told where it is served is named', () => {
  const folder = newFolder();
  const lock = FolderLock.take(folder);
  mkdirSync(join(folder, 'owner.json.new'));

  const announce = (): void => {
    lock.announce({ pid: process.pid, url: 'http://[::1]:3000' });
  };

  expect(announce).toThrow(`the data folder ${folder} can't be written to`);
  lock.release();
});

test('what is wrong with the program is not told as a folder that can not be written to', () => {
  const notBuilt = Object.assign(new Error('not built for this Node'), {
    code: 'ERR_DLOPEN_FAILED',
  });
  const announce = jest.spyOn(FolderLock.prototype, 'announce').mockImplementation(() => {
    throw notBuilt;
  });
  try {
    expect(() => FolderLock.take(newFolder())).toThrow(notBuilt);
  } finally {
    announce.mockRestore();
  }
});

test.each(['lock.db', 'owner.json', 'owner.json.new'])(
  'a folder that can not be written to, here for %s, is named, and free once it can',
  async (name) => {
    const folder = newFolder();
    mkdirSync(join(folder, name, 'in-the-way'), { recursive: true });
    const opened = SqliteEventStore.open(folder, 'inline');
    await expect(opened).rejects.toThrow(`the data folder ${folder} can't be written to`);
    rmSync(join(folder, name), { recursive: true });
    await (await SqliteEventStore.open(folder, 'inline')).close();
  },
);

test('an owner killed on the spot leaves the folder free', async () => {
  const folder = newFolder();
  const owner = StoreProcess.start(folder, STAY);
  expect(await owner.line()).toBe('open');
  expect(ownerOf(folder)).toEqual({ pid: owner.pid, url: 'http://127.0.0.1:3999' });
  await expect(SqliteEventStore.open(folder, 'inline')).rejects.toThrow(`process ${owner.pid}`);
  await owner.kill();
  expect(existsSync(join(folder, 'owner.json'))).toBe(true);
  expect(ownerOf(folder)).toBeUndefined();
  const store = await SqliteEventStore.open(folder, 'inline');
  expect(JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8'))).toEqual({
    pid: process.pid,
  });
  await store.close();
});

test('readers come beside an owner, follow it live, and can not write', async () => {
  const folder = newFolder();
  expect(() => SqliteEventStore.openReader(folder)).toThrow('there is no log');
  const owner = await SqliteEventStore.open(folder, 'inline');
  const reader = SqliteEventStore.openReader(folder);
  const first = await owner.append('sale-1', 'no-stream', [eventOf()]);
  const seen = new Promise<string>((resolve) => {
    const following = reader.subscribe(first.position).subscribe(([event]) => {
      following.unsubscribe();
      resolve(event?.stream ?? '');
    });
  });
  await owner.append('sale-2', 'no-stream', [eventOf()]);
  expect(await seen).toBe('sale-2');
  await expect(reader.append('sale-3', 'any', [eventOf()])).rejects.toMatchObject({
    outcome: 'not-done',
  });
  await reader.close();
  await owner.close();
});
