import type Database from 'better-sqlite3';
import type { Approval } from '../sales/domain/sale.js';
import { FilteredList, positionCursor } from './filtered-list.js';
import type { ApprovalRequestedData, Review } from '../sales/domain/sale.events.js';

export type ApprovalStatus = Approval['status'];

/** A request that waits, or has waited, for a second person's yes. */
export interface ListedApproval {
  readonly data: ApprovalRequestedData;
  readonly status: ApprovalStatus;
  readonly decidedAt?: string;
  /** Of one that came to nothing: why. */
  readonly code?: string;
  readonly review?: Review;
}

export interface ApprovalsQuery {
  readonly merchantId?: string | undefined;
  readonly status?: ApprovalStatus | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

interface Row {
  readonly position: bigint;
  readonly status: ApprovalStatus;
  readonly requested: string;
  readonly decidedAt: string | null;
  readonly code: string | null;
  readonly review: string | null;
}

/** Requests that wait for an approval, or have waited. */
export class ApprovalsView {
  private readonly approvals: FilteredList<Row>;
  private readonly late: Database.Statement<[string], { request: string }>;

  constructor(database: Database.Database) {
    this.approvals = new FilteredList<Row>(database, {
      select: 'SELECT position, status, requested, decidedAt, code, review FROM approvals',
      ways: [
        { by: ['merchantId', 'status'], index: 'approvals_of_merchant_by_status' },
        { by: ['merchantId'], index: 'approvals_of_merchant' },
        { by: ['status'], index: 'approvals_by_status' },
      ],
      cursor: positionCursor,
    });
    const waiting = (index: string, condition: string): string =>
      `SELECT position, request FROM approvals INDEXED BY ${index} WHERE status = 'awaiting' AND ${condition}`;
    this.late = database.prepare(
      `${waiting('approvals_that_wait_in_vain', 'isShut = 1')}
       UNION ${waiting('approvals_by_expiry', 'expiresAt <= ?')} ORDER BY position`,
    );
  }

  /** In the order in which they were asked for. */
  list({ merchantId, status, after = '0', limit }: ApprovalsQuery) {
    const filters = { merchantId, status };
    const { rows, ...next } = this.approvals.page(filters, { after: Number(after) }, limit);
    return { approvals: rows.map(listed), ...next };
  }

  /** Names of those that wait for nothing: past their time (RFC 3339, UTC), or of a batch that takes nothing any more. */
  due(now: string): string[] {
    return this.late.all(now).map(({ request }) => request);
  }
}

function listed({ status, requested, decidedAt, code, review }: Row): ListedApproval {
  return {
    data: JSON.parse(requested) as ApprovalRequestedData,
    status,
    ...(decidedAt !== null && { decidedAt }),
    ...(code !== null && { code }),
    ...(review !== null && { review: JSON.parse(review) as Review }),
  };
}
