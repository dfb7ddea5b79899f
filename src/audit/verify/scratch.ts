import Database from 'better-sqlite3';

/** Tables of a check's own, in a temporary file of SQLite's that is gone when they are closed. */
export function scratchDatabase(): Database.Database {
  const database = new Database('');
  // What is kept of a stream is as large as it: in pages of 4 KB each would have some of its own.
  database.pragma('page_size = 32768');
  database.pragma('journal_mode = MEMORY');
  database.pragma('synchronous = OFF');
  database.pragma('cache_size = -65536');
  // Of one transaction that never ends: nothing of it has to outlive this.
  database.exec('BEGIN');
  return database;
}
