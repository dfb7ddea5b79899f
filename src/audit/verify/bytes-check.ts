import type Database from 'better-sqlite3';
import type { CheckedPage, KeepingFault } from '../../event-store/checked-page.js';
import { type Position, START, type StoredEvent } from '../../event-store/event-store.js';
import type { LedgerEvent } from '../../ledger/domain/ledger-event.js';
import { decode, decodeProvenance, hasOwnId } from '../../ledger/event-codec.js';
import type { SignedHead } from '../domain/trail.events.js';
import { HeadsCheck, notCompared } from './heads-check.js';
import type { Finding, PlacedFinding } from './judge.js';
import { KeptTree, type Unreadable } from './kept-tree.js';
import { legibly } from './legible.js';
import { scratchDatabase } from './scratch.js';
import { SkipsCheck } from './skips-check.js';
import type { Unsigned } from './unsigned-tail.js';

export interface BytesOptions {
  /** The only key that may have signed heads, base64. */
  readonly trustedKey?: string | undefined;
  /** A head that was kept elsewhere. */
  readonly head?: SignedHead | undefined;
  /** Of views that were built from this log. */
  readonly viewsDir?: string | undefined;
}

/** What there is to say of an event's bytes. */
export interface Note {
  /** Where it comes behind one that it should come before. */
  order?: Finding;
  isNotItsId?: true;
  /** What is wrong with a head that was signed. */
  head?: Finding;
  /** Where they can't be read. */
  metadata?: string;
}

/** Some of the log in its order: a column for each of what the meaning of its events is judged by. */
export interface BytesPage {
  readonly faults: readonly KeepingFault[];
  readonly positions: Position[];
  readonly streams: string[];
  readonly revisions: number[];
  readonly types: string[];
  /** JSON. */
  readonly data: string[];
  /** RFC 3339; of metadata that can't be read an empty text. */
  readonly recordedAt: string[];
  /** By the event's place in the page; of most events there are none. */
  readonly notes: Map<number, Note>;
}

/** What the bytes of the log came to. */
export interface BytesOutcome {
  readonly findings: readonly PlacedFinding[];
  readonly rootHash: string;
  readonly heads: number;
  readonly lastTrueHead?: { readonly treeSize: number; readonly position: string } | undefined;
  readonly unsigned?: Unsigned | undefined;
}

/**
 * Checks what does not take to know what events mean: that positions rise, that ids are of what the events say, the tree
 * over the log, and the heads that were signed of it.
 */
export class BytesCheck {
  private readonly database: Database.Database = scratchDatabase();
  private readonly heads: HeadsCheck;
  private readonly kept: KeptTree | Unreadable | undefined;
  private readonly skips = new SkipsCheck();
  private last: string = START;
  /** A head that is not of this log is told once: those behind it can't be either. */
  private isForeign = false;

  constructor(options: BytesOptions = {}) {
    const { viewsDir, trustedKey, head } = options;
    this.kept = viewsDir === undefined ? undefined : KeptTree.open(viewsDir);
    this.heads = new HeadsCheck(this.database, trustedKey, head);
  }

  /** The next of the log, for whoever judges what it means. */
  take({ events, faults }: CheckedPage): BytesPage {
    const page = emptyPage(faults);
    for (const event of events) this.event(event, page);
    this.heads.catchUp();
    return page;
  }

  /** `again` reads the same log from its beginning. */
  async end(again: () => AsyncIterable<CheckedPage>): Promise<BytesOutcome> {
    const signed = this.heads.end();
    const findings = [
      ...(await this.skips.findings(again)),
      ...signed.findings,
      this.kept &&
        (isTree(this.kept) ? this.heads.changedSince(this.kept) : notCompared(this.kept)),
    ].filter((finding) => finding !== undefined);
    const { heads, lastTrue: lastTrueHead } = this.heads;
    const { unsigned } = signed;
    return { findings, rootHash: this.heads.root(), heads, lastTrueHead, unsigned };
  }

  close(): void {
    if (this.kept && isTree(this.kept)) this.kept.close();
    this.database.close();
  }

  private event(stored: StoredEvent, page: BytesPage): void {
    this.order(stored, page);
    const recordedAt = this.recordedAt(stored, page);
    page.recordedAt.push(recordedAt);
    if (stored.type === 'HeadSigned') this.signed(stored, page);
    this.skips.take(stored);
    this.heads.take(stored, recordedAt);
    page.positions.push(stored.position);
    page.streams.push(stored.stream);
    page.revisions.push(stored.revision);
    page.data.push(stored.data);
    page.types.push(stored.type);
  }

  private order({ position }: StoredEvent, page: BytesPage): void {
    const before = this.last;
    if (position > before) this.last = position;
    else noteOf(page).order = { code: 'order', detail: `it comes behind position ${before}` };
  }

  private recordedAt(stored: StoredEvent, page: BytesPage): string {
    try {
      const provenance = decodeProvenance(stored);
      if (!hasOwnId(stored, provenance)) noteOf(page).isNotItsId = true;
      return provenance.recordedAt;
    } catch {
      noteOf(page).metadata = stored.metadata;
      return '';
    }
  }

  private signed(stored: StoredEvent, page: BytesPage): void {
    const head = readHead(stored);
    const finding = head && this.heads.signed(head, stored.position);
    if (!finding || (finding.code === 'head' && this.isForeign)) return;
    if (finding.code === 'head') this.isForeign = true;
    noteOf(page).head = finding;
  }
}

function isTree(kept: KeptTree | Unreadable): kept is KeptTree {
  return kept instanceof KeptTree;
}

/** Of the event that is being added to the page. */
function noteOf({ notes, types }: BytesPage): Note {
  const place = types.length;
  const note = notes.get(place) ?? {};
  notes.set(place, note);
  return note;
}

function emptyPage(faults: readonly KeepingFault[]): BytesPage {
  return {
    faults,
    positions: [],
    streams: [],
    revisions: [],
    types: [],
    data: [],
    recordedAt: [],
    notes: new Map(),
  };
}

function readHead(stored: StoredEvent): SignedHead | undefined {
  return legibly(() => (decode(stored).event as LedgerEvent & { type: 'HeadSigned' }).data);
}
