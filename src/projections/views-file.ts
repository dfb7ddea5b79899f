import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { CorruptLogError } from '../event-store/event-store.js';

/** Where the views are kept: one file, apart from the log. */
export function viewsFile(viewsDir: string): string {
  return join(viewsDir, 'views.db');
}

/**
 * The connection that writes, to a file that it begins where there is none. What a crash takes back from the
 * disk is rebuilt from the log, so commits need not wait for it.
 * @throws CorruptLogError naming the file when it is damaged
 */
export function openViewsToWrite(viewsDir: string): Database.Database {
  mkdirSync(viewsDir, { recursive: true });
  return open(viewsFile(viewsDir), {}, (database) => {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    database.pragma('cache_size = -131072');
    database.pragma('wal_autocheckpoint = 8000');
  });
}

/** A connection that reads, beside the one that writes. @throws CorruptLogError as for writing */
export function openViewsToRead(viewsDir: string): Database.Database {
  return open(viewsFile(viewsDir), { readonly: true, fileMustExist: true });
}

function open(
  file: string,
  options: Database.Options,
  prepare?: (database: Database.Database) => void,
): Database.Database {
  return namingDamage(file, () => {
    const database = new Database(file, options);
    try {
      prepare?.(database);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** What an operator does about a views' file that can't be used. */
export function remedy(file: string): string {
  return `delete ${file}: it will be built anew from the log`;
}

/** Does something with the file. @throws CorruptLogError naming it when SQLite finds it damaged */
export function namingDamage<T>(file: string, task: () => T): T {
  try {
    return task();
  } catch (cause) {
    if (!(cause instanceof Database.SqliteError) || !DAMAGE.test(cause.code)) throw cause;
    throw new CorruptLogError(`${file} is damaged (${cause.message}); ${remedy(file)}`, { cause });
  }
}

const DAMAGE = /^SQLITE_(CORRUPT|NOTADB)/;

/** With these the disk or another process is in the way, so that the same may work later. */
const IN_THE_WAY = /^SQLITE_(FULL|IOERR|BUSY|LOCKED|READONLY|CANTOPEN|NOMEM|PROTOCOL)/;

export function isInTheWay(error: unknown): boolean {
  return error instanceof Database.SqliteError && IN_THE_WAY.test(error.code);
}

/** Whether it is the file's fault, not that of what was to be written. */
export function isFileFault(error: unknown): boolean {
  return isInTheWay(error) || (error instanceof Database.SqliteError && DAMAGE.test(error.code));
}
