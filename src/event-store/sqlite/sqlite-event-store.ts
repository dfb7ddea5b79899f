import type Database from 'better-sqlite3';
import { Observable, Subject } from 'rxjs';
import {
  type Appended,
  ConflictError,
  type EventStore,
  type ExpectedRevision,
  type NewEvent,
  type Position,
  type ReadAllOptions,
  START,
  type StoredEvent,
  StoreUnavailableError,
  toPosition,
} from '../event-store.js';
import { FolderLock } from './folder-lock.js';
import { checkLog } from './log-check.js';
import { COLUMNS, openForReading, openForWriting, type Row } from './log-file.js';
import {
  type AppendRequest,
  type AppendResult,
  type GroupFailure,
  LogWriter,
} from './log-writer.js';
import { WriterThread } from './writer-thread.js';

/** Appends of one commit at the most. */
const GROUP = 1_024;

/** Events of one page that a subscriber gets at the most. */
const PAGE = 1_000;

/** How often a reader looks for what another process or thread has written. */
const POLL_MS = 5;

/** Where groups of appends are written: in a thread, or in the caller's own. */
interface Writer {
  commit(
    group: readonly AppendRequest[],
    answered: (results: AppendResult[] | GroupFailure) => void,
  ): void;
  stop(): Promise<void>;
}

interface Waiting extends AppendRequest {
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: Error) => void;
}

/** The log in one SQLite file, for one machine. */
export class SqliteEventStore implements EventStore {
  private readonly committed = new Subject<void>();
  private readonly byStream: Database.Statement<[string], Row>;
  private readonly forwards: Database.Statement<[number, number], Row>;
  private readonly backwards: Database.Statement<[number, number], Row>;
  private readonly last: Database.Statement<[], { head: number | null }>;
  private waiting: Waiting[] = [];
  private isWriting = false;
  private isScheduled = false;
  private isClosed = false;
  private readonly idle: (() => void)[] = [];

  private constructor(
    private readonly reader: Database.Database,
    private readonly writer: Writer | undefined,
    private readonly lock: FolderLock | undefined,
  ) {
    this.byStream = reader.prepare(
      `SELECT ${COLUMNS} FROM events WHERE stream = ? ORDER BY revision`,
    );
    this.forwards = reader.prepare(
      `SELECT ${COLUMNS} FROM events WHERE position > ? ORDER BY position LIMIT ?`,
    );
    this.backwards = reader.prepare(
      `SELECT ${COLUMNS} FROM events WHERE position < ? ORDER BY position DESC LIMIT ?`,
    );
    this.last = reader.prepare('SELECT max(position) AS head FROM events');
  }

  /**
   * The folder's log, checked whole, with this process as its owner. `thread` writes in a thread of its own,
   * `inline` in the caller's.
   * @throws FolderInUseError, CorruptLogError
   */
  static async open(folder: string, mode: 'thread' | 'inline'): Promise<SqliteEventStore> {
    const lock = FolderLock.take(folder);
    try {
      const database = openForWriting(folder);
      checkLog(database, folder);
      if (mode === 'thread') database.close();
      const writer = mode === 'thread' ? await WriterThread.start(folder) : inlineWriter(database);
      return new SqliteEventStore(openForReading(folder), writer, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** The folder's log to read, whoever writes to it. */
  static openReader(folder: string): SqliteEventStore {
    return new SqliteEventStore(openForReading(folder), undefined, undefined);
  }

  /** Says where the owner of the folder serves its API. */
  announce(url: string): void {
    this.lock?.announce({ pid: process.pid, url });
  }

  append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
  ): Promise<Appended> {
    if (this.isClosed || !this.writer) {
      return Promise.reject(new StoreUnavailableError('the log is closed', 'not-done'));
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ stream, expected, events, resolve, reject });
      this.schedule();
    });
  }

  /** What is appended before the next commit starts goes into it: under load a commit serves many. */
  private schedule(): void {
    if (this.isScheduled || this.isWriting || this.waiting.length === 0) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.writeGroup();
    });
  }

  private writeGroup(): void {
    const group = this.waiting.splice(0, GROUP);
    this.isWriting = true;
    this.writer?.commit(group, (results) => {
      this.isWriting = false;
      settle(group, results);
      this.committed.next();
      this.schedule();
      if (this.waiting.length === 0) for (const wake of this.idle.splice(0)) wake();
    });
  }

  readStream(stream: string): Promise<StoredEvent[]> {
    return attempt(() => this.byStream.all(stream).map(stored));
  }

  readAll({ after, limit, backwards = false }: ReadAllOptions): Promise<StoredEvent[]> {
    return attempt(() => {
      if (!backwards) return this.forwards.all(Number(after ?? START), limit).map(stored);
      const end = after === undefined ? Number.MAX_SAFE_INTEGER : Number(after);
      return this.backwards.all(end, limit).map(stored);
    });
  }

  async at(position: Position): Promise<StoredEvent | undefined> {
    const [event] = await this.readAll({ after: toPosition(BigInt(position) - 1n), limit: 1 });
    return event?.position === position ? event : undefined;
  }

  head(): Promise<Position> {
    return attempt(() => toPosition(this.last.get()?.head ?? 0));
  }

  subscribe(after: Position): Observable<StoredEvent[]> {
    return new Observable((subscriber) => {
      let position = Number(after);
      let isAwake = false;
      const pump = (): void => {
        isAwake = false;
        if (subscriber.closed) return;
        const page = this.forwards.all(position, PAGE).map(stored);
        if (page.length === 0) return;
        position += page.length;
        subscriber.next(page);
        if (page.length === PAGE) wake();
      };
      const wake = (): void => {
        if (isAwake) return;
        isAwake = true;
        setImmediate(() => {
          try {
            pump();
          } catch (error) {
            subscriber.error(error);
          }
        });
      };
      const commits = this.committed.subscribe(wake);
      const polling = this.writer ? undefined : this.poll(wake);
      wake();
      return () => {
        commits.unsubscribe();
        clearInterval(polling);
      };
    });
  }

  /** SQLite counts the commits of others: asking for the count costs next to nothing. */
  private poll(wake: () => void): NodeJS.Timeout {
    let seen: unknown;
    return setInterval(() => {
      if (this.isClosed) return;
      const version = this.reader.pragma('data_version', { simple: true });
      if (version !== seen) wake();
      seen = version;
    }, POLL_MS).unref();
  }

  /** Answers every append under way first. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    if (this.isWriting || this.waiting.length > 0) {
      await new Promise<void>((resolve) => this.idle.push(resolve));
    }
    await this.writer?.stop();
    this.committed.complete();
    this.reader.close();
    this.lock?.release();
  }
}

function inlineWriter(database: Database.Database): Writer {
  const writer = new LogWriter(database);
  return {
    commit: (group, answered) => {
      answered(writer.commit(group));
    },
    stop: () => {
      database.close();
      return Promise.resolve();
    },
  };
}

function settle(group: readonly Waiting[], results: AppendResult[] | GroupFailure): void {
  if (!Array.isArray(results)) {
    for (const { reject } of group) {
      reject(new StoreUnavailableError(results.message, results.outcome));
    }
    return;
  }
  group.forEach(({ stream, expected, resolve, reject }, index) => {
    const result = results[index];
    if (!result || 'actual' in result) {
      const actual = result && result.actual >= 0 ? result.actual : undefined;
      reject(new ConflictError(stream, expected, actual));
    } else {
      resolve({ ...result, position: toPosition(result.position) });
    }
  });
}

function stored(row: Row): StoredEvent {
  return { ...row, position: toPosition(row.position) };
}

async function attempt<T>(read: () => T): Promise<T> {
  return Promise.resolve(read());
}
