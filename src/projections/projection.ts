import type Database from 'better-sqlite3';
import type { LogLine } from '../audit/domain/log-line.js';
import type { Arrived } from './arrival.js';

/** Takes events into a view's tables, in the order of the log. Called inside a transaction. */
export type Fold = (events: readonly Arrived[]) => void;

/** The same for a view of the bytes themselves: it sees also what can't be read as an event. */
type BytesFold = (events: readonly LogLine[]) => void;

/** The fold of tables that write at its end what the events have come to. */
export function folding(tables: { readonly fold: Fold }): Fold {
  return (events) => {
    tables.fold(events);
  };
}

/**
 * One read model: its tables, and how events change them. Each is kept in a file of its own.
 * Prepares its statements when it is opened. An event that the fold throws at stops the view before that event.
 */
export type Projection = Named &
  (
    | { open(database: Database.Database): Fold }
    | { openOnBytes(database: Database.Database): BytesFold }
  );

interface Named {
  /** Lower-case letters and `-`: it names the view's file, too. */
  readonly name: string;
  /** To be raised with every change of the tables or of the fold: the view is then built anew at start. */
  readonly version: number;
  /** The tables by name, each with the statements that create it and its indexes. Each has a primary key. */
  readonly tables: Readonly<Record<string, string>>;
  /** Statements for indexes that readers alone need: a view that is built anew gets them once its rows are there. */
  readonly indexes?: string;
}

/** Makes a view's tables, with the indexes that are given. */
export function createTables(
  database: Database.Database,
  { tables, indexes = '' }: Pick<Named, 'tables' | 'indexes'>,
): void {
  for (const statements of Object.values(tables)) database.exec(statements);
  database.exec(indexes);
}
