import type Database from 'better-sqlite3';
import type { AppendRequest } from '../append-group.js';
import type { NewEvent } from '../event-store.js';
import { sqliteCode } from '../sqlite-file.js';
import { checksum } from './log-file.js';

/** What became of one append of a group. `actual` is -1 where there is no stream. */
export type AppendResult =
  | { readonly position: number; readonly revision: number; readonly repeated: boolean }
  | { readonly actual: number };

/** Why a whole group was not written. */
export interface GroupFailure {
  readonly message: string;
  readonly outcome: 'not-done' | 'unknown';
}

interface Standing {
  readonly id: string;
  readonly position: number;
  readonly revision: number;
}

const NO_STREAM = -1;

/** After so much the WAL, some 25 MB by then, is copied into the file. */
const CHECKPOINT_EVENTS = 5_000;
const CHECKPOINT_CHARACTERS = 4_000_000;

/** A WAL of 64 MB: readers keep it from starting anew, so it is time to wait for them. */
const LARGE_WAL_PAGES = 16_384;
const WAIT_FOR_READERS_MS = 50;

/**
 * With these the commit's last page did not get out. After any other failure it may be on the disk already, and
 * count again once the log is opened anew.
 */
const SURELY_NOT_COMMITTED = /^SQLITE_(FULL|READONLY|BUSY)/;

/** Writes groups of appends, each group in one transaction and each append with its own result. */
export class LogWriter {
  private readonly begin: Database.Statement;
  private readonly end: Database.Statement;
  private readonly undo: Database.Statement;
  private readonly head: Database.Statement<[], { head: number | null }>;
  private readonly last: Database.Statement<[string], { revision: number | null }>;
  private readonly range: Database.Statement<[string, number, number], Standing>;
  private readonly insert: Database.Statement;
  /** Of the last event; asked anew after a failure. */
  private position: number | undefined;
  private eventsInWal = 0;
  private charactersInWal = 0;

  constructor(private readonly database: Database.Database) {
    database.pragma(`busy_timeout = ${WAIT_FOR_READERS_MS}`);
    this.begin = database.prepare('BEGIN IMMEDIATE');
    this.end = database.prepare('COMMIT');
    this.undo = database.prepare('ROLLBACK');
    this.head = database.prepare('SELECT max(position) AS head FROM events');
    this.last = database.prepare('SELECT max(revision) AS revision FROM events WHERE stream = ?');
    this.range = database.prepare(
      'SELECT id, position, revision FROM events WHERE stream = ? AND revision BETWEEN ? AND ? ORDER BY revision',
    );
    this.insert = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  }

  /** All or nothing reaches the disk; a conflict of one append does not touch the others. */
  commit(group: readonly AppendRequest[]): AppendResult[] | GroupFailure {
    let isCommitting = false;
    try {
      this.rollBack();
      this.begin.run();
      this.position ??= this.head.get()?.head ?? 0;
      const results = group.map((append) => this.append(append));
      isCommitting = true;
      this.end.run();
      return results;
    } catch (error) {
      return this.failure(error as Error, isCommitting);
    }
  }

  private failure(error: Error, isCommitting: boolean): GroupFailure {
    this.position = undefined;
    try {
      this.rollBack();
    } catch {
      // The next group tries again before it begins; until then nothing can be committed.
    }
    const code = sqliteCode(error) ?? '';
    const isSure = !isCommitting || SURELY_NOT_COMMITTED.test(code);
    return {
      message: `${this.database.name} can't be written: ${error.message} (${code})`,
      outcome: isSure ? 'not-done' : 'unknown',
    };
  }

  private rollBack(): void {
    if (this.database.inTransaction) this.undo.run();
  }

  /**
   * Keeps the WAL small, whatever readers do. To be called when a group has been answered.
   * A full disk or a reader in the way is no fault: the WAL has everything, and the next call tries again.
   */
  tidy(): void {
    if (this.eventsInWal < CHECKPOINT_EVENTS && this.charactersInWal < CHECKPOINT_CHARACTERS)
      return;
    this.eventsInWal = 0;
    this.charactersInWal = 0;
    const pages = this.checkpoint('PASSIVE');
    if (pages > LARGE_WAL_PAGES) this.checkpoint('RESTART');
  }

  /** Leaves everything in the one file if it can, and ends the connection. */
  close(): void {
    this.checkpoint('TRUNCATE');
    this.database.close();
  }

  /** Pages in the WAL before it; 0 when it could not be done. */
  private checkpoint(kind: 'PASSIVE' | 'RESTART' | 'TRUNCATE'): number {
    try {
      const [done] = this.database.pragma(`wal_checkpoint(${kind})`) as { log: number }[];
      return done?.log ?? 0;
    } catch {
      return 0;
    }
  }

  private append({ stream, expected, events }: AppendRequest): AppendResult {
    const actual = this.last.get(stream)?.revision ?? NO_STREAM;
    const wanted = expected === 'any' ? actual : expected === 'no-stream' ? NO_STREAM : expected;
    if (expected === 'any' || wanted < actual) {
      const from = expected === 'any' ? actual - events.length + 1 : wanted + 1;
      const standing = this.range.all(stream, from, from + events.length - 1);
      const last = standing[events.length - 1];
      if (last && standing.every(({ id }, index) => id === events[index]?.id)) {
        return { position: last.position, revision: last.revision, repeated: true };
      }
      if (isPartlyThere(standing, events)) return { actual };
    }
    return wanted === actual ? this.write(stream, actual, events) : { actual };
  }

  private write(stream: string, actual: number, events: readonly NewEvent[]): AppendResult {
    let position = this.position ?? 0;
    let revision = actual;
    for (const { id, type, data, metadata } of events) {
      position += 1;
      revision += 1;
      const sum = checksum(position, { stream, revision, id, type, data, metadata });
      this.insert.run(position, stream, revision, id, type, data, metadata, sum);
      this.charactersInWal += data.length + metadata.length;
    }
    this.position = position;
    this.eventsInWal += events.length;
    return { position, revision, repeated: false };
  }
}

function isPartlyThere(standing: readonly Standing[], events: readonly NewEvent[]): boolean {
  return standing.some((there) => events.some(({ id }) => id === there.id));
}
