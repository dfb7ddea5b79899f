import { existsSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { StoreUnavailableError } from './event-store.js';
import { sqliteCode } from './sqlite-file.js';
import { makeFolder } from './make-folder.js';

/** One who asks `ownerOf` is in the way for less than this. */
const WAIT_FOR_LOOKERS_MS = 100;

/** Who holds a data folder. */
export interface Owner {
  readonly pid: number;
  /** Where its HTTP API is, once it listens. */
  readonly url?: string;
}

/** Another process writes to the folder. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
  constructor(
    readonly folder: string,
    readonly owner: Owner | undefined,
  ) {
    const who = owner ? ` by process ${owner.pid}` : '';
    const where = owner?.url === undefined ? '' : `, which serves ${owner.url}`;
    super(`the data folder ${folder} is in use${who}${where}; only one process may write to it`);
  }
}

/** A lock of the operating system, held through SQLite: it ends with the process, however that ends. */
export class FolderLock {
  private constructor(
    private readonly folder: string,
    private readonly database: Database.Database,
  ) {}

  /**
   * @throws FolderInUseError when another process holds it, or this one does already; StoreUnavailableError when nothing can be
   * written to it
   */
  static take(folder: string): FolderLock {
    const lock = inTermsOf(folder, () => FolderLock.ifFree(folder));
    if (!lock) throw new FolderInUseError(folder, readOwner(folder));
    return lock;
  }

  private static ifFree(folder: string): FolderLock | undefined {
    makeFolder(folder);
    const database = lockDatabase(folder);
    if (!database) return undefined;
    const lock = new FolderLock(folder, database);
    try {
      lock.announce({ pid: process.pid });
      return lock;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Says who holds the folder, for those who find it held. @throws StoreUnavailableError as above */
  announce(owner: Owner): void {
    const file = ownerFile(this.folder);
    inTermsOf(this.folder, () => {
      writeFileSync(`${file}.new`, JSON.stringify(owner));
      renameSync(`${file}.new`, file);
    });
  }

  release(): void {
    rmSync(ownerFile(this.folder), { force: true });
    this.database.close();
  }
}

/** Some folders of one process, of which one may be another by another name: taken together or not at all. */
export class FolderLocks {
  private constructor(private readonly locks: readonly FolderLock[]) {}

  /** @throws FolderInUseError when another process holds one of them; StoreUnavailableError as above */
  static take(folders: readonly string[]): FolderLocks {
    const locks: FolderLock[] = [];
    try {
      for (const folder of eachOnce(folders)) locks.push(FolderLock.take(folder));
    } catch (error) {
      for (const lock of locks) lock.release();
      throw error;
    }
    return new FolderLocks(locks);
  }

  announce(owner: Owner): void {
    for (const lock of this.locks) lock.announce(owner);
  }

  release(): void {
    for (const lock of this.locks) lock.release();
  }
}

function eachOnce(folders: readonly string[]): string[] {
  const named = folders.map((folder) => {
    inTermsOf(folder, () => {
      makeFolder(folder);
    });
    return [realpathSync(folder), folder] as const;
  });
  return [...new Map(named).values()];
}

/** @throws StoreUnavailableError naming the folder that what fails needs, where the system or SQLite says so */
function inTermsOf<T>(folder: string, task: () => T): T {
  try {
    return task();
  } catch (cause) {
    const { message, syscall } = cause as NodeJS.ErrnoException;
    if (syscall === undefined && sqliteCode(cause) === undefined) throw cause;
    const why = `the data folder ${folder} can't be written to (it needs room, and all in it has to be this user's)`;
    throw new StoreUnavailableError(`${why}: ${message}`, 'not-done', { cause });
  }
}

/** Who holds the folder now; undefined when nobody does. */
export function ownerOf(folder: string): Owner | undefined {
  const owner = readOwner(folder);
  return owner && isHeld(folder) ? owner : undefined;
}

/** The lock's own file, exclusively locked; undefined when another has it. Nothing is ever written to it. */
function lockDatabase(folder: string): Database.Database | undefined {
  const database = new Database(lockFile(folder), { timeout: WAIT_FOR_LOOKERS_MS });
  const isLocked = isBusy(() => database.exec('BEGIN EXCLUSIVE'));
  if (!isLocked) return database;
  database.close();
  return undefined;
}

/**
 * Whether a process has the folder. Looks without taking: a shared lock, for a moment, and only where the file is there.
 * @throws StoreUnavailableError naming the file where it can't be looked into
 */
export function isHeld(folder: string): boolean {
  const file = lockFile(folder);
  if (!existsSync(file)) return false;
  try {
    const database = new Database(file, { readonly: true, timeout: 0 });
    try {
      return isBusy(() => database.prepare('SELECT count(*) FROM sqlite_schema').get());
    } finally {
      database.close();
    }
  } catch (cause) {
    const why = `${file} can't be looked into: ${(cause as Error).message}`;
    throw new StoreUnavailableError(why, 'not-done', { cause });
  }
}

function isBusy(task: () => unknown): boolean {
  try {
    task();
    return false;
  } catch (error) {
    if (sqliteCode(error) === 'SQLITE_BUSY') return true;
    throw error;
  }
}

function lockFile(folder: string): string {
  return join(folder, 'lock.db');
}

function ownerFile(folder: string): string {
  return join(folder, 'owner.json');
}

function readOwner(folder: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(ownerFile(folder), 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}
