// What each event makes the views write when they are given one event at a time.
import Database from 'better-sqlite3';
import { Arrival } from '../dist/projections/arrival.js';
import { columnsOf } from '../dist/projections/rebuild/comparison.js';
import { taking } from '../dist/projections/view.js';
import { ViewFile } from '../dist/projections/view-file.js';

/** Writes of one view and one page of the log, as JSON. */
const WRITES =
  'CREATE TABLE writes (page TEXT, view INTEGER, rows TEXT NOT NULL, PRIMARY KEY (page, view)) STRICT';

/** Builds the views from these pages, event by event, while triggers take down what is written. */
export async function captureWrites(projections, pages, captured, viewsDir) {
  const into = new Database(captured);
  into.pragma('journal_mode = OFF');
  into.pragma('synchronous = OFF');
  into.exec(WRITES);
  const keep = into.prepare('INSERT INTO writes VALUES (?, ?, ?)');
  const capturing = projections.map((projection) => capturingView(projection, viewsDir));
  for await (const page of pages) {
    const arrivals = page.map((stored) => new Arrival(stored));
    for (const [view, take] of capturing.entries()) {
      keep.run(page[0].position, view, JSON.stringify(take(arrivals)));
    }
  }
  into.close();
}

function capturingView(projection, viewsDir) {
  const { database } = ViewFile.begin(viewsDir, projection, 1, 'candidate');
  database.exec('CREATE TEMP TABLE written (tableName TEXT, was TEXT, now TEXT)');
  for (const table of Object.keys(projection.tables)) {
    const { all } = columnsOf(database, table);
    const row = (side) => `json_array(${all.map((name) => `${side}.${name}`).join(', ')})`;
    for (const [kind, was, now] of [
      ['INSERT', 'NULL', row('NEW')],
      ['UPDATE', row('OLD'), row('NEW')],
      ['DELETE', row('OLD'), 'NULL'],
    ]) {
      database.exec(
        `CREATE TEMP TRIGGER ${kind}_${table} AFTER ${kind} ON main.${table} BEGIN
           INSERT INTO written VALUES ('${table}', ${was}, ${now});
         END`,
      );
    }
  }
  const fold = taking(projection, database);
  const written = database.prepare('SELECT * FROM written ORDER BY rowid').raw();
  const forget = database.prepare('DELETE FROM written');
  return database.transaction((arrivals) => {
    for (const arrival of arrivals) fold([arrival]);
    const rows = written.all();
    forget.run();
    return rows.map(([table, was, now]) => [table, JSON.parse(was), JSON.parse(now)]);
  });
}

export class CapturedWrites {
  #database;
  #select;
  #views;

  constructor(captured, files) {
    this.#database = new Database(captured, { readonly: true });
    this.#select = this.#database
      .prepare('SELECT rows FROM writes WHERE page = ? AND view = ?')
      .pluck();
    this.#views = files.map(({ database }) => new WritingView(database));
  }

  /** One function for each view: it writes what the events of the page write, in one commit. */
  of([{ position }]) {
    return this.#views.map((view, index) =>
      view.writing(JSON.parse(this.#select.get(position, index))),
    );
  }

  close() {
    this.#database.close();
  }
}

/** Statements are kept: of an update one for each set of columns that it changes. */
class WritingView {
  #database;
  #columns = new Map();
  #statements = new Map();

  constructor(database) {
    this.#database = database;
  }

  writing(rows) {
    const writes = rows.map((row) => this.#write(...row));
    return this.#database.transaction(() => {
      for (const [statement, values] of writes) statement.run(values);
    });
  }

  #write(table, was, now) {
    if (!this.#columns.has(table)) this.#columns.set(table, columnsOf(this.#database, table));
    const { all, key: named } = this.#columns.get(table);
    const key = named.map((name) => all.indexOf(name));
    const equal = (index) => `${all[index]} = ?`;
    const where = `WHERE ${key.map(equal).join(' AND ')}`;
    if (now === null) {
      return [this.#prepare(`DELETE FROM ${table} ${where}`), key.map((index) => was[index])];
    }
    if (was === null) {
      const places = all.map(() => '?').join(', ');
      const put = `INSERT OR REPLACE INTO ${table} (${all.join(', ')}) VALUES (${places})`;
      return [this.#prepare(put), now];
    }
    const changed = now.flatMap((value, index) => (value === was[index] ? [] : [index]));
    const set = changed.length > 0 ? changed : key;
    return [
      this.#prepare(`UPDATE ${table} SET ${set.map(equal).join(', ')} ${where}`),
      [...set.map((index) => now[index]), ...key.map((index) => was[index])],
    ];
  }

  #prepare(sql) {
    if (!this.#statements.has(sql)) this.#statements.set(sql, this.#database.prepare(sql));
    return this.#statements.get(sql);
  }
}
