import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import type { EventStore, Position } from '../../event-store/event-store.js';
import { START } from '../../event-store/event-store.js';
import { Arrival } from '../arrival.js';
import type { Projection } from '../projection.js';
import { skipsOf } from '../skips.js';
import { taking } from '../view.js';
import { ViewFile } from '../view-file.js';
import { columnsOf, type DifferingRow } from './comparison.js';

const PAGE = 1_000;

/** So many events of a row are shown; the rest are counted. */
const SHOWN = 20;

/** An event that wrote a row. */
interface Maker {
  readonly position: Position;
  readonly type: string;
  readonly stream: string;
  readonly revision: number;
}

/** A differing row and what made it, by the log. */
export interface TracedRow extends DifferingRow {
  readonly events: number;
  readonly makers: readonly Maker[];
}

/**
 * The events that wrote each of these rows: the view is built once more in a folder of its own, where triggers tell
 * which rows are written. A batch of events that writes one of them is taken back and given again event by event.
 * @throws the signal's reason
 */
export async function trace(
  rows: readonly DifferingRow[],
  projection: Projection,
  store: EventStore,
  to: Position,
  directory: string,
  signal: AbortSignal,
): Promise<TracedRow[]> {
  const scratch = mkdtempSync(join(directory, 'trace-'));
  const file = ViewFile.begin(scratch, projection, 1, 'candidate');
  try {
    const tracing = new Tracing(file.database, projection, rows);
    const skipped = await skipsOf(store, projection.name);
    for await (const page of store.pages(START, PAGE)) {
      const wanted = page.filter(({ id, position }) => position <= to && !skipped.has(id));
      tracing.take(wanted.map((stored) => new Arrival(stored)));
      await nextTurn();
      signal.throwIfAborted();
      if ((page.at(-1)?.position ?? to) >= to) break;
    }
    return tracing.rows();
  } finally {
    file.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

class Tracing {
  private readonly found: { events: number; makers: Maker[] }[];
  private readonly fold: (arrivals: readonly Arrival[]) => void;
  private readonly touched: Database.Statement<[], number>;
  private readonly forget: Database.Statement;

  constructor(
    private readonly database: Database.Database,
    projection: Projection,
    private readonly traced: readonly DifferingRow[],
  ) {
    this.found = traced.map(() => ({ events: 0, makers: [] }));
    database.exec('CREATE TEMP TABLE touched (row INTEGER)');
    for (const table of new Set(traced.map((row) => row.table))) this.watch(table);
    this.fold = taking(projection, database);
    this.touched = database
      .prepare<[], number>('SELECT DISTINCT row FROM touched ORDER BY row')
      .pluck();
    this.forget = database.prepare('DELETE FROM touched');
  }

  take(arrivals: readonly Arrival[]): void {
    const isQuiet = this.attempt(arrivals);
    if (isQuiet || arrivals.length === 1) return;
    for (const arrival of arrivals) this.attempt([arrival]);
  }

  rows(): TracedRow[] {
    return this.traced.map((row, index) => ({
      ...row,
      ...(this.found[index] ?? { events: 0, makers: [] }),
    }));
  }

  /** Whether these events wrote none of the rows. If they did, one event stays, several are taken back. */
  private attempt(arrivals: readonly Arrival[]): boolean {
    this.database.exec('BEGIN');
    this.fold(arrivals);
    const touched = this.touched.all();
    const [only] = arrivals;
    if (touched.length > 0 && arrivals.length > 1) {
      this.database.exec('ROLLBACK');
      return false;
    }
    for (const row of touched) this.found[row] = withMaker(this.found[row], only as Arrival);
    if (touched.length > 0) this.forget.run();
    this.database.exec('COMMIT');
    return touched.length === 0;
  }

  /** Triggers of this connection alone, on the rows of the table that are traced. */
  private watch(table: string): void {
    const { key } = columnsOf(this.database, table);
    const columns = key.map((name) => `"${name}"`);
    this.database.exec(
      `CREATE TEMP TABLE "traced ${table}" (row INTEGER, ${columns.join(', ')}, PRIMARY KEY (${columns.join(', ')}))`,
    );
    const add = this.database.prepare(
      `INSERT INTO "traced ${table}" VALUES (?, ${columns.map(() => '?').join(', ')})`,
    );
    this.traced.forEach((row, index) => {
      if (row.table === table) add.run(index, ...key.map((name) => row.key[name]));
    });
    for (const [kind, side] of [
      ['INSERT', 'NEW'],
      ['UPDATE', 'NEW'],
      ['DELETE', 'OLD'],
    ] as const) {
      const match = columns.map((column) => `${column} = ${side}.${column}`).join(' AND ');
      this.database.exec(
        `CREATE TEMP TRIGGER "${kind} ${table}" AFTER ${kind} ON main."${table}" BEGIN
           INSERT INTO touched SELECT row FROM "traced ${table}" WHERE ${match};
         END`,
      );
    }
  }
}

function withMaker(
  found: { events: number; makers: Maker[] } | undefined,
  { stored: { position, type, stream, revision } }: Arrival,
): { events: number; makers: Maker[] } {
  const { events, makers } = found ?? { events: 0, makers: [] };
  const shown = makers.length < SHOWN ? [{ position, type, stream, revision }] : [];
  return { events: events + 1, makers: [...makers, ...shown] };
}
