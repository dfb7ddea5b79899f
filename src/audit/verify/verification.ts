import type { LedgerEvent } from '../../ledger/domain/ledger-event.js';
import { batchName, parseRequestName } from '../../ledger/domain/request-name.js';
import type { Said } from '../../ledger/event-codec.js';
import { isFileFault } from '../../projections/file-faults.js';
import { ownStream } from '../domain/own-stream.js';
import { appealFinding } from './appeals-check.js';
import { BatchesCheck } from './batches-check.js';
import { BooksCheck } from './books-check.js';
import type { BytesOutcome, BytesPage, Note } from './bytes-check.js';
import type { Fault } from './fault.js';
import { Histories, type History } from './histories.js';
import { type Finding, illegal } from './judge.js';
import {
  isMoneyOut,
  type MoneyOut,
  MoneyOutCheck,
  payoutFinding,
  writeOffFinding,
} from './money-out-check.js';
import { OlderEvents } from './older-events.js';
import { Parties } from './parties.js';
import { eventAt, readable, type Recorded } from './recorded.js';
import { SalesCheck } from './sales-check.js';
import { scratchDatabase } from './scratch.js';
import type { Unsigned } from './unsigned-tail.js';

/** What a log came to that was read to its end. */
export interface Verified {
  readonly events: number;
  readonly rootHash: string;
  /** Heads in the log, and of them that are of this very log the one that is of the most of it. */
  readonly heads: number;
  readonly lastTrueHead?: { readonly treeSize: number; readonly position: string };
  readonly unsigned?: Unsigned;
  /** Requests that were taken and have no outcome yet. */
  readonly undecided: number;
  /** Decisions that a view leaves out an event, in the order of the log. */
  readonly skips: readonly Skip[];
  readonly faults: number;
}

export interface Skip {
  readonly projection: string;
  /** Of the event that is left out. */
  readonly eventType: string;
  readonly eventId: string;
  readonly reason: string;
  /** Where the decision stands. */
  readonly position: string;
}

/**
 * Judges what the events of a log mean, which it is given page by page, in its order. In memory it keeps merchants, reported
 * cards and balances, and of streams those that changed last; what else it has to know is in a file of SQLite's own.
 */
export class Verification {
  private readonly database = scratchDatabase();
  private readonly histories = new Histories(this.database);
  private readonly parties = new Parties();
  private readonly older = new OlderEvents();
  private readonly batches = new BatchesCheck(this.database, this.histories, this.older);
  private readonly sales = new SalesCheck(this.histories, this.parties, this.batches, this.older);
  private readonly books = new BooksCheck();
  private readonly moneyOut = new MoneyOutCheck(this.database, this.books, this.parties);
  private readonly skips: Skip[] = [];
  private events = 0;
  private faults = 0;
  /** Where events can't be judged, the books can't come out. */
  private isBroken = false;

  /** What is wrong with the next of the log. */
  take(page: BytesPage): Fault[] {
    const found: Fault[] = [...page.faults];
    if (page.faults.length > 0) this.isBroken = true;
    for (let place = 0; place < page.types.length; place += 1) {
      this.event(eventAt(page, place), page.notes.get(place), found);
    }
    this.events += page.types.length;
    this.faults += found.length;
    return found;
  }

  /** What is wrong with the log as a whole. `bytes`: what was found of it without knowing what its events mean. */
  end(bytes: BytesOutcome): Fault[] {
    const found = [...bytes.findings, ...(this.isBroken ? [] : this.books.end())];
    this.faults += found.length;
    return found;
  }

  verified({ rootHash, heads, lastTrueHead, unsigned }: BytesOutcome): Verified {
    return {
      events: this.events,
      rootHash,
      heads,
      ...(lastTrueHead && { lastTrueHead }),
      ...(unsigned && { unsigned }),
      undecided: this.sales.undecided,
      skips: this.skips,
      faults: this.faults,
    };
  }

  close(): void {
    this.database.close();
  }

  private event(said: Recorded, note: Note | undefined, found: Fault[]): void {
    const { position, stream, revision } = said;
    const tell = (finding: Finding | undefined): void => {
      if (finding) found.push({ ...finding, position, stream });
    };
    const history = this.histories.stream(stream);
    const missing = gap(said, history);
    const isInPlace = !note?.order && !missing;
    tell(note?.order);
    tell(missing);
    const event = readable(said, note);
    const isReadable = !('code' in event);
    if (isReadable) this.content(said, event, history, { isInPlace, note }, tell);
    else tell(event);
    history.revision = Math.max(history.revision, revision);
    if (!isInPlace || !isReadable) this.break(history, position);
    history.fold();
  }

  /** What is wrong with what it says. */
  private content(
    said: Recorded,
    event: LedgerEvent,
    history: History,
    { isInPlace, note }: { readonly isInPlace: boolean; readonly note: Note | undefined },
    tell: Tell,
  ): void {
    if (note?.isNotItsId) tell(NOT_ITS_ID);
    if (isInPlace && history.brokenAt === undefined) this.judge(said, event, history, tell);
    if (note?.isNotItsId) this.moneyOut.doubt(event);
    tell(note?.head);
  }

  private break(history: History, position: string): void {
    history.brokenAt ??= position;
    this.isBroken = true;
  }

  /** By the rules that decide such events; then it is taken in, whatever they say. */
  private judge(said: Recorded, event: LedgerEvent, history: History, tell: Tell): void {
    const { stream, position, at } = said;
    const own = ownStream(event);
    if (own !== stream && !isOlderWriteOff(event, stream)) {
      this.break(history, position);
      tell({ code: 'misplaced', detail: `it belongs into ${own}` });
      return;
    }
    this.older.see(event);
    const found: Finding[] = [];
    const also = (finding: Finding): void => {
      if (found.length === 0) found.push(finding);
      this.break(history, position);
    };
    attempt(() => {
      const findings = this.judged(event, history, said);
      found.push(...findings.filter((finding) => finding !== undefined));
    }, also);
    attempt(() => {
      this.takeIn(event, history, said);
    }, also);
    for (const finding of found) tell(this.parties.explained(finding, event));
    if (found.length > 0 && isMoneyOut(event)) this.leaveOut(event, history, position);
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
    if (!finding)
      attempt(() => {
        this.moneyOut.posted(event);
      }, tell);
  }

  private judged(
    event: LedgerEvent,
    history: History,
    { at, revision }: Recorded,
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
        return [this.parties.cardChanged(event, at)];
      case 'PayoutSent':
        return [payoutFinding(event, history) ?? this.outgoing(event, at)];
      case 'PayoutPaid':
      case 'PayoutReturned':
        return [payoutFinding(event, history)];
      case 'WrittenOff':
        return [writeOffFinding(event, history) ?? this.outgoing(event, at)];
      case 'ReserveReleased':
        return [this.outgoing(event, at)];
      case 'AppealFiled':
      case 'AppealAnswered':
        return [appealFinding(event, history, this.histories)];
      case 'FailureReported':
      case 'KeyAdded':
      case 'SignatureUsed':
      case 'AcquirerPaid':
        return [begun(revision)];
      case 'KeyRevoked':
        return [revision > 0 ? undefined : illegal('there was no such key')];
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
    if (event.type === 'Settled') this.batches.settles(event.data);
    if (event.type === 'Settled' || !('batchNo' in event.data && 'stan' in event.data)) return;
    this.batches.named(event.data, at);
    if (event.type === 'ApprovalRequested') this.batches.moneyIn(event.data, at, 'awaited');
    else if (isMoney(event)) this.batches.moneyIn(event.data, at, 'money');
    if (event.type === 'Reversal') this.batches.touched(batchName(parseRequestName(event.data.of)));
  }

  private takeIn(event: LedgerEvent, history: History, said: Recorded): void {
    const { stream, position, revision, recordedAt, data } = said;
    if (event.type === 'EventSkipped') {
      const { projection, eventType, eventId, reason } = event.data;
      this.skips.push({ projection, eventType, eventId, reason, position });
    }
    this.batches.totals.add({ event, position, revision, recordedAt });
    if (!isKept(stream)) return;
    const before = history.sale;
    history.add(event, data);
    if (!history.sale) return;
    this.batches.changed(before, history.sale);
    this.books.changed(before, history.sale);
  }
}

/**
 * What an event says may be such that a rule stumbles over it. It is then told as any fault, and the log is read on. What the
 * language itself says of it is nothing to whoever reads that. @throws what the disk of its own tables has
 */
function attempt(task: () => void, tell: (finding: Finding) => void): void {
  try {
    task();
  } catch (error) {
    if (isFileFault(error)) throw error;
    const isJargon = error instanceof TypeError || error instanceof SyntaxError;
    const why = isJargon ? '' : `: ${(error as Error).message}`;
    tell(illegal(`it can’t be judged by what it says${why}`));
  }
}

/** Takes what is wrong with an event, if anything. */
type Tell = (finding: Finding | undefined) => void;

const NOT_ITS_ID: Finding = { code: 'id', detail: 'its id is not of what it says' };

/** From when each write-off had a stream of its own. */
function isOlderWriteOff(event: LedgerEvent, stream: string): boolean {
  if (event.type !== 'WrittenOff') return false;
  return stream === `${ownStream(event)}.${event.data.writeOffId}`;
}

function isMoney(event: LedgerEvent): event is LedgerEvent & { type: 'Sale' | 'Void' | 'Refund' } {
  return event.type === 'Sale' || event.type === 'Void' || event.type === 'Refund';
}

const KEPT = /^(?:sale|payout|writeoff|appeal)-/;

/** Streams whose later events are judged by their earlier ones. */
function isKept(stream: string): boolean {
  return KEPT.test(stream);
}

function begun(revision: number): Finding | undefined {
  return revision === 0 ? undefined : illegal('its stream has begun already');
}

function gap({ revision }: Said, history: History): Finding | undefined {
  const due = history.revision + 1;
  if (revision === due) return undefined;
  return { code: 'revision', detail: `it has revision ${revision} where ${due} is due` };
}
