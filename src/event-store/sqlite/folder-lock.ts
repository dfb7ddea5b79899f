import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

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

  /** @throws FolderInUseError */
  static take(folder: string): FolderLock {
    mkdirSync(folder, { recursive: true });
    const database = lockDatabase(folder);
    if (!database) throw new FolderInUseError(folder, readOwner(folder));
    const lock = new FolderLock(folder, database);
    lock.announce({ pid: process.pid });
    return lock;
  }

  /** Says who holds the folder, for those who find it held. */
  announce(owner: Owner): void {
    const file = ownerFile(this.folder);
    writeFileSync(`${file}.new`, JSON.stringify(owner));
    renameSync(`${file}.new`, file);
  }

  release(): void {
    this.database.close();
  }
}

/** Who holds the folder now; undefined when nobody does. */
export function ownerOf(folder: string): Owner | undefined {
  const owner = readOwner(folder);
  if (!owner) return undefined;
  const free = lockDatabase(folder);
  free?.close();
  return free ? undefined : owner;
}

/** The lock's own file, exclusively locked; undefined when another has it. */
function lockDatabase(folder: string): Database.Database | undefined {
  const database = new Database(join(folder, 'lock.db'), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if ((error as { code?: string }).code === 'SQLITE_BUSY') return undefined;
    throw error;
  }
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
