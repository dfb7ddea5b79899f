import type Database from 'better-sqlite3';
import type { CheckedPage, KeepingFault } from '../checked-page.js';
import { CorruptLogError, toPosition } from '../event-store.js';
import {
  checksum,
  type Columns,
  COLUMNS,
  inStoreTerms,
  logFile,
  openForReading,
} from './log-file.js';
import { damaged, StructureThread, structureFaults } from './structure-check.js';

/** Rows read at a time. */
const PAGE = 1_000;

type CheckedRow = [...Columns, checksum: number];

/**
 * The whole log as it stands, and whatever of its file is not as it was written: checksums, positions, and last pages and
 * index entries, which a thread of its own goes through meanwhile. It goes on behind a fault.
 * @throws StoreUnavailableError when there is no log, or it can't be got at
 */
export async function* checkedPages(
  folder: string,
  mode: 'thread' | 'inline',
): AsyncGenerator<CheckedPage> {
  let database: Database.Database;
  try {
    database = openForReading(folder);
  } catch (error) {
    if (!(error instanceof CorruptLogError)) throw error;
    yield { events: [], faults: [damaged(error.message)] };
    return;
  }
  const structure = mode === 'thread' ? new StructureThread(folder) : undefined;
  try {
    const rows = rowsOf(database, logFile(folder));
    if (rows) yield* rows.pages();
    yield { events: [], faults: await (structure?.faults() ?? structureFaults(folder)) };
  } finally {
    database.close();
    await structure?.stop();
  }
}

/** Undefined where the end of the log can't be found: the check of the structure has told why. */
function rowsOf(database: Database.Database, file: string): CheckedRows | undefined {
  try {
    return new CheckedRows(database, file);
  } catch (error) {
    if (error instanceof CorruptLogError) return undefined;
    throw error;
  }
}

/** The rows in the order of their positions. */
class CheckedRows {
  private readonly select: Database.Statement<[number, number, number], CheckedRow>;
  private readonly head: number;
  /** The position before the next. */
  private last = 0;

  constructor(
    database: Database.Database,
    private readonly file: string,
  ) {
    this.select = database
      .prepare<[number, number, number], CheckedRow>(
        `SELECT ${COLUMNS}, checksum FROM events
         WHERE position > ? AND position <= ? ORDER BY position LIMIT ?`,
      )
      .raw();
    const head = database.prepare<[], number | null>('SELECT max(position) FROM events').pluck();
    this.head = inStoreTerms(file, () => head.get() ?? 0);
  }

  *pages(): Generator<CheckedPage> {
    while (this.last < this.head) {
      const page = this.page();
      if (page.events.length + page.faults.length === 0) return;
      yield page;
    }
  }

  private page(): CheckedPage {
    try {
      return this.checked(this.read(this.last));
    } catch (error) {
      if (!(error instanceof CorruptLogError)) throw error;
      return this.behindDamage(error);
    }
  }

  private read(after: number): CheckedRow[] {
    return inStoreTerms(this.file, () => this.select.all(after, this.head, PAGE));
  }

  /** A broken page of the file holds some rows: further and further behind it one can be read again. */
  private behindDamage({ message }: CorruptLogError): CheckedPage {
    for (let step = 1; this.last + step < this.head; step *= 2) {
      try {
        const rows = this.read(this.last + step);
        return this.checked(rows, [damaged(message)]);
      } catch (error) {
        if (!(error instanceof CorruptLogError)) throw error;
      }
    }
    const from = toPosition(this.last + 1);
    this.last = this.head;
    return {
      events: [],
      faults: [{ ...damaged(`${message}; the rest is not read`), position: from }],
    };
  }

  private checked(rows: readonly CheckedRow[], faults: KeepingFault[] = []): CheckedPage {
    const events = rows.map(([number, stream, revision, id, type, data, metadata, kept]) => {
      const position = toPosition(number);
      if (number !== this.last + 1) faults.push(missing(this.last + 1, number - 1));
      this.last = number;
      const event = { position, stream, revision, id, type, data, metadata };
      if (checksum(number, event) !== kept) {
        const detail = `the checksum of ${stream}, revision ${revision}, does not hold`;
        faults.push({ code: 'altered', position, detail });
      }
      return event;
    });
    return { events, faults };
  }
}

function missing(from: number, to: number): KeepingFault {
  const what = from === to ? `position ${from} is` : `positions ${from} to ${to} are`;
  return { code: 'missing', position: toPosition(from), detail: `${what} not there` };
}
