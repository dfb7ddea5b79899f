import { crc32 } from 'node:zlib';
import type Database from 'better-sqlite3';
import { CorruptLogError } from '../event-store.js';
import { isDamage } from '../sqlite-file.js';
import { CHECKED_TEXT, inStoreTerms, logFile } from './log-file.js';

/** A log of so many events is checked whole at every start: about a second. */
const WHOLE_AT_START = 200_000;

/** Rows read at a time. */
const PAGE = 500;

type CheckedRow = [position: number, text: string | null, checksum: number];

/**
 * The check before a log is written to. A log of up to 200 000 events: every page, every row's checksum, no gap between
 * positions. A longer one: no gap, as many rows in the index of streams as in the table, the checksums of the last
 * 200 000 rows; an edit or a flipped bit further back is left to `checkedPages`. Nothing is repaired.
 * @throws CorruptLogError naming the file, the position or page, and what is wrong there
 */
export function checkAtStart(database: Database.Database, folder: string): void {
  const file = logFile(folder);
  naming(database, file, () => {
    const events = checkPositions(database, file);
    if (events <= WHOLE_AT_START) checkPages(database, file);
    checkRows(database, file, Math.max(0, events - WHOLE_AT_START));
  });
}

/** A check that stumbles over a broken page knows little of it: SQLite's own check names the page. */
function naming(database: Database.Database, file: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (isDamage(error)) {
      inStoreTerms(file, () => {
        checkPages(database, file);
      });
    }
    inStoreTerms(file, () => {
      throw error;
    });
  }
}

function checkPages(database: Database.Database, file: string): void {
  const found = database.pragma('quick_check(1)', { simple: true }) as string;
  if (found !== 'ok')
    throw new CorruptLogError(`${file} is damaged: ${found.replaceAll('\n', ' ')}`);
}

/** Gives the number of events. In one transaction: the log may be written to meanwhile. */
function checkPositions(database: Database.Database, file: string): number {
  return database.transaction(() => countPositions(database, file))();
}

/** Counts in the table and in the index, since a reader goes by either. */
function countPositions(database: Database.Database, file: string): number {
  const count = (how: string): number =>
    database.prepare<[], number>(`SELECT count(*) FROM events ${how}`).pluck().get() ?? 0;
  const events = count('NOT INDEXED');
  // Each by itself: asked for together, they would be taken from the index.
  const position = (which: 'min' | 'max'): number | null | undefined =>
    database.prepare<[], number | null>(`SELECT ${which}(position) FROM events`).pluck().get();
  const first = position('min') ?? 1;
  const last = position('max') ?? 0;
  if (first < 1) throw new CorruptLogError(`${file}: position ${first} is before the first`);
  if (last !== events) throw gap(database, file);
  const indexed = count('INDEXED BY events_by_stream');
  if (indexed === events) return events;
  throw new CorruptLogError(`${file}: ${events} events, but ${indexed} in the index of streams`);
}

function gap(database: Database.Database, file: string): CorruptLogError {
  let last = 0;
  const positions = database.prepare<[], number>('SELECT position FROM events ORDER BY position');
  for (const position of positions.pluck().iterate()) {
    if (position !== last + 1) {
      const from = last + 1;
      const to = position - 1;
      const missing = from === to ? `position ${from} is` : `positions ${from} to ${to} are`;
      return new CorruptLogError(`${file}: ${missing} missing`);
    }
    last = position;
  }
  return new CorruptLogError(`${file}: fewer events than positions`);
}

function checkRows(database: Database.Database, file: string, after: number): void {
  const page = database
    .prepare<[number, number], CheckedRow>(
      `SELECT position, ${CHECKED_TEXT}, checksum FROM events WHERE position > ? ORDER BY position LIMIT ?`,
    )
    .raw();
  let last = after;
  for (let rows = page.all(last, PAGE); rows.length > 0; rows = page.all(last, PAGE)) {
    for (const [position, text, checksum] of rows) {
      if (text === null || crc32(text) !== checksum) throw altered(database, file, position);
      last = position;
    }
  }
}

function altered(database: Database.Database, file: string, position: number): CorruptLogError {
  const row = database
    .prepare<[number], { stream: string; revision: number }>(
      'SELECT stream, revision FROM events WHERE position = ?',
    )
    .get(position);
  return new CorruptLogError(
    `${file}: the event at position ${position} (${row?.stream ?? '?'}, revision ${row?.revision ?? '?'}) is not what was written`,
  );
}
