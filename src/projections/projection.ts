import type Database from 'better-sqlite3';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';

/** One read model: its tables, and how a page of events changes them. */
export interface Projection {
  readonly name: string;
  /** To be raised with every change of the tables or of the fold: the view is then built anew at start. */
  readonly version: number;
  /** The tables by name, each with the statements that create it and its indexes. */
  readonly tables: Readonly<Record<string, string>>;
  /** Prepares the statements; gives the fold, which is called inside a transaction. */
  open(database: Database.Database): (events: readonly RecordedEvent[]) => void;
}
