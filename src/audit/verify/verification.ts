import Database from 'better-sqlite3';
import type { CheckedPage } from '../../event-store/checked-page.js';
import { START, type StoredEvent } from '../../event-store/event-store.js';
import type { LedgerEvent, RecordedEvent } from '../../ledger/domain/ledger-event.js';
import { batchName, parseRequestName } from '../../ledger/domain/request-name.js';
import { decode, hasOwnId } from '../../ledger/event-codec.js';
import { ownStream } from '../domain/own-stream.js';
import type { SignedHead } from '../domain/trail.events.js';
import { BatchesCheck } from './batches-check.js';
import { BooksCheck } from './books-check.js';
import type { Fault } from './fault.js';
import { HeadsCheck } from './heads-check.js';
import { Histories, type History, remember } from './histories.js';
import { type Finding, illegal } from './judge.js';
import { KeptTree } from './kept-tree.js';
import { isMoneyOut, type MoneyOut, MoneyOutCheck, payoutFinding } from './money-out-check.js';
import { Parties } from './parties.js';
import { SalesCheck } from './sales-check.js';

/** What a log came to that was read to its end. */
export interface Verified {
  readonly events: number;
  readonly rootHash: string;
  /** Heads in the log, and the last of them that is of this very log. */
  readonly heads: number;
  readonly lastTrueHead?: { readonly treeSize: number; readonly position: string };
  /** Requests that were taken and have no outcome yet. */
  readonly undecided: number;
  readonly faults: number;
}

export interface VerifyOptions {
  /** The only key that may have signed heads, base64. */
  readonly trustedKey?: string | undefined;
  /** A head that was kept elsewhere. */
  readonly head?: SignedHead | undefined;
  /** Of views that were built from this log. */
  readonly viewsDir?: string | undefined;
}

/**
 * Checks a log that it is given page by page, in its order. In memory it keeps merchants, reported cards and balances,
 * and of streams those that changed last; what else it has to know is in a file of SQLite's own, gone when it is closed.
 */
export class Verification {
  private readonly database: Database.Database;
  private readonly histories: Histories;
  private readonly parties = new Parties();
  private readonly batches: BatchesCheck;
  private readonly sales: SalesCheck;
  private readonly heads: HeadsCheck;
  private readonly kept: KeptTree | undefined;
  private readonly books = new BooksCheck();
  private readonly moneyOut: MoneyOutCheck;
  private last: string = START;
  private events = 0;
  private faults = 0;
  /** A head that is not of this log is told once: those behind it can't be either. */
  private isForeign = false;
  /** Where events can't be judged, the books can't come out. */
  private isBroken = false;

  constructor(private readonly options: VerifyOptions = {}) {
    this.database = new Database('');
    // Of one transaction that never ends: nothing of it has to outlive this.
    for (const pragma of ['journal_mode = MEMORY', 'synchronous = OFF', 'cache_size = -65536']) {
      this.database.pragma(pragma);
    }
    this.database.exec('BEGIN');
    this.histories = new Histories(this.database);
    this.batches = new BatchesCheck(this.database);
    this.sales = new SalesCheck(this.histories, this.parties, this.batches);
    this.moneyOut = new MoneyOutCheck(this.database, this.books, this.parties);
    const { viewsDir } = options;
    this.kept = viewsDir === undefined ? undefined : KeptTree.open(viewsDir);
    this.heads = new HeadsCheck(this.database, options.trustedKey);
  }

  /** What is wrong with the next of the log. */
  take({ events, faults }: CheckedPage): Fault[] {
    const found: Fault[] = [...faults];
    if (faults.length > 0) this.isBroken = true;
    for (const event of events) this.event(event, found);
    this.heads.catchUp();
    this.faults += found.length;
    return found;
  }

  /** What is wrong with the log as a whole. */
  end(): Fault[] {
    const { head } = this.options;
    const kept = [
      head && this.heads.finding(head),
      this.kept && this.heads.changedSince(this.kept),
    ].filter((finding) => finding !== undefined);
    const found = [...kept, ...(this.isBroken ? [] : this.books.end())];
    this.faults += found.length;
    return found;
  }

  verified(): Verified {
    const { lastTrue, heads } = this.heads;
    return {
      events: this.events,
      rootHash: this.heads.root(),
      heads,
      ...(lastTrue && { lastTrueHead: lastTrue }),
      undecided: this.sales.undecided,
      faults: this.faults,
    };
  }

  close(): void {
    this.kept?.close();
    this.database.close();
  }

  private event(stored: StoredEvent, found: Fault[]): void {
    const { position, stream, revision } = stored;
    const tell = (finding: Finding | undefined): void => {
      if (finding) found.push({ ...finding, position, stream });
    };
    const history = this.histories.stream(stream);
    const order = this.order(stored);
    const missing = gap(stored, history);
    const isInPlace = !order && !missing;
    tell(order);
    tell(missing);
    const recorded = readable(stored);
    if ('code' in recorded) tell(recorded);
    else this.content(stored, recorded, history, isInPlace, tell);
    this.heads.take(stored);
    this.events += 1;
    history.revision = Math.max(history.revision, revision);
    if (!isInPlace || 'code' in recorded) this.break(history, position);
  }

  /** What is wrong with what it says. */
  private content(
    stored: StoredEvent,
    recorded: RecordedEvent,
    history: History,
    isInPlace: boolean,
    tell: Tell,
  ): void {
    const { event, position } = recorded;
    const isItsId = hasOwnId(stored, recorded);
    if (!isItsId) tell(NOT_ITS_ID);
    if (isInPlace && history.brokenAt === undefined) {
      this.judge(recorded, history, stored.data, tell);
    }
    if (!isItsId) this.moneyOut.doubt(event);
    if (event.type === 'HeadSigned') tell(this.signed(event.data, position));
  }

  private order({ position }: StoredEvent): Finding | undefined {
    const before = this.last;
    if (position > before) this.last = position;
    return position > before
      ? undefined
      : { code: 'order', detail: `it comes behind position ${before}` };
  }

  private break(history: History, position: string): void {
    history.brokenAt ??= position;
    this.isBroken = true;
  }

  private signed(head: SignedHead, position: string): Finding | undefined {
    const finding = this.heads.signed(head, position);
    if (finding?.code !== 'head') return finding;
    const isTold = this.isForeign;
    this.isForeign = true;
    return isTold ? undefined : finding;
  }

  /** By the rules that decide such events; then it is taken in, whatever they say. */
  private judge(recorded: RecordedEvent, history: History, data: string, tell: Tell): void {
    const { event, stream } = recorded;
    const own = ownStream(event);
    if (own !== stream) {
      this.break(history, recorded.position);
      tell({ code: 'misplaced', detail: `it belongs into ${own}` });
      return;
    }
    const at = Date.parse(recorded.recordedAt);
    const found = this.judged(event, history, at, recorded).filter(
      (finding) => finding !== undefined,
    );
    found.forEach(tell);
    try {
      this.takeIn(recorded, history, data);
    } catch (error) {
      tell(illegal((error as Error).message));
      this.break(history, recorded.position);
    }
    if (found.length > 0 && isMoneyOut(event)) this.leaveOut(event, history, recorded.position);
    else this.post(event, at, found.length > 0, tell);
  }

  /** What became of a payout that was never right is not judged either. */
  private leaveOut(event: MoneyOut, history: History, position: string): void {
    this.moneyOut.leftOut(event);
    if (event.type === 'PayoutSent') history.brokenAt ??= position;
  }

  private post(event: LedgerEvent, at: number, isWrong: boolean, tell: Tell): void {
    const finding = this.books.post(event, at);
    tell(finding);
    if (isWrong || finding) this.moneyOut.doubt(event);
    if (!finding) this.moneyOut.posted(event);
  }

  private judged(
    event: LedgerEvent,
    history: History,
    at: number,
    recorded: RecordedEvent,
  ): (Finding | undefined)[] {
    switch (event.type) {
      case 'Sale':
      case 'Void':
      case 'Refund':
      case 'ApprovalRequested':
      case 'ApprovalDeclined':
      case 'Settled':
      case 'Reversal':
      case 'ChargebackOpened':
      case 'ChargebackWon':
      case 'ChargebackLost':
      case 'RequestTaken':
      case 'Refused':
      case 'NothingToReverse': {
        const found = this.sales.findings(event, history, at);
        this.nameBatches(event, at);
        return found;
      }
      case 'BatchCloseRequested':
      case 'BatchClosed':
      case 'BatchReconciled': {
        const merchants = this.parties.merchant(event.data.merchantId, at);
        return [this.batches.take({ event, at }, merchants)];
      }
      case 'MerchantRegistered':
      case 'MerchantPolicyChanged':
      case 'TerminalAssigned':
      case 'StoreLimitsSet':
      case 'RightFrozen':
      case 'RightRestored':
      case 'SupervisorSet':
      case 'SupervisorLocked':
        return [this.parties.merchantChanged(event, at)];
      case 'CardReported':
      case 'CardRestored':
        this.parties.cardChanged(event, at);
        return [];
      case 'PayoutSent':
        return [payoutFinding(event, history) ?? this.outgoing(event, at)];
      case 'PayoutPaid':
      case 'PayoutReturned':
        return [payoutFinding(event, history)];
      case 'WrittenOff':
        return [begun(recorded) ?? this.outgoing(event, at)];
      case 'ReserveReleased':
        return [this.outgoing(event, at)];
      case 'FailureReported':
      case 'AppealFiled':
      case 'KeyAdded':
      case 'AcquirerPaid':
        return [begun(recorded)];
      case 'AppealAnswered':
        return [recorded.revision === 1 ? undefined : illegal('nobody has appealed')];
      case 'KeyRevoked':
        return [recorded.revision > 0 ? undefined : illegal('there was no such key')];
      case 'EventSkipped':
      case 'HeadSigned':
        return [];
    }
  }

  private outgoing(event: MoneyOut, at: number): Finding | undefined {
    return this.isBroken ? undefined : this.moneyOut.finding(event, at);
  }

  /** The batch that the fact belongs to, and that of the request which a reversal undoes. */
  private nameBatches(event: LedgerEvent, at: number): void {
    if (event.type === 'Settled' || !('batchNo' in event.data && 'stan' in event.data)) return;
    this.batches.named(event.data, at);
    if (event.type === 'Reversal') this.batches.touched(batchName(parseRequestName(event.data.of)));
  }

  private takeIn(recorded: RecordedEvent, history: History, data: string): void {
    const { event } = recorded;
    this.batches.totals.add(recorded);
    if (!isKept(recorded.stream)) return;
    const before = history.sale;
    remember(history, event, data);
    if (history.sale) this.books.changed(before, history.sale);
  }
}

/** Takes what is wrong with an event, if anything. */
type Tell = (finding: Finding | undefined) => void;

const NOT_ITS_ID: Finding = { code: 'id', detail: 'its id is not of what it says' };

/** Streams whose later events are judged by their earlier ones. */
function isKept(stream: string): boolean {
  return stream.startsWith('sale-') || stream.startsWith('payout-');
}

function begun({ revision }: RecordedEvent): Finding | undefined {
  return revision === 0 ? undefined : illegal('its stream has begun already');
}

function gap({ revision }: StoredEvent, history: History): Finding | undefined {
  const due = history.revision + 1;
  if (revision === due) return undefined;
  return { code: 'revision', detail: `it has revision ${revision} where ${due} is due` };
}

function readable(stored: StoredEvent): RecordedEvent | Finding {
  try {
    return decode(stored);
  } catch (error) {
    return { code: 'unreadable', detail: (error as Error).message };
  }
}
