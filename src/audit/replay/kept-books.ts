import type Database from 'better-sqlite3';
import { CorruptLogError, type Position } from '../../event-store/event-store.js';
import { booksProjection } from '../../projections/books.projection.js';
import { BooksView } from '../../projections/books.view.js';
import { damageTold, isFileFault, isInTheWay } from '../../projections/file-faults.js';
import { ViewBehindError } from '../../projections/progress.js';
import { openLiveToRead, positionIn } from '../../projections/view-file.js';

/**
 * The view of the books as it stands, read beside whoever keeps it up; nobody is waited for. One that can't be read is
 * as good as none.
 */
export class KeptBooks {
  private database: Database.Database | undefined;
  private view: BooksView | undefined;
  private reason: string | undefined;

  constructor(viewsDir: string) {
    try {
      this.database = openLiveToRead(viewsDir, booksProjection);
    } catch (error) {
      if (!(error instanceof CorruptLogError || isInTheWay(error))) throw error;
      this.reason = error.message;
    }
  }

  /** Why the view is done without, where there is one. */
  get unreadable(): string | undefined {
    return this.reason;
  }

  get books(): BooksView {
    if (!this.database) throw new Error('there is no view of the books');
    return (this.view ??= new BooksView(this.database));
  }

  /** @throws ViewBehindError at once when it is not there */
  waitFor(position: Position): Promise<void> {
    const there = this.database && positionIn(this.database);
    if (there !== undefined && there >= position) return Promise.resolve();
    return Promise.reject(new ViewBehindError('books', position, this.reason));
  }

  /** What `ask` gives; asked once more, without the view, when that has turned out to be unreadable. */
  async asking<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      const file = this.database?.name;
      // The log's own store speaks of its faults in other terms.
      if (file === undefined || !isFileFault(error)) throw error;
      this.reason = damageTold(file, error.message);
      this.close();
      return await ask();
    }
  }

  close(): void {
    this.database?.close();
    this.database = undefined;
  }
}
