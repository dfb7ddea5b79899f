import type Database from 'better-sqlite3';
import type { StoredEvent } from '../../event-store/event-store.js';
import { createTables } from '../../projections/projection.js';
import { trailProjection } from '../../projections/trail.projection.js';
import { TrailView } from '../../projections/trail.view.js';
import { isSigned, lackingIn } from '../domain/signed-head.js';
import type { SignedHead } from '../domain/trail.events.js';
import type { Finding } from './judge.js';
import type { KeptTree, Unreadable } from './kept-tree.js';

/** The tree over the log, made anew as the log is read, and the heads that were signed of it. */
export class HeadsCheck {
  private readonly add: (events: readonly StoredEvent[]) => void;
  private readonly view: TrailView;
  private waiting: StoredEvent[] = [];
  private size = 0;
  /** The last head of the log that is of this very log: up to there nothing was changed. */
  lastTrue: { readonly treeSize: number; readonly position: string } | undefined;
  heads = 0;

  /** `trustedKey`: the only one that may have signed, base64. */
  constructor(
    private readonly database: Database.Database,
    private readonly trustedKey: string | undefined,
  ) {
    createTables(database, trailProjection);
    this.add = trailProjection.openOnBytes(database);
    this.view = new TrailView(database);
  }

  take(event: StoredEvent): void {
    this.waiting.push(event);
    this.size += 1;
  }

  /** A head that stands in the log; the tree has everything before it. */
  signed(head: SignedHead, position: string): Finding | undefined {
    this.heads += 1;
    const finding = this.finding(head);
    if (!finding) this.lastTrue = { treeSize: head.treeSize, position };
    return finding;
  }

  /** Why a head, from the log or kept elsewhere, is not of this log. */
  finding(head: SignedHead): Finding | undefined {
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

/** That the log was held against all else, but not against the views' tree. */
export function notCompared({ why }: Unreadable): Finding {
  return { code: 'view', detail: `the log could not be compared with the views’ tree: ${why}` };
}
