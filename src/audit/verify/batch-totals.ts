import type Database from 'better-sqlite3';
import type { BatchItem } from '../../batches/domain/batch.events.js';
import type { EventData } from '../../ledger/domain/ledger-event.js';
import type { Arrived } from '../../projections/arrival.js';
import { batchesProjection } from '../../projections/batches.projection.js';
import { BatchesView } from '../../projections/batches.view.js';
import { isFileFault } from '../../projections/file-faults.js';
import { createTables, type Fold } from '../../projections/projection.js';

/** Events that are folded at once, unless someone asks before. */
const WAITING = 5_000;

type Closed = EventData<'BatchClosed'>;

/** What a close says of its batch, but for how it compares with the terminal's own side. */
export type ClosedSums = Pick<
  Closed,
  'currency' | 'totals' | 'settled' | 'refunds' | 'refundsCounted' | 'carriedForward'
>;

/** What batches come to: the same fold that the ledger itself closes them by, on tables of this check's own. */
export class BatchTotals {
  private readonly fold: Fold;
  private readonly view: BatchesView;
  private readonly waiting: Arrived[] = [];

  constructor(private readonly database: Database.Database) {
    createTables(database, batchesProjection);
    this.fold = batchesProjection.open(database);
    this.view = new BatchesView(database);
  }

  add(event: Arrived): void {
    this.waiting.push(event);
    if (this.waiting.length >= WAITING) this.catchUp();
  }

  /** Of everything that was added. */
  sums(name: string): ClosedSums {
    this.catchUp();
    const terminal = terminalOf(name);
    const carriedForward = this.view.carriedInto(terminal, name);
    return {
      ...this.view.currency(name),
      totals: this.view.totals(name),
      settled: this.view.settledSums(name),
      ...this.view.refunds(terminal, name),
      ...(carriedForward.length > 0 && { carriedForward }),
    };
  }

  /** Sales of the batch's terminal that no batch has settled which no longer are their own batch's to settle. */
  carried(name: string): string[] {
    this.catchUp();
    return this.view.carried(terminalOf(name));
  }

  /** The voids and refunds of a batch, as far as sums were last asked for. */
  givenBack(name: string): BatchItem[] {
    return this.view.items(name);
  }

  /** Events that can't be counted are left out. */
  private catchUp(): void {
    const events = this.waiting.splice(0);
    if (events.length === 0 || this.attempt(events)) return;
    for (const event of events) this.attempt([event]);
  }

  private attempt(events: readonly Arrived[]): boolean {
    try {
      this.database.transaction(this.fold)(events);
      return true;
    } catch (error) {
      if (isFileFault(error)) throw error;
      return false;
    }
  }
}

function terminalOf(batch: string): string {
  return batch.slice(0, batch.lastIndexOf('.'));
}
