import type Database from 'better-sqlite3';
import { keptIn } from '../ledger/domain/kept-in.js';

/** An index, and the filters that its first columns are. */
interface Way {
  readonly by: readonly string[];
  readonly index: string;
}

export interface ListForm {
  /** From `SELECT` to the name of the table. */
  readonly select: string;
  /** The first whose filters are all asked for is taken. */
  readonly ways: readonly Way[];
  /** Where a page begins, as a condition: behind a position, unless it is said. */
  readonly behind?: string;
  readonly order?: string;
}

/** `next` of a list by position. */
export const POSITION_CURSOR = /^\d{1,19}$/;

type Filters = Readonly<Record<string, string | undefined>>;

/**
 * A list in pages that may be asked for by some of its columns: each choice of them has a statement of its own, which goes by
 * the index that fits, so that a page costs the same however long the list is.
 */
export class FilteredList<Row> {
  private readonly statements = new Map<string, Database.Statement<[object], Row>>();

  constructor(
    private readonly database: Database.Database,
    private readonly form: ListForm,
  ) {}

  /** So many at the most; `last` of them, where more come behind it. `place`: what `behind` goes by. */
  page(filters: Filters, place: object, limit: number): { rows: Row[]; last?: Row } {
    const asked = Object.keys(filters).filter((name) => filters[name] !== undefined);
    const statement = keptIn(this.statements, asked.join(' '), () => this.prepared(asked));
    const found = statement.all({ ...filters, ...place, limit: limit + 1 });
    const rows = found.slice(0, limit);
    const last = rows.at(-1);
    return found.length > limit && last ? { rows, last } : { rows };
  }

  private prepared(asked: readonly string[]): Database.Statement<[object], Row> {
    const { select, ways, behind = 'position > @after', order = 'position' } = this.form;
    const way = ways.find(({ by }) => by.every((name) => asked.includes(name)));
    const by = way ? `INDEXED BY ${way.index}` : '';
    const conditions = [...asked.map((name) => `${name} = @${name}`), behind].join(' AND ');
    const sql = `${select} ${by} WHERE ${conditions} ORDER BY ${order} LIMIT @limit`;
    return this.database.prepare<[object], Row>(sql).safeIntegers();
  }
}
