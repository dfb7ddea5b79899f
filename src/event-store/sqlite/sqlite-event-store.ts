import {
  distinctUntilChanged,
  interval,
  map,
  type Observable,
  share,
  Subject,
  takeUntil,
  throwError,
} from 'rxjs';
import {
  type Appended,
  type EventStore,
  type ExpectedRevision,
  type NewEvent,
  PAGE,
  type Position,
  type ReadAllOptions,
  START,
  type StoredEvent,
  StoreUnavailableError,
  upTo,
} from '../event-store.js';
import { CommitQueue, type Writer } from './commit-queue.js';
import { FolderLocks } from '../folder-lock.js';
import { InlineWriter } from './inline-writer.js';
import { checkAtStart } from './log-check.js';
import { inStoreTerms, logFile, openForWriting } from './log-file.js';
import { LogReader } from './log-reader.js';
import { trail } from './trail.js';
import { WriterThread } from './writer-thread.js';

/**
 * How often a reader looks for what another process or thread has written. Each look wakes its thread, also where nothing
 * comes; who waits for an event has it read at once.
 */
const POLL_MS = 50;

/** What only the one who writes has. */
interface Ownership {
  readonly writer: Writer;
  readonly queue: CommitQueue;
  readonly locks: FolderLocks;
}

/** The log in one SQLite file, for one machine. */
export class SqliteEventStore implements EventStore {
  readonly isShared = false;
  private readonly closing = new Subject<void>();
  private readonly wakes: Observable<unknown>;
  private readonly reader: LogReader;
  private closed: Promise<void> | undefined;
  private isReadable = true;

  private constructor(
    folder: string,
    private readonly own: Ownership | undefined,
    committed: Observable<void> | undefined,
  ) {
    this.reader = inStoreTerms(logFile(folder), () => new LogReader(folder));
    this.wakes = committed ?? commitsOfOthers(this.reader);
    committed?.subscribe(() => {
      this.reader.refresh();
    });
  }

  /**
   * The folder's log, checked as `checkAtStart` says, with this process as its owner. `thread` writes in a thread of its
   * own, which needs compiled code; `inline` in the caller's. Where this process keeps views elsewhere, it owns that folder, too.
   * @throws FolderInUseError, CorruptLogError, StoreUnavailableError
   */
  static async open(
    folder: string,
    mode: 'thread' | 'inline',
    viewsDir = folder,
  ): Promise<SqliteEventStore> {
    const locks = FolderLocks.take([folder, viewsDir]);
    try {
      const database = openForWriting(folder);
      try {
        checkAtStart(database, folder);
      } finally {
        database.close();
      }
      const committed = new Subject<void>();
      const writer =
        mode === 'thread' ? await WriterThread.start(folder) : new InlineWriter(folder);
      const queue = new CommitQueue(writer, () => {
        committed.next();
      });
      return new SqliteEventStore(folder, { writer, queue, locks }, committed);
    } catch (error) {
      locks.release();
      throw error;
    }
  }

  /**
   * The folder's log to read, whoever writes to it.
   * @throws StoreUnavailableError when there is none; CorruptLogError
   */
  static openReader(folder: string): SqliteEventStore {
    return new SqliteEventStore(folder, undefined, undefined);
  }

  get lost(): Promise<Error> | undefined {
    return this.own?.writer.lost;
  }

  /** Says where the owner of the folder serves its API. */
  announce(url: string): void {
    this.own?.locks.announce({ pid: process.pid, url });
  }

  append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
  ): Promise<Appended> {
    if (this.own && !this.closed) return this.own.queue.append(stream, expected, events);
    const why = this.own ? 'is closed' : 'was opened to read only';
    return Promise.reject(new StoreUnavailableError(`the log ${why}`, 'not-done'));
  }

  readStream(stream: string, from = 0, most?: number): Promise<StoredEvent[]> {
    return this.read(() => this.reader.stream(stream, from, most));
  }

  readAll(options: ReadAllOptions): Promise<StoredEvent[]> {
    return this.read(() => this.reader.page(options));
  }

  async *pages(after = START, size = PAGE): AsyncGenerator<StoredEvent[]> {
    const head = await this.head();
    for (let from = after; from < head;) {
      const page = await this.readAll({ after: from, limit: size });
      yield upTo(head, page);
      from = page.at(-1)?.position ?? head;
    }
  }

  at(position: Position): Promise<StoredEvent | undefined> {
    return this.read(() => this.reader.at(position));
  }

  head(): Promise<Position> {
    return this.read(() => this.reader.head());
  }

  /** Fails with CorruptLogError or StoreUnavailableError when a page can't be read; completes when the store is closed. */
  subscribe(after: Position): Observable<StoredEvent[]> {
    if (!this.isReadable) return throwError(closedError);
    return trail(this.reader, after, this.wakes).pipe(takeUntil(this.closing));
  }

  /** Answers every append under way first. */
  close(): Promise<void> {
    this.closed ??= this.end();
    return this.closed;
  }

  private async end(): Promise<void> {
    await this.own?.queue.drained();
    this.isReadable = false;
    this.closing.next();
    // Before the writer, so that the writer's is the last connection and takes the WAL away.
    this.reader.close();
    try {
      await this.own?.writer.stop();
    } finally {
      this.own?.locks.release();
    }
  }

  private async read<T>(task: () => T): Promise<T> {
    if (!this.isReadable) throw closedError();
    return Promise.resolve(task());
  }
}

function commitsOfOthers(reader: LogReader): Observable<unknown> {
  return interval(POLL_MS).pipe(
    map(() => reader.version()),
    distinctUntilChanged(),
    share(),
  );
}

function closedError(): StoreUnavailableError {
  return new StoreUnavailableError('the log is closed', 'not-done');
}
