import { constants, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import Database from 'better-sqlite3';

/**
 * A connection that reads the file, beside whoever writes to it. SQLite reads a file in WAL mode only where it can
 * put others beside it: of a folder that can't be written to, or has no room, a copy is read, as the file is now.
 * @throws SqliteError when there is no such file; Error of the file system when it can't be copied
 */
export function openToRead(file: string): Database.Database {
  const database = connect(file);
  if (canBegin(database)) return database;
  database.close();
  return openCopy(file);
}

function connect(file: string): Database.Database {
  return new Database(file, { readonly: true, fileMustExist: true });
}

/**
 * Opens the WAL, which fails in one way where the folder is mounted to be read only, in another where this user may only
 * read it, in a third where its disk is full. What else keeps the file from being read is told when that is tried.
 */
function canBegin(database: Database.Database): boolean {
  try {
    database.pragma('schema_version');
    return true;
  } catch (error) {
    return !/^SQLITE_(CANTOPEN|READONLY|IOERR_SHM)/.test(sqliteCode(error) ?? '');
  }
}

/** It has no name any more, so that it goes when it is closed. */
function openCopy(file: string): Database.Database {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-copy-'));
  try {
    const copy = join(folder, basename(file));
    for (const suffix of ['', '-wal']) {
      if (!existsSync(file + suffix)) continue;
      copyFileSync(file + suffix, copy + suffix, constants.COPYFILE_FICLONE);
    }
    const database = connect(copy);
    canBegin(database);
    return database;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Such as SQLITE_FULL; undefined for an error that is not SQLite's. Its class is another in each of Jest's modules. */
export function sqliteCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}

/** Whether SQLite says of the file itself that it is broken. */
export function isDamage(error: unknown): error is Error {
  return /^SQLITE_(CORRUPT|NOTADB)/.test(sqliteCode(error) ?? '');
}
