import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import type { SqliteEventStore as Source } from '../../src/event-store/sqlite/sqlite-event-store.js';

const folders: string[] = [];
const endings: (() => Promise<unknown>)[] = [];

/** An empty data folder, gone after the suite. */
export function newFolder(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'ledger-store-'));
  folders.push(folder);
  return folder;
}

/** One in memory where the system has such: for what needs no disk, since no process is killed. */
export function newFolderInMemory(): string {
  return newFolder(existsSync('/dev/shm') ? '/dev/shm' : tmpdir());
}

/** Removes it before the suite ends, when there are many. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Runs after the suite, before its folders go: what was begun last ends first. */
export function afterSuite(end: () => Promise<unknown>): void {
  endings.push(end);
}

afterAll(async () => {
  const ended: PromiseSettledResult<unknown>[] = [];
  for (const end of endings.splice(0).reverse()) ended.push(...(await Promise.allSettled([end()])));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  const failed = ended.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
});

/** Where the compiled store is: a thread can only be started from there. */
export const COMPILED_STORE = compiledPath('event-store/sqlite/sqlite-event-store.js');

/** The compiled store, whose errors are of other classes than the source's: compare them by name. */
export async function compiledStore(): Promise<typeof Source> {
  type Compiled = { SqliteEventStore: typeof Source };
  return (await compiled<Compiled>('event-store/sqlite/sqlite-event-store.js')).SqliteEventStore;
}

/** A module as compiled. */
export async function compiled<Module>(module: string): Promise<Module> {
  return (await import(compiledPath(module))) as Module;
}

function compiledPath(module: string): string {
  return new URL(`../../dist/${module}`, import.meta.url).href;
}

/** The folder where nobody can write to it; undefined where this process may not mount. */
export function readOnly(folder: string): string | undefined {
  const place = newFolder();
  try {
    execFileSync('mount', ['--bind', folder, place], { stdio: 'ignore' });
    afterSuite(() => Promise.resolve(execFileSync('umount', [place])));
    execFileSync('mount', ['-o', 'remount,ro,bind', place], { stdio: 'ignore' });
    return place;
  } catch {
    return undefined;
  }
}
