import Database from 'better-sqlite3';
import { CorruptLogError } from '../event-store/event-store.js';

/** What an operator does about a view's file that can't be used. */
export function remedy(file: string): string {
  return `delete ${file}: it will be built anew from the log`;
}

/** Does something with a view's file. @throws CorruptLogError naming it when SQLite finds it damaged */
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
