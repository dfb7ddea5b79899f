import type Database from 'better-sqlite3';
import { isBar } from '../sales/domain/barred.js';
import type { Arrived } from './arrival.js';
import { folding, type Projection } from './projection.js';

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

  constructor(database: Database.Database) {
    this.insert = database.prepare('INSERT INTO undecided VALUES (?, ?) ON CONFLICT DO NOTHING');
    this.remove = database.prepare('DELETE FROM undecided WHERE name = ?');
  }

  fold(events: readonly Arrived[]): void {
    this.taken.clear();
    this.decided.clear();
    for (const event of events) this.apply(event);
    for (const name of this.decided) this.remove.run(name);
    for (const [name, takenAt] of this.taken) this.insert.run(name, takenAt);
  }

  /** Gives back whether the event is about a request: what an event means must be said for each. */
  private apply(arrived: Arrived): boolean {
    const { event } = arrived;
    switch (event.type) {
      case 'RequestTaken':
        this.taken.set(event.data.request, Date.parse(arrived.recordedAt));
        return true;
      case 'ApprovalRequested':
      case 'Void':
      case 'Refund':
      case 'Refused':
      case 'NothingToReverse':
        this.decide(event.data.request);
        return true;
      case 'Reversal':
        if (isBar(event.data)) return true;
        this.decide(event.data.request);
        this.decide(event.data.of);
        return true;
      case 'Sale':
      case 'ApprovalDeclined':
      case 'Settled':
      case 'BatchCloseRequested':
      case 'BatchClosed':
      case 'BatchReconciled':
      case 'MerchantRegistered':
      case 'MerchantPolicyChanged':
      case 'TerminalAssigned':
      case 'StoreLimitsSet':
      case 'AppealFiled':
      case 'AppealAnswered':
      case 'FailureReported':
      case 'RightFrozen':
      case 'RightRestored':
      case 'SupervisorSet':
      case 'SupervisorLocked':
      case 'CardReported':
      case 'CardRestored':
      case 'KeyAdded':
      case 'KeyRevoked':
      case 'ChargebackOpened':
      case 'ChargebackWon':
      case 'ChargebackLost':
      case 'PayoutSent':
      case 'PayoutPaid':
      case 'PayoutReturned':
      case 'ReserveReleased':
      case 'WrittenOff':
      case 'AcquirerPaid':
      case 'EventSkipped':
      case 'HeadSigned':
        return false;
    }
  }

  private decide(name: string): void {
    if (!this.taken.delete(name)) this.decided.add(name);
  }
}
