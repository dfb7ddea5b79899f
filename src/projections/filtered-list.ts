import type Database from 'better-sqlite3';
import { keptIn } from '../ledger/domain/kept-in.js';
import { pageOf } from './page.js';

/** An index, and the filters that its first columns are. */
interface Way {
  readonly by: readonly string[];
  readonly index: string;
}

/** How a list is read. */
export interface ListForm<Row> {
  /** From `SELECT` to the name of the table. */
  readonly select: string;
  /** The first whose filters are all asked for is taken. */
  readonly ways: readonly Way[];
  /** Where a page begins, as a condition: behind a position, unless it is said. */
  readonly behind?: string;
  readonly order?: string;
  /** What a row is called as the place behind which a page begins. */
  readonly cursor: (row: Row) => string;
}

/** `next` of a list by position. */
export const POSITION_CURSOR = /^\d{1,19}$/;

/** Of lists by position. */
export function positionCursor({ position }: { readonly position: bigint }): string {
  return String(position);
}

type Filters = Readonly<Record<string, string | undefined>>;

/**
 * A list in pages that may be asked for by some of its columns: each choice of them has a statement of its own, which goes by
 * the index that fits, so that a page costs the same however long the list is.
 */
export class FilteredList<Row> {
  private readonly statements = new Map<string, Database.Statement<[object], Row>>();

  constructor(
    private readonly database: Database.Database,
    private readonly form: ListForm<Row>,
  ) {}

  /** So many at the most, and where more come behind them, `next`. `place`: what `behind` goes by. */
  page(filters: Filters, place: object, limit: number): ReturnType<typeof pageOf<Row>> {
    const asked = Object.keys(filters).filter((name) => filters[name] !== undefined);
    const statement = keptIn(this.statements, asked.join(' '), () => this.prepared(asked));
    const found = statement.all({ ...filters, ...place, limit: limit + 1 });
    return pageOf(found, limit, this.form.cursor);
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
