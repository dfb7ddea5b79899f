import type Database from 'better-sqlite3';
import {
  type Position,
  type ReadAllOptions,
  START,
  type StoredEvent,
  toPosition,
} from '../event-store.js';
import { TurnSnapshot } from '../turn-snapshot.js';
import { type Columns, COLUMNS, inStoreTerms, logFile, openForReading } from './log-file.js';

/** As SQLite has it: no limit. */
const ALL = -1;

/**
 * Reads the log over a connection of its own, beside whoever writes to it. Reads of one turn share a snapshot, until it is
 * refreshed; a page has one of its own, since pages of a whole log may follow each other without the turn's end.
 * Every read throws CorruptLogError where it meets a damaged page.
 */
export class LogReader {
  private readonly file: string;
  private readonly database: Database.Database;
  private readonly snapshot: TurnSnapshot;
  private readonly byStream: Database.Statement<[string, number, number], Columns>;
  private readonly forwards: Database.Statement<[number, number], Columns>;
  private readonly backwards: Database.Statement<[number, number], Columns>;
  private readonly one: Database.Statement<[number], Columns>;
  private readonly last: Database.Statement<[], { head: number | null }>;

  /** @throws StoreUnavailableError when the folder has no log; CorruptLogError when its file is none */
  constructor(folder: string) {
    this.file = logFile(folder);
    const database = openForReading(folder);
    const select = `SELECT ${COLUMNS} FROM events WHERE`;
    this.database = database;
    this.snapshot = new TurnSnapshot(database);
    this.byStream = database
      .prepare<[string, number, number], Columns>(
        `${select} stream = ? AND revision >= ? ORDER BY revision LIMIT ?`,
      )
      .raw();
    this.forwards = database
      .prepare<[number, number], Columns>(`${select} position > ? ORDER BY position LIMIT ?`)
      .raw();
    this.backwards = database
      .prepare<[number, number], Columns>(`${select} position < ? ORDER BY position DESC LIMIT ?`)
      .raw();
    this.one = database.prepare<[number], Columns>(`${select} position = ?`).raw();
    this.last = database.prepare('SELECT max(position) AS head FROM events');
  }

  stream(stream: string, from: number, most = ALL): StoredEvent[] {
    return this.readInTurn(() => this.byStream.all(stream, from, most).map(stored));
  }

  page({ after, limit, backwards = false, prefixes }: ReadAllOptions): StoredEvent[] {
    const from = after ?? (backwards ? Number.MAX_SAFE_INTEGER : START);
    if (prefixes) return this.pageOf(prefixes, Number(from), limit, backwards);
    const rows = backwards ? this.backwards : this.forwards;
    return this.readAnew(() => rows.all(Number(from), limit).map(stored));
  }

  private pageOf(
    prefixes: readonly string[],
    from: number,
    limit: number,
    backwards: boolean,
  ): StoredEvent[] {
    const behind = backwards ? 'position < ?' : 'position > ?';
    const streams = prefixes.map(() => 'substr(stream, 1, length(?)) = ?').join(' OR ');
    const select = this.database
      .prepare<unknown[], Columns>(
        `SELECT ${COLUMNS} FROM events WHERE ${behind} AND (${streams})
         ORDER BY position ${backwards ? 'DESC' : 'ASC'} LIMIT ?`,
      )
      .raw();
    const names = prefixes.flatMap((prefix) => [prefix, prefix]);
    return this.readAnew(() => select.all(from, ...names, limit).map(stored));
  }

  at(position: Position): StoredEvent | undefined {
    const row = this.readInTurn(() => this.one.get(Number(position)));
    return row && stored(row);
  }

  head(): Position {
    return this.readInTurn(() => toPosition(this.last.get()?.head ?? 0));
  }

  /** A number that changes with every commit of another connection. */
  version(): number {
    return this.readAnew(() => this.database.pragma('data_version', { simple: true }) as number);
  }

  /** The next read sees all that has been committed by then. */
  refresh(): void {
    this.snapshot.letGo();
  }

  close(): void {
    this.database.close();
  }

  private readInTurn<T>(task: () => T): T {
    this.snapshot.hold();
    return inStoreTerms(this.file, task);
  }

  private readAnew<T>(task: () => T): T {
    this.snapshot.letGo();
    return inStoreTerms(this.file, task);
  }
}

function stored([position, stream, revision, id, type, data, metadata]: Columns): StoredEvent {
  return { position: toPosition(position), stream, revision, id, type, data, metadata };
}
