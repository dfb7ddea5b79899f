import type Database from 'better-sqlite3';
import type { Position } from '../../event-store/event-store.js';
import { booksProjection } from '../../projections/books.projection.js';
import { BooksView } from '../../projections/books.view.js';
import { ViewBehindError } from '../../projections/progress.js';
import { liveGeneration, openToRead, viewFile } from '../../projections/view-file.js';

/** The view of the books as it stands, read beside whoever keeps it up; nobody is waited for. */
export class KeptBooks {
  private readonly database: Database.Database | undefined;
  private view: BooksView | undefined;

  /** @throws CorruptLogError when the view's file is damaged */
  constructor(viewsDir: string) {
    const generation = liveGeneration(viewsDir, booksProjection);
    if (generation === undefined) return;
    this.database = openToRead(viewFile(viewsDir, booksProjection.name, generation));
  }

  get books(): BooksView {
    if (!this.database) throw new Error('there is no view of the books');
    return (this.view ??= new BooksView(this.database));
  }

  /** @throws ViewBehindError at once when it is not there */
  waitFor(position: Position): Promise<void> {
    const there = this.database?.prepare<[], string>('SELECT position FROM about').pluck().get();
    if (there !== undefined && there >= position) return Promise.resolve();
    return Promise.reject(new ViewBehindError('books', position));
  }

  close(): void {
    this.database?.close();
  }
}
