import type Database from 'better-sqlite3';
import { CorruptLogError } from '../event-store.js';
import { checksum, type CheckedRow, COLUMNS, logFile } from './log-file.js';

/**
 * Reads the whole log once: every page, every row's checksum, no gap between positions, and as many entries in
 * the index of streams as there are rows. Nothing is repaired.
 * @throws CorruptLogError naming the file, the position and what is wrong there
 */
export function checkLog(database: Database.Database, folder: string): void {
  const file = logFile(folder);
  let last = 0;
  try {
    const rows = database.prepare<[], CheckedRow>(
      `SELECT ${COLUMNS}, checksum FROM events ORDER BY position`,
    );
    for (const row of rows.iterate()) {
      if (row.position !== last + 1) throw gap(file, last + 1, row.position - 1);
      if (row.checksum !== checksum(row)) {
        throw new CorruptLogError(
          `${file}: the event at position ${row.position} (${row.stream}, revision ${row.revision}) is not what was written`,
        );
      }
      last = row.position;
    }
    checkIndex(database, file, last);
  } catch (error) {
    if (error instanceof CorruptLogError) throw error;
    throw new CorruptLogError(
      `${file}: can't be read behind position ${last}: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

function gap(file: string, from: number, to: number): CorruptLogError {
  const missing = from === to ? `position ${from} is` : `positions ${from} to ${to} are`;
  return new CorruptLogError(`${file}: ${missing} missing`);
}

function checkIndex(database: Database.Database, file: string, rows: number): void {
  const indexed = database
    .prepare<[], { count: number }>(
      'SELECT count(*) AS count FROM events INDEXED BY events_by_stream',
    )
    .get()?.count;
  if (indexed !== rows) {
    throw new CorruptLogError(
      `${file}: ${rows} events, but ${indexed ?? 0} in the index of streams`,
    );
  }
}
