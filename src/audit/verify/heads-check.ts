import type Database from 'better-sqlite3';
import type { StoredEvent } from '../../event-store/event-store.js';
import { createTables } from '../../projections/projection.js';
import { trailProjection } from '../../projections/trail.projection.js';
import { TrailView } from '../../projections/trail.view.js';
import { isSigned, lackingIn } from '../domain/signed-head.js';
import type { SignedHead } from '../domain/trail.events.js';
import type { Finding } from './judge.js';
import type { KeptTree, Unreadable } from './kept-tree.js';
import { type Unsigned, UnsignedTail } from './unsigned-tail.js';

/** The tree over the log, made anew as the log is read, and the heads that were signed of it. */
export class HeadsCheck {
  private readonly add: (events: readonly StoredEvent[]) => void;
  private readonly view: TrailView;
  private waiting: StoredEvent[] = [];
  private size = 0;
  private behindTrue = new UnsignedTail();
  private readonly behindKept = new UnsignedTail();
  private isToldFalse = false;
  /** The head of the log that is of the most of this very log: up to there nothing was changed. */
  lastTrue: { readonly treeSize: number; readonly position: string } | undefined;
  heads = 0;

  /** `trustedKey`: the only one that may have signed, base64. `kept`: a head that was kept elsewhere. */
  constructor(
    private readonly database: Database.Database,
    private readonly trustedKey: string | undefined,
    private readonly kept: SignedHead | undefined,
  ) {
    createTables(database, trailProjection);
    this.add = trailProjection.openOnBytes(database);
    this.view = new TrailView(database);
  }

  take(event: StoredEvent, recordedAt: string): void {
    this.waiting.push(event);
    this.size += 1;
    this.behindTrue.take(event, recordedAt);
    if (this.kept && this.size > this.kept.treeSize) this.behindKept.take(event, recordedAt);
  }

  /** A head that stands in the log; the tree has everything before it. */
  signed(head: SignedHead, position: string): Finding | undefined {
    this.heads += 1;
    const finding = this.finding(head);
    if (finding) this.isToldFalse = true;
    else if (head.treeSize > this.sizeOfTrue()) {
      this.lastTrue = { treeSize: head.treeSize, position };
      this.behindTrue = new UnsignedTail(this.size - head.treeSize);
    }
    return finding;
  }

  private sizeOfTrue(): number {
    return this.lastTrue?.treeSize ?? 0;
  }

  /** What is wrong with how far the log is signed, now that all of it was read, and what no head that holds is of. */
  end(): { readonly findings: readonly Finding[]; readonly unsigned: Unsigned | undefined } {
    const { kept } = this;
    const ofKept = kept && this.finding(kept);
    const sizeOfKept = kept && !ofKept ? kept.treeSize : 0;
    const isProven = Math.max(this.sizeOfTrue(), sizeOfKept) > 0;
    const isLacking = this.trustedKey !== undefined && this.size > 0 && !isProven;
    const findings = [isLacking && !this.isToldFalse ? NOT_SIGNED : undefined, ofKept];
    const tail = sizeOfKept > this.sizeOfTrue() ? this.behindKept : this.behindTrue;
    return {
      findings: findings.filter((finding) => finding !== undefined),
      unsigned: tail.unsigned(),
    };
  }

  /** Why a head, from the log or kept elsewhere, is not of this log. */
  private finding(head: SignedHead): Finding | undefined {
    const lacking = lackingIn(head);
    if (lacking !== undefined) return { code: 'signature', detail: `the head has no ${lacking}` };
    const { treeSize, rootHash, publicKey } = head;
    if (!isSigned(head)) {
      return { code: 'signature', detail: 'the head is not signed by the key that it names' };
    }
    if (this.trustedKey !== undefined && publicKey !== this.trustedKey) {
      return { code: 'signature', detail: `it is signed by ${publicKey}, which is not trusted` };
    }
    if (treeSize > this.size) {
      const detail = `the head is of ${treeSize} events, and there are only ${this.size}`;
      return { code: 'head', detail };
    }
    if (this.root(treeSize) === rootHash) return undefined;
    return { code: 'head', detail: this.otherLog(treeSize) };
  }

  private otherLog(treeSize: number): string {
    const since = this.lastTrue;
    if (since && since.treeSize >= treeSize) {
      return `the head is of another log: its first ${treeSize} events are not those of this one, which holds to what was signed of it`;
    }
    const from = since ? `behind the first ${since.treeSize}` : 'from the first';
    return `of the first ${treeSize} events ${from} some are not those that were signed`;
  }

  /** Held against the tree that views keep: it has the log as it was when they read it. */
  changedSince(kept: KeptTree): (Finding & { position?: string }) | undefined {
    this.catchUp();
    const position = kept.firstChange(this.database);
    if (position === undefined) return undefined;
    if (typeof position !== 'string') return notCompared(position);
    const detail = 'from here on the log is another than the one that the views were built from';
    return { code: 'tree', position, detail };
  }

  root(size = this.size): string {
    this.catchUp();
    return this.view.root(size);
  }

  /** To be called now and then, so that not too many wait. */
  catchUp(): void {
    if (this.waiting.length === 0) return;
    this.add(this.waiting);
    this.waiting = [];
  }
}

const NOT_SIGNED: Finding = {
  code: 'unsigned',
  detail: 'no head in it is signed by the key that is trusted',
};

/** That the log was held against all else, but not against the views' tree. */
export function notCompared({ why }: Unreadable): Finding {
  return { code: 'view', detail: `the log could not be compared with the views’ tree: ${why}` };
}
