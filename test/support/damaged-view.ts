import { readFileSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';

/** Loses the first page of a table or an index of a view that nobody has open; without either the file's own. */
export function losePage(file: string, of?: string): void {
  const database = new Database(file);
  database.pragma('wal_checkpoint(TRUNCATE)');
  const bytesPerPage = database.pragma('page_size', { simple: true }) as number;
  const rootPage = database
    .prepare<[string], number>('SELECT rootpage FROM sqlite_schema WHERE name = ?')
    .pluck();
  const page = of === undefined ? 1 : (rootPage.get(of) as number);
  database.close();
  const bytes = readFileSync(file);
  bytes.fill(0, (page - 1) * bytesPerPage, page * bytesPerPage);
  writeFileSync(file, bytes);
}
