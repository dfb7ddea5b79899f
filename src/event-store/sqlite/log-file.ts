import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import Database from 'better-sqlite3';
import { CorruptLogError, type NewEvent, StoreUnavailableError } from '../event-store.js';
import { isDamage, openToRead, sqliteCode } from '../sqlite-file.js';
import { makeFolder } from '../make-folder.js';

/** What a row of the log says beside its position, which counts from 1 without gaps. */
interface Row extends NewEvent {
  readonly stream: string;
  readonly revision: number;
}

export const COLUMNS = 'position, stream, revision, id, type, data, metadata';

/** These of a row that is read: an array is made sooner than an object. */
export type Columns = [
  position: number,
  stream: string,
  revision: number,
  id: string,
  type: string,
  data: string,
  metadata: string,
];

/** What a row's checksum covers, as SQL; `checksum` takes the same of a row in memory. */
export const CHECKED_TEXT = COLUMNS.replaceAll(', ', ' || char(10) || ');

/** To be raised with every change of the schema. */
const SCHEMA_VERSION = 1;

/** Ids need no index of their own: they are only ever compared within a stream. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY,
    stream   TEXT    NOT NULL,
    revision INTEGER NOT NULL,
    id       TEXT    NOT NULL,
    type     TEXT    NOT NULL,
    data     TEXT    NOT NULL,
    metadata TEXT    NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS events_by_stream ON events (stream, revision);
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

export function logFile(folder: string): string {
  return join(folder, 'log.db');
}

/**
 * The connection that writes. A commit has reached the disk when it returns; checkpoints are the caller's.
 * @throws CorruptLogError when the file is no log, or one of a later version
 */
export function openForWriting(folder: string): Database.Database {
  makeFolder(folder);
  refuseLoneWal(logFile(folder));
  return open(
    folder,
    (file) => new Database(file),
    (database) => {
      database.pragma('journal_mode = WAL');
      database.pragma('synchronous = FULL');
      database.pragma('wal_autocheckpoint = 0');
      database.pragma('cache_size = -65536');
      if (versionOf(database) === 0) database.transaction(() => database.exec(SCHEMA))();
    },
  );
}

/**
 * A connection that reads. Without a memory map: there a page that can't be read would end the process.
 * @throws StoreUnavailableError when the folder has no log, or one that may not be read; CorruptLogError as for writing
 */
export function openForReading(folder: string): Database.Database {
  requireReadable(logFile(folder), folder);
  return open(folder, openToRead, (database) => {
    if (versionOf(database) !== 0) return;
    throw new StoreUnavailableError(`the log in ${folder} has not been begun`, 'not-done');
  });
}

/** A log that is another user's is told from none, which SQLite does not. */
function requireReadable(file: string, folder: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT' ? `there is no log in ${folder}` : `the log can't be read: ${message}`;
    throw new StoreUnavailableError(why, 'not-done', { cause: error });
  }
}

function open(
  folder: string,
  connect: (file: string) => Database.Database,
  prepare: (database: Database.Database) => void,
): Database.Database {
  const file = logFile(folder);
  return inStoreTerms(file, () => {
    const database = connect(file);
    try {
      prepare(database);
      refuseOtherVersions(file, versionOf(database));
      refuseIncomplete(file, database);
      return database;
    } catch (error) {
      database.close();
      if (sqliteCode(error) === 'SQLITE_CORRUPT') refuseShortened(file);
      throw error;
    }
  });
}

/** To be asked of a file that could not be opened: of a shortened one SQLite says no more than that it is malformed. */
function refuseShortened(file: string): void {
  const header = Buffer.alloc(32);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, header, 0, header.length, 0);
  closeSync(descriptor);
  const due = header.readUInt16BE(16) * header.readUInt32BE(28);
  const { size } = statSync(file);
  if (size < due) throw new CorruptLogError(`${file} is cut off at ${size} of ${due} bytes`);
}

/** SQLite would take a log without its file for a new one, and throw away what the WAL still has. */
function refuseLoneWal(file: string): void {
  const size = (name: string): number => statSync(name, { throwIfNoEntry: false })?.size ?? 0;
  if (size(file) > 0 || size(`${file}-wal`) === 0) return;
  throw new CorruptLogError(`${file} is gone or empty, but ${file}-wal has events of it`);
}

function versionOf(database: Database.Database): number {
  return database.pragma('user_version', { simple: true }) as number;
}

function refuseOtherVersions(file: string, version: number): void {
  if (version === SCHEMA_VERSION) return;
  throw new CorruptLogError(`${file} has version ${version}; only ${SCHEMA_VERSION} is known`);
}

/** CRC-32 of everything in the row: a changed byte, or a row in another's place, shows. */
export function checksum(position: number, row: Row): number {
  return crc32(
    `${position}\n${row.stream}\n${row.revision}\n${row.id}\n${row.type}\n${row.data}\n${row.metadata}`,
  );
}

function refuseIncomplete(file: string, database: Database.Database): void {
  const find = database.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?');
  for (const name of ['events', 'events_by_stream']) {
    if (!find.get(name)) throw new CorruptLogError(`${file} is damaged: it lacks ${name}`);
  }
}

/**
 * Does something with the file that changes nothing in it.
 * @throws CorruptLogError when a page of it is damaged; StoreUnavailableError when SQLite can't get at it
 */
export function inStoreTerms<T>(file: string, task: () => T): T {
  try {
    return task();
  } catch (error) {
    const code = sqliteCode(error);
    if (code === undefined) throw error;
    const message = `${file} can't be read: ${(error as Error).message} (${code})`;
    if (isDamage(error)) throw new CorruptLogError(message, { cause: error });
    throw new StoreUnavailableError(message, 'not-done', { cause: error });
  }
}
