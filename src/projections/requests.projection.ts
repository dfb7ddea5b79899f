import type Database from 'better-sqlite3';
import { isBar } from '../sales/domain/barred.js';
import type { Arrived } from './arrival.js';
import { folding, type Projection } from './projection.js';
import { handling } from './views-by-event.js';

/** `takenAt` in epoch milliseconds of real time. */
const UNDECIDED = `
  CREATE TABLE undecided (name TEXT PRIMARY KEY, takenAt INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX undecided_by_age ON undecided (takenAt);
`;

/** Requests whose name is taken and whose outcome is lacking: hardly ever more than those on their way. */
export const requestsProjection: Projection = {
  name: 'requests',
  version: 1,
  tables: { undecided: UNDECIDED },
  open: (database) => folding(new UndecidedTable(database)),
};

/** Most requests are taken and decided among the events of one fold: those are never written. */
class UndecidedTable {
  private readonly insert: Database.Statement;
  private readonly remove: Database.Statement;
  private readonly taken = new Map<string, number>();
  private readonly decided = new Set<string>();

  private readonly handle = handling<'requests'>({
    RequestTaken: ({ request }, { recordedAt }) => this.taken.set(request, Date.parse(recordedAt)),
    ApprovalRequested: ({ request }) => this.decide(request),
    Void: ({ request }) => this.decide(request),
    Refund: ({ request }) => this.decide(request),
    Refused: ({ request }) => this.decide(request),
    NothingToReverse: ({ request }) => this.decide(request),
    Reversal: (data) => {
      if (isBar(data)) return;
      this.decide(data.request);
      this.decide(data.of);
    },
  });

  constructor(database: Database.Database) {
    this.insert = database.prepare('INSERT INTO undecided VALUES (?, ?) ON CONFLICT DO NOTHING');
    this.remove = database.prepare('DELETE FROM undecided WHERE name = ?');
  }

  fold(events: readonly Arrived[]): void {
    this.taken.clear();
    this.decided.clear();
    this.handle(events);
    for (const name of this.decided) this.remove.run(name);
    for (const [name, takenAt] of this.taken) this.insert.run(name, takenAt);
  }

  private decide(name: string): void {
    if (!this.taken.delete(name)) this.decided.add(name);
  }
}
