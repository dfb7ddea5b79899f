import type { EventData } from '../ledger/domain/ledger-event.js';
import { batchName } from '../ledger/domain/request-name.js';
import type { Approval } from '../sales/domain/sale.js';
import type { Projection } from './projection.js';
import { handling } from './views-by-event.js';

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
    const insert = database.prepare(
      `INSERT INTO approvals VALUES (?, ?, ?, ?, 'awaiting', ?, 0, ?, NULL, NULL, NULL)`,
    );
    const end = database.prepare(
      `UPDATE approvals SET status = ?, decidedAt = ?, code = ?, review = ?
       WHERE request = ? AND status = 'awaiting'`,
    );
    const shut = database.prepare(
      `UPDATE approvals SET isShut = 1 WHERE batch = ? AND status = 'awaiting'`,
    );
    const approved = ({ request, approval, occurredAt }: EventData<'Void'>): void => {
      if (approval) end.run('approved', occurredAt, null, JSON.stringify(approval), request);
    };
    return handling<'approvals'>({
      ApprovalRequested: (data, { position }) => {
        const { request, merchantId, expiresAt } = data;
        const row = [Number(position), request, merchantId, batchName(data), expiresAt];
        insert.run(...row, JSON.stringify(data));
      },
      ApprovalDeclined: ({ request, why, refusal, review, occurredAt }) => {
        const status: Approval['status'] = why === 'not-possible' ? 'refused' : why;
        const said = review ? JSON.stringify(review) : null;
        end.run(status, occurredAt, refusal.code, said, request);
      },
      Void: approved,
      Refund: approved,
      Reversal: ({ of, occurredAt }) => end.run('reversed', occurredAt, null, null, of),
      BatchCloseRequested: (data) => shut.run(batchName(data)),
    });
  },
};
