import type Database from 'better-sqlite3';
import { batchName } from '../ledger/domain/request-name.js';
import type { Approval } from '../sales/domain/sale.js';
import type { ApprovalDeclinedData, ApprovalRequestedData } from '../sales/domain/sale.events.js';
import type { Arrived } from './arrival.js';
import type { Projection } from './projection.js';

/** `requested` is what ApprovalRequested said, as JSON. `isShut`: the batch of the request takes nothing any more. */
const APPROVALS = `
  CREATE TABLE approvals (
    position INTEGER PRIMARY KEY, request TEXT NOT NULL UNIQUE, merchantId TEXT NOT NULL, batch TEXT NOT NULL,
    status TEXT NOT NULL, expiresAt TEXT NOT NULL, isShut INTEGER NOT NULL, requested TEXT NOT NULL,
    decidedAt TEXT, code TEXT, review TEXT
  ) STRICT;
  CREATE INDEX approvals_of_merchant ON approvals (merchantId);
  CREATE INDEX approvals_by_status ON approvals (status);
  CREATE INDEX approvals_of_merchant_by_status ON approvals (merchantId, status);
  CREATE INDEX approvals_that_wait ON approvals (batch) WHERE status = 'awaiting';
  CREATE INDEX approvals_that_wait_in_vain ON approvals (isShut) WHERE status = 'awaiting' AND isShut = 1;
  CREATE INDEX approvals_by_expiry ON approvals (expiresAt) WHERE status = 'awaiting';
`;

/** Voids and refunds that wait, or have waited, for a second person's yes. */
export const approvalsProjection: Projection = {
  name: 'approvals',
  version: 2,
  tables: { approvals: APPROVALS },
  open: (database) => {
    const table = new ApprovalsTable(database);
    return (events) => {
      for (const event of events) table.apply(event);
    };
  },
};

class ApprovalsTable {
  private readonly insert: Database.Statement;
  private readonly end: Database.Statement;
  private readonly shut: Database.Statement;

  constructor(database: Database.Database) {
    this.insert = database.prepare(
      `INSERT INTO approvals VALUES (?, ?, ?, ?, 'awaiting', ?, 0, ?, NULL, NULL, NULL)`,
    );
    this.end = database.prepare(
      `UPDATE approvals SET status = ?, decidedAt = ?, code = ?, review = ?
       WHERE request = ? AND status = 'awaiting'`,
    );
    this.shut = database.prepare(
      `UPDATE approvals SET isShut = 1 WHERE batch = ? AND status = 'awaiting'`,
    );
  }

  /** Gives back whether the event is about approvals: what an event means must be said for each. */
  apply({ event, position }: Arrived): boolean {
    switch (event.type) {
      case 'ApprovalRequested':
        this.add(event.data, position);
        return true;
      case 'ApprovalDeclined':
        this.declined(event.data);
        return true;
      case 'Void':
      case 'Refund': {
        const { request, approval, occurredAt } = event.data;
        if (!approval) return false;
        this.end.run('approved', occurredAt, null, JSON.stringify(approval), request);
        return true;
      }
      case 'Reversal':
        this.end.run('reversed', event.data.occurredAt, null, null, event.data.of);
        return true;
      case 'BatchCloseRequested':
        this.shut.run(batchName(event.data));
        return true;
      case 'Sale':
      case 'Settled':
      case 'RequestTaken':
      case 'Refused':
      case 'NothingToReverse':
      case 'ChargebackOpened':
      case 'ChargebackWon':
      case 'ChargebackLost':
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

  private add(data: ApprovalRequestedData, position: string): void {
    const { request, merchantId, expiresAt } = data;
    const row = [Number(position), request, merchantId, batchName(data), expiresAt];
    this.insert.run(...row, JSON.stringify(data));
  }

  private declined({ request, why, refusal, review, occurredAt }: ApprovalDeclinedData): void {
    const status: Approval['status'] = why === 'not-possible' ? 'refused' : why;
    const said = review ? JSON.stringify(review) : null;
    this.end.run(status, occurredAt, refusal.code, said, request);
  }
}
