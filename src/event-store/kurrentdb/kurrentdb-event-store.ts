import { randomUUID } from 'node:crypto';
import { type Observable, Subject, takeUntil, tap, throwError } from 'rxjs';
import {
  type Appended,
  ConflictError,
  type EventStore,
  type ExpectedRevision,
  type NewEvent,
  PAGE,
  type Position,
  type ReadAllOptions,
  START,
  type StoredEvent,
  StoreUnavailableError,
} from '../event-store.js';
import { FolderLock } from '../folder-lock.js';
import { AnyRevision } from './any-revision.js';
import { Appender, type Appending } from './appender.js';
import { AppenderThread } from './appender-thread.js';
import { RenewableClient, warningsOf } from './connection.js';
import { isDenied, pause } from './faults.js';
import { LogReads } from './log-reads.js';
import { trail } from './trail.js';

/** A service that starts waits so long for its server. */
const START_PATIENCE_MS = 60_000;
const START_RETRY_MS = 500;

/** A new server knows its users only once it has a leader. */
const DENIED_PATIENCE_MS = 10_000;

export interface KurrentDbOptions {
  /** `kurrentdb://…` or `esdb://…`, as EventStoreDB's clients read it. */
  readonly url: string;
  /** The ledger's streams begin with one of these; what else the log holds is not read. */
  readonly prefixes: readonly string[];
  /** Where this process keeps its views: no other may have the same. */
  readonly viewsDir?: string | undefined;
  /** Where appends are sent from: a thread of their own, which needs compiled code, or the caller's, if nothing is said. */
  readonly mode?: 'thread' | 'inline';
}

/** The log in EventStoreDB (KurrentDB), which other processes may write to as well. */
export class KurrentDbEventStore implements EventStore {
  readonly isShared = true;
  private readonly closing = new Subject<void>();
  private readonly reader: RenewableClient;
  private readonly reads: LogReads;
  private readonly appender: Appending;
  private readonly anyRevision: AnyRevision;
  private readonly underWay = new Set<Promise<Appended>>();
  private closed: Promise<void> | undefined;

  private constructor(
    private readonly options: KurrentDbOptions,
    private readonly isReader: boolean,
    private readonly lock?: FolderLock,
  ) {
    this.reader = new RenewableClient(options.url);
    this.reads = new LogReads(this.reader, options.prefixes);
    this.appender =
      options.mode === 'thread'
        ? new AppenderThread(options)
        : new Appender(new RenewableClient(options.url), this.reads);
    this.anyRevision = new AnyRevision(this.reads, this.appender);
  }

  /**
   * Waits for the server for a minute, or ten seconds where it denies the user. `warn` is told what is dangerous about the connection.
   * @throws StoreUnavailableError when it does not answer, or knows no such user; FolderInUseError when another process has the views'
   * folder; SettingsError when the connection string can't be used
   */
  static async open(
    options: KurrentDbOptions,
    warn: (message: string) => void = () => undefined,
  ): Promise<KurrentDbEventStore> {
    warningsOf(options.url).forEach(warn);
    const store = KurrentDbEventStore.locked(options);
    const begun = performance.now();
    for (let isFirst = true; ; isFirst = false) {
      try {
        store.appender.reached(await store.head());
        await store.openWay();
        return store;
      } catch (error) {
        const isAway = error instanceof StoreUnavailableError;
        const patienceMs = isAway && isDenied(error.cause) ? DENIED_PATIENCE_MS : START_PATIENCE_MS;
        if (!isAway || performance.now() - begun > patienceMs) {
          await store.close();
          throw error;
        }
        if (isFirst) warn(`waiting for the event store: ${error.message}`);
        await pause(START_RETRY_MS);
      }
    }
  }

  private static locked(options: KurrentDbOptions): KurrentDbEventStore {
    const { viewsDir } = options;
    const lock = viewsDir === undefined ? undefined : FolderLock.take(viewsDir);
    try {
      return new KurrentDbEventStore(options, false, lock);
    } catch (error) {
      lock?.release();
      throw error;
    }
  }

  /** To read only. Nothing is asked of the server yet. */
  static openReader(options: KurrentDbOptions): KurrentDbEventStore {
    return new KurrentDbEventStore(options, true);
  }

  /**
   * Opens the way with an append that can't happen, as its stream has not so many events: where several are the first on a
   * connection, the client may send them in another order. When the connection is made anew, only appends to the same
   * stream are held to their order.
   * @throws StoreUnavailableError
   */
  private async openWay(): Promise<void> {
    const event = { id: randomUUID(), type: 'Opening', data: '{}', metadata: '{}' };
    const stream = `${this.options.prefixes[0] ?? ''}opening`;
    try {
      await this.appender.append(stream, Number.MAX_SAFE_INTEGER, [event]);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }

  /** Says where the process that keeps these views serves its API. */
  announce(url: string): void {
    this.lock?.announce({ pid: process.pid, url });
  }

  append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
  ): Promise<Appended> {
    if (this.isReader || this.closed) {
      const why = this.isReader ? 'was opened to read only' : 'is closed';
      return Promise.reject(new StoreUnavailableError(`the log ${why}`, 'not-done'));
    }
    const fault = this.faultOf(stream, events);
    if (fault !== undefined) return Promise.reject(new TypeError(fault));
    const appending =
      expected === 'any'
        ? this.anyRevision.append(stream, events)
        : this.appender.append(stream, expected, events);
    this.underWay.add(appending);
    const done = (): void => {
      this.underWay.delete(appending);
    };
    appending.then(done, done);
    return appending;
  }

  private faultOf(stream: string, events: readonly NewEvent[]): string | undefined {
    if (events.length === 0) return `no events to append to stream ${stream}`;
    if (this.options.prefixes.some((prefix) => stream.startsWith(prefix))) return undefined;
    return `stream ${stream} would not be read again: ${this.options.prefixes.join(', ')} are`;
  }

  readStream(stream: string, from?: number, most?: number): Promise<StoredEvent[]> {
    return this.read(() => this.reads.stream(stream, from, most));
  }

  readAll(options: ReadAllOptions): Promise<StoredEvent[]> {
    return this.read(() => this.reads.page(options));
  }

  async *pages(after = START, size = PAGE): AsyncGenerator<StoredEvent[]> {
    for await (const page of this.reads.pages(after, size)) {
      if (this.closed) throw closedError();
      yield page;
    }
  }

  at(position: Position): Promise<StoredEvent | undefined> {
    return this.read(() => this.reads.at(position));
  }

  head(): Promise<Position> {
    return this.read(() => this.reads.head());
  }

  /** Goes on by itself whatever becomes of the server. Fails with NoSuchPositionError or CorruptLogError. */
  subscribe(after: Position): Observable<StoredEvent[]> {
    if (this.closed) return throwError(closedError);
    return trail(this.reader, this.reads, this.options.prefixes, after).pipe(
      tap((page) => {
        const last = page.at(-1);
        if (last) this.appender.reached(last.position);
      }),
      takeUntil(this.closing),
    );
  }

  /** Answers every append under way first. */
  close(): Promise<void> {
    this.closed ??= this.end();
    return this.closed;
  }

  private async end(): Promise<void> {
    await Promise.allSettled(this.underWay);
    this.closing.next();
    await Promise.all([this.appender.close(), this.reader.close()]);
    this.lock?.release();
  }

  private async read<T>(task: () => Promise<T>): Promise<T> {
    if (this.closed) throw closedError();
    return task();
  }
}

function closedError(): StoreUnavailableError {
  return new StoreUnavailableError('the log is closed', 'not-done');
}
