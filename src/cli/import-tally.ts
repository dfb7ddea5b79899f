import type { Unread } from './import-rows.js';
import type { Played } from './played-ledger.js';

const LINES_SHOWN = 10;

/** What became of the rows. */
export interface Counts {
  /** Rows that were looked at: fewer than the file has after an interruption. */
  readonly rows: number;
  readonly sales: number;
  readonly voids: number;
  readonly refunds: number;
  /** Voids and refunds that wait for a second person's yes: nothing of them is given back yet. */
  readonly awaitingApproval: number;
  /** Cancellations that name several sales, and the requests they were split into. */
  readonly split: { readonly rows: number; readonly requests: number };
  /** Requests that the ledger refused, by code. */
  readonly refused: Readonly<Record<string, number>>;
  /** What could not be sent, by reason. */
  readonly notSent: Readonly<Record<string, number>>;
  /** Lines of the first rows that could not be read. */
  readonly unreadLines: readonly number[];
  /** Requests that an earlier run had sent. */
  readonly replayed: number;
  /** Rows less what was counted of them: never anything but 0. */
  readonly unaccounted: number;
}

/** Counts every row once; a split one by its parts. */
export class Tally {
  rows = 0;
  private readonly done = { sale: 0, void: 0, refund: 0 };
  private readonly refused: Record<string, number> = {};
  private readonly left: Record<string, number> = {};
  private readonly unreadLines: number[] = [];
  private replayed = 0;
  private awaitingApproval = 0;
  private splitRows = 0;
  private splitRequests = 0;
  private splitRests = 0;

  unread({ line, why }: Unread): void {
    this.rows += 1;
    this.notSent(`unreadable: ${why}`);
    if (this.unreadLines.length < LINES_SHOWN) this.unreadLines.push(line);
  }

  notSent(why: string): void {
    this.left[why] = (this.left[why] ?? 0) + 1;
  }

  /** Whether the ledger did what was asked. */
  took(played: Played): boolean {
    if (played.replayed) this.replayed += 1;
    if ('awaits' in played) {
      this.awaitingApproval += 1;
      return false;
    }
    if ('kind' in played) {
      this.done[played.kind] += 1;
      return true;
    }
    this.refused[played.refused] = (this.refused[played.refused] ?? 0) + 1;
    return false;
  }

  split(requests: number, hasRest: boolean): void {
    this.splitRows += 1;
    this.splitRequests += requests;
    if (hasRest) this.splitRests += 1;
  }

  counts(): Counts {
    const { sale, void: voids, refund } = this.done;
    const wholeRows = this.rows - this.splitRows;
    const done = sale + voids + refund + this.awaitingApproval;
    const counted = done + sum(this.refused) + sum(this.left);
    return {
      rows: this.rows,
      sales: sale,
      voids,
      refunds: refund,
      awaitingApproval: this.awaitingApproval,
      split: { rows: this.splitRows, requests: this.splitRequests },
      refused: this.refused,
      notSent: this.left,
      unreadLines: this.unreadLines,
      replayed: this.replayed,
      unaccounted: wholeRows + this.splitRequests + this.splitRests - counted,
    };
  }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
