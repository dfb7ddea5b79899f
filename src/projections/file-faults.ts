import { basename } from 'node:path';
import Database from 'better-sqlite3';
import { CorruptLogError } from '../event-store/event-store.js';
import { isDamage, sqliteCode } from '../event-store/sqlite-file.js';

/** A view's file is damaged, which reading it has shown, or writing to it. */
export class ViewDamagedError extends Error {
  override readonly name = 'ViewDamagedError';
  /** `told`: that it is, and what to do. */
  constructor(
    readonly view: string,
    told: string,
    cause?: Error,
  ) {
    super(told, { cause });
  }

  /** `cause`: what SQLite has said. */
  static by(view: string, cause: Error): ViewDamagedError {
    const told = `view ${view} is damaged (${cause.message}); ${rebuilding(view)}`;
    return new ViewDamagedError(view, told, cause);
  }
}

/** What an operator does about a view whose file is damaged. */
function rebuilding(view: string): string {
  return `\`ledger rebuild ${view}\` builds it anew from the log`;
}

/** That a view's file is damaged, and what to do. `what`: in SQLite's own words */
export function damageTold(file: string, what: string): string {
  const [, view = ''] = /^view-(.+)\.\d+\.db$/.exec(basename(file)) ?? [];
  return `${file} is damaged (${what}); ${rebuilding(view)}`;
}

/** Does something with a view's file. @throws CorruptLogError naming it when SQLite finds it damaged */
export function namingDamage<T>(file: string, task: () => T): T {
  try {
    return task();
  } catch (cause) {
    if (!isDamage(cause)) throw cause;
    throw new CorruptLogError(damageTold(file, cause.message), { cause });
  }
}

/**
 * Opens a view's file, or looks into it for the first time.
 * @throws CorruptLogError as above; SqliteError naming the file where something is in the way
 */
export function opening<T>(file: string, task: () => T): T {
  return naming(file, 'opened', task);
}

/** Writes to a view's file. @throws as above */
export function writing<T>(file: string, task: () => T): T {
  return naming(file, 'written', task);
}

function naming<T>(file: string, what: string, task: () => T): T {
  try {
    return namingDamage(file, task);
  } catch (error) {
    if (!isInTheWay(error)) throw error;
    throw new Database.SqliteError(`${file} can't be ${what}: ${error.message}`, error.code);
  }
}

type SqliteError = InstanceType<typeof Database.SqliteError>;

/** With these the disk or another process is in the way, so that the same may work later. */
const IN_THE_WAY = /^SQLITE_(FULL|IOERR|BUSY|LOCKED|READONLY|CANTOPEN|NOMEM|PROTOCOL)/;

/** Whether a file could not be read or written for one of these. */
export function isInTheWay(error: unknown): error is SqliteError {
  return IN_THE_WAY.test(sqliteCode(error) ?? '');
}

/** Whether it is the file's fault, not that of what was to be written. */
export function isFileFault(error: unknown): error is Error {
  return isInTheWay(error) || isDamage(error);
}
