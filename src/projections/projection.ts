import type Database from 'better-sqlite3';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';

/** Takes events into a view's tables, in the order of the log. Called inside a transaction. */
export type Fold = (events: readonly RecordedEvent[]) => void;

/** One read model: its tables, and how events change them. */
export interface Projection {
  readonly name: string;
  /** To be raised with every change of the tables or of the fold: the view is then built anew at start. */
  readonly version: number;
  /** The tables by name, each with the statements that create it and its indexes. */
  readonly tables: Readonly<Record<string, string>>;
  /** Prepares the statements. An event that the fold throws at stops the view before that event. */
  open(database: Database.Database): Fold;
}
