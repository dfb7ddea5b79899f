import type Database from 'better-sqlite3';
import type { Approval } from '../sales/domain/sale.js';
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
  readonly position: number;
  readonly status: ApprovalStatus;
  readonly requested: string;
  readonly decidedAt: string | null;
  readonly code: string | null;
  readonly review: string | null;
}

/** A position of the log. */
export const APPROVALS_CURSOR = /^\d{1,19}$/;

/** Requests that wait for an approval, or have waited. */
export class ApprovalsView {
  private readonly page: Database.Statement<[object], Row>;
  private readonly late: Database.Statement<[string], { request: string }>;

  constructor(database: Database.Database) {
    this.page = database.prepare(
      `SELECT position, status, requested, decidedAt, code, review FROM approvals
       WHERE position > @after AND (@merchantId IS NULL OR merchantId = @merchantId)
         AND (@status IS NULL OR status = @status)
       ORDER BY position LIMIT @limit`,
    );
    this.late = database.prepare(
      `SELECT request FROM approvals INDEXED BY approvals_that_wait
       WHERE status = 'awaiting' AND (isShut = 1 OR expiresAt <= ?) ORDER BY position`,
    );
  }

  /** In the order in which they were asked for. */
  list({ merchantId, status, after = '0', limit }: ApprovalsQuery) {
    const rows = this.page.all({
      merchantId: merchantId ?? null,
      status: status ?? null,
      after: Number(after),
      limit: limit + 1,
    });
    const approvals = rows.slice(0, limit).map(listed);
    const last = rows[limit - 1];
    return rows.length > limit && last ? { approvals, next: String(last.position) } : { approvals };
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
