import type Database from 'better-sqlite3';
import type { ExpectedRevision, NewEvent } from '../event-store.js';
import { checksum } from './log-file.js';

export interface AppendRequest {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly NewEvent[];
}

/** What became of one append of a group. `actual` is -1 where there is no stream. */
export type AppendResult =
  | { readonly position: number; readonly revision: number; readonly repeated: boolean }
  | { readonly actual: number };

/** Why a whole group was not written. */
export interface GroupFailure {
  readonly message: string;
  readonly outcome: 'not-done' | 'unknown';
}

const NO_STREAM = -1;

/** Writes groups of appends, each group in one transaction and each append with its own result. */
export class LogWriter {
  private readonly last: Database.Statement<[string], { revision: number; position: number }>;
  private readonly range: Database.Statement<
    [string, number, number],
    { id: string; position: number; revision: number }
  >;
  private readonly insert: Database.Statement;
  private position: number;

  constructor(private readonly database: Database.Database) {
    this.last = database.prepare(
      'SELECT revision, position FROM events WHERE stream = ? ORDER BY revision DESC LIMIT 1',
    );
    this.range = database.prepare(
      'SELECT id, position, revision FROM events WHERE stream = ? AND revision BETWEEN ? AND ? ORDER BY revision',
    );
    this.insert = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    this.position = this.headPosition();
  }

  private headPosition(): number {
    const head = this.database.prepare<[], { head: number | null }>(
      'SELECT max(position) AS head FROM events',
    );
    return head.get()?.head ?? 0;
  }

  /** All or nothing reaches the disk; a conflict of one append does not touch the others. */
  commit(group: readonly AppendRequest[]): AppendResult[] | GroupFailure {
    try {
      this.database.exec('BEGIN IMMEDIATE');
      const results = group.map((append) => this.append(append));
      this.database.exec('COMMIT');
      return results;
    } catch (error) {
      return this.rollBack(error as Error & { code?: string });
    }
  }

  /** A disk that failed in the middle of a commit leaves it open whether that commit is on it. */
  private rollBack(error: Error & { code?: string }): GroupFailure {
    let undone = true;
    try {
      if (this.database.inTransaction) this.database.exec('ROLLBACK');
      this.position = this.headPosition();
    } catch {
      undone = false;
    }
    const isSure = undone && !(error.code ?? '').startsWith('SQLITE_IOERR_FSYNC');
    return { message: error.message, outcome: isSure ? 'not-done' : 'unknown' };
  }

  private append({ stream, expected, events }: AppendRequest): AppendResult {
    const last = this.last.get(stream);
    const actual = last?.revision ?? NO_STREAM;
    const wanted = expected === 'any' ? actual : expected === 'no-stream' ? NO_STREAM : expected;
    const repeated = this.repeated(stream, events, expected === 'any' ? undefined : wanted, actual);
    if (repeated) return repeated;
    if (wanted !== actual) return { actual };
    let revision = actual;
    for (const event of events) {
      this.position += 1;
      revision += 1;
      this.write({ ...event, position: this.position, stream, revision });
    }
    return { position: this.position, revision, repeated: false };
  }

  /** Just these ids standing where they would be written; for 'any', at the end of the stream. */
  private repeated(
    stream: string,
    events: readonly NewEvent[],
    wanted: number | undefined,
    actual: number,
  ): AppendResult | undefined {
    const from = wanted === undefined ? actual - events.length + 1 : wanted + 1;
    const to = from + events.length - 1;
    if (events.length === 0 || from < 0 || to > actual) return undefined;
    const there = this.range.all(stream, from, to);
    const end = there.at(-1);
    const isSame = there.every(({ id }, index) => id === events[index]?.id);
    if (!isSame || !end) return undefined;
    return { position: end.position, revision: end.revision, repeated: true };
  }

  private write(row: Parameters<typeof checksum>[0]): void {
    const { position, stream, revision, id, type, data, metadata } = row;
    this.insert.run(position, stream, revision, id, type, data, metadata, checksum(row));
  }
}
