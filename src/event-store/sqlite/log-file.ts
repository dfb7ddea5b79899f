import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import Database from 'better-sqlite3';
import type { NewEvent } from '../event-store.js';

/** A row of the log. `position` counts from 1 without gaps. */
export interface Row extends NewEvent {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
}

export interface CheckedRow extends Row {
  readonly checksum: number;
}

export const COLUMNS = 'position, stream, revision, id, type, data, metadata';

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
`;

export function logFile(folder: string): string {
  return join(folder, 'log.db');
}

/** The connection that writes. A commit has reached the disk when it returns. */
export function openForWriting(folder: string): Database.Database {
  mkdirSync(folder, { recursive: true });
  const database = new Database(logFile(folder));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('wal_autocheckpoint = 4000');
  database.pragma('cache_size = -65536');
  database.exec(SCHEMA);
  return database;
}

export function openForReading(folder: string): Database.Database {
  const database = new Database(logFile(folder), { readonly: true, fileMustExist: true });
  database.pragma('mmap_size = 1073741824');
  return database;
}

/** CRC-32 of everything in the row: a changed byte, or a row in another's place, shows. */
export function checksum(row: Row): number {
  return crc32(
    `${row.position}\n${row.stream}\n${row.revision}\n${row.id}\n${row.type}\n${row.data}\n${row.metadata}`,
  );
}
