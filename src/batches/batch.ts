import { batchName } from '../ledger/domain/request-name.js';
import type { BusinessDay } from '../merchants/domain/business-day.js';
import type { Refusal } from '../sales/domain/refusal.js';
import { shutFor } from './domain/entering.js';

export interface BatchIdentity {
  readonly merchantId: string;
  readonly terminalId: string;
  readonly batchNo: string;
}

/** What a request leaves behind in its batch: nothing in the log, a fact that moves no money, or money. */
export type Left = 'nothing' | 'fact' | 'money';

/** A close that another node has begun and not ended for so long is taken over. */
const TAKE_OVER_MS = 10_000;

/** A batch as this process knows it. */
export class Batch implements BatchIdentity {
  readonly merchantId: string;
  readonly terminalId: string;
  readonly batchNo: string;
  readonly name: string;
  /** `new`: named, but no request of it is recorded yet. */
  status: 'new' | 'open' | 'closing' | 'closed';
  /** Undefined while it is new. `endsAt`, in epoch milliseconds, is the latest of its sales'. */
  day: BusinessDay | undefined;
  /** Its close as this process wrote it down, or is doing so: undefined as long as nobody has asked for one. */
  closeRequest: Promise<void> | undefined;
  /** Of its money: that which is in it, or is on its way. Its totals are sums of one currency. */
  private currency: string | undefined;
  /** Whether anything of it is recorded, besides its close. */
  private hasFacts: boolean;
  /** Whether money in it is recorded. */
  private hasMoney = false;
  /** Requests that are let in and not yet decided. */
  private inFlight = 0;
  /** Of a refusal that was recorded while others were in flight, whose facts may stand before it. */
  private refusedOn: BusinessDay | undefined;
  /** Called when none is in flight any more. */
  private readonly onIdle: (() => void)[] = [];
  /** Since when another node has been closing it, by `performance.now`; undefined when that is this node's to do. */
  private closedByOtherSince: number | undefined;

  /** `isShared`: whether other nodes may have to do with it. */
  constructor(
    { merchantId, terminalId, batchNo }: BatchIdentity,
    status: Batch['status'],
    day: Batch['day'],
    private readonly isShared: boolean,
  ) {
    this.merchantId = merchantId;
    this.terminalId = terminalId;
    this.batchNo = batchNo;
    this.name = batchName(this);
    this.status = status;
    this.day = day;
    this.hasFacts = status !== 'new';
    if (status === 'closing') this.closingElsewhere();
  }

  /**
   * Lets a request in, or says why not. Whoever is let in must queue its first fact in this
   * same turn, and call `leave` once it is decided. `currency`: of the money that it may move, if that is known.
   */
  enter(day: BusinessDay, currency?: string): Refusal | undefined {
    const { batchNo, status } = this;
    // Named one by one: a spread with a field behind it is slow to make.
    const held = { batchNo, status, date: this.day?.date, currency: this.currency };
    const shut = shutFor(held, { date: day.date, currency });
    if (shut) return shut;
    this.day ??= day;
    this.currency ??= currency;
    this.inFlight += 1;
    return undefined;
  }

  /** Where settings have moved the end of its date, it lasts as long as the last of its sales may be voided. */
  sold({ date, endsAt }: BusinessDay): void {
    // Two nodes may have opened it at the same moment, each on a date of its own: the first counts.
    if (this.day?.date === date && endsAt > this.day.endsAt) this.day = { date, endsAt };
  }

  /** The first request of which something is in the log opens the batch. */
  leave(left: Left): void {
    this.inFlight -= 1;
    if (left !== 'nothing') this.hasFacts = true;
    if (this.hasFacts && this.status === 'new') this.status = 'open';
    if (left === 'money') this.hasMoney = true;
    if (this.inFlight > 0) return;
    if (this.refusedOn) this.refused(this.refusedOn);
    this.refusedOn = undefined;
    this.forgetUnrecorded();
    for (const wake of this.onIdle.splice(0)) wake();
  }

  /** The refusal of a request that was not let in is in the log: where nothing of the batch was, that opens it. */
  refused(day: BusinessDay): void {
    if (this.hasFacts) return;
    if (this.inFlight > 0) this.refusedOn ??= day;
    else this.opened(day);
  }

  /** Something of it is recorded. */
  opened(day: BusinessDay): void {
    this.hasFacts = true;
    this.day = day;
    if (this.status === 'new') this.status = 'open';
  }

  /** `currency`: of its first money in the log, be it another node's. */
  moneyIn(currency: string): void {
    this.currency = currency;
    this.hasMoney = true;
  }

  /** The request to close it is surely not in the log: it takes requests again, and is new if it was. */
  reopen(): void {
    this.status = this.hasFacts ? 'open' : 'new';
    if (this.inFlight === 0) this.forgetUnrecorded();
  }

  /** What is not in the log binds nobody: the next request may open it on another date, or in another currency. */
  private forgetUnrecorded(): void {
    if (this.status === 'new') this.day = undefined;
    if (!this.hasMoney) this.currency = undefined;
  }

  /** Resolves when no request is on its way through it. */
  async idle(): Promise<void> {
    if (this.inFlight > 0) await new Promise<void>((resolve) => this.onIdle.push(resolve));
  }

  /** Another node was the first to ask for its close: that one ends it, if it can. */
  closingElsewhere(): void {
    this.status = 'closing';
    this.closeRequest ??= Promise.resolve();
    if (this.isShared) this.closedByOtherSince = performance.now();
  }

  /** Whether a close that was begun is this node's to end. */
  get isOurs(): boolean {
    if (this.closedByOtherSince === undefined) return true;
    return performance.now() - this.closedByOtherSince > TAKE_OVER_MS;
  }
}
