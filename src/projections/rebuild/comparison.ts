import { setImmediate as nextTurn } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import type { Position } from '../../event-store/event-store.js';
import type { Projection } from '../projection.js';
import { openToRead } from '../view-file.js';

/** Rows that are compared at a time. */
const SLICE = 5_000;

/** So many differing rows are shown; the rest are counted. */
const SHOWN = 100;

type Value = string | number | bigint | Buffer | null;

/** Values of a row by column; whole numbers as bigint where they were read so. */
type Row = Readonly<Record<string, Value>>;

/** A row that the two do not have alike; absent in the one that does not have it. */
export interface DifferingRow {
  readonly table: string;
  readonly key: Row;
  readonly live?: Row;
  readonly rebuilt?: Row;
}

/** How many rows were compared and how many differ, with the first of those. */
export interface Comparing {
  readonly rows: number;
  readonly differing: number;
  readonly differences: readonly DifferingRow[];
}

/** Compares the tables of a view with those of another building of it, row by row, in one snapshot of both. */
export class Comparison {
  private readonly database: Database.Database;

  constructor(
    live: string,
    rebuilt: string,
    private readonly projection: Projection,
  ) {
    this.database = openToRead(live);
    this.database.prepare('ATTACH ? AS rebuilt').run(rebuilt);
    this.database.exec('BEGIN');
  }

  /** Where the live view stands in this snapshot, which begins here. */
  position(): Position {
    return this.database
      .prepare<[], Position>('SELECT position FROM main.about')
      .pluck()
      .get() as Position;
  }

  /** Between slices others of the thread have their turn. @throws the signal's reason */
  async run(signal: AbortSignal): Promise<Comparing> {
    let rows = 0;
    let differing = 0;
    const differences: DifferingRow[] = [];
    for (const name of Object.keys(this.projection.tables)) {
      const table = new ComparedTable(this.database, name);
      for (const slice of table.slices()) {
        rows += slice.rows;
        differing += slice.differing.length;
        differences.push(...slice.differing.slice(0, SHOWN - differences.length));
        await nextTurn();
        signal.throwIfAborted();
      }
    }
    return { rows, differing, differences };
  }

  close(): void {
    this.database.close();
  }
}

/** Columns of a table that are written, its key's apart. Columns that follow from others are left out. */
export interface Columns {
  readonly all: readonly string[];
  readonly key: readonly string[];
}

/** The columns of a table of a view. @throws Error for one without a primary key */
export function columnsOf(database: Database.Database, table: string): Columns {
  const columns = database
    .prepare<[string], { name: string; pk: number }>('SELECT name, pk FROM pragma_table_info(?)')
    .all(table);
  const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  if (key.length === 0) throw new Error(`table ${table} has no primary key`);
  return { all: columns.map(({ name }) => name), key: key.map(({ name }) => name) };
}

type Side = 'main' | 'rebuilt';

class ComparedTable {
  private readonly columns: Columns;

  constructor(
    private readonly database: Database.Database,
    private readonly name: string,
  ) {
    this.columns = columnsOf(database, name);
  }

  *slices(): Generator<{ rows: number; differing: DifferingRow[] }> {
    yield* this.differing('main', 'rebuilt', (row) => this.changedOrLost(row));
    yield* this.differing('rebuilt', 'main', (row) => this.added(row));
  }

  /** The rows of one side, slice by slice along the key, that the other has otherwise or not at all. */
  private *differing(
    of: Side,
    other: Side,
    render: (row: Value[]) => DifferingRow,
  ): Generator<{ rows: number; differing: DifferingRow[] }> {
    const { all, key } = this.columns;
    const keys = key.map(quoted).join(', ');
    const slice = (from: string): string =>
      `SELECT * FROM ${of}.${quoted(this.name)} ${from} ORDER BY ${keys} LIMIT ${SLICE}`;
    const list = (alias: string): string => all.map((c) => `${alias}.${quoted(c)}`).join(', ');
    const match = key.map((c) => `b.${quoted(c)} = a.${quoted(c)}`).join(' AND ');
    const isOther = of === 'main' ? `OR (${list('a')}) IS NOT (${list('b')})` : '';
    const select = (from: string): Database.Statement<Value[], Value[]> =>
      this.database
        .prepare<Value[], Value[]>(
          `SELECT ${list('a')}, ${list('b')} FROM (${slice(from)}) a
           LEFT JOIN ${other}.${quoted(this.name)} b ON ${match}
           WHERE b.${quoted(key[0] as string)} IS NULL ${isOther}`,
        )
        .raw()
        .safeIntegers();
    const end = (from: string): Database.Statement<Value[], Value[]> =>
      this.database
        .prepare<Value[], Value[]>(
          `SELECT count(*) OVER (), ${keys} FROM (${slice(from)})
           ORDER BY ${key.map((c) => `${quoted(c)} DESC`).join(', ')} LIMIT 1`,
        )
        .raw();
    const behind = `WHERE (${keys}) > (${key.map(() => '?').join(', ')})`;
    let last: Value[] = [];
    for (;;) {
      const from = last.length === 0 ? '' : behind;
      const [rows, ...to] = end(from).get(...last) ?? [0];
      if (rows === 0) return;
      yield {
        rows: of === 'main' ? Number(rows) : 0,
        differing: select(from)
          .all(...last)
          .map(render),
      };
      if (Number(rows) < SLICE) return;
      last = to;
    }
  }

  private changedOrLost(row: Value[]): DifferingRow {
    const live = this.row(row);
    const rebuilt = row.slice(this.columns.all.length);
    const isThere = rebuilt.some((value) => value !== null);
    return {
      table: this.name,
      key: this.keyOf(live),
      live,
      ...(isThere && { rebuilt: this.row(rebuilt) }),
    };
  }

  private added(row: Value[]): DifferingRow {
    const rebuilt = this.row(row);
    return { table: this.name, key: this.keyOf(rebuilt), rebuilt };
  }

  private row(values: Value[]): Row {
    return Object.fromEntries(this.columns.all.map((name, index) => [name, values[index] ?? null]));
  }

  private keyOf(row: Row): Row {
    return Object.fromEntries(this.columns.key.map((name) => [name, row[name] ?? null]));
  }
}

function quoted(name: string): string {
  return `"${name}"`;
}
