import type Database from 'better-sqlite3';
import type { BatchEvent, BatchFact } from '../../batches/domain/batch.events.js';
import { shutFor } from '../../batches/domain/entering.js';
import { sentOf } from '../../batches/sent.js';
import type { EventData } from '../../ledger/domain/ledger-event.js';
import { batchName, parseRequestName, terminalName } from '../../ledger/domain/request-name.js';
import { canonicalJson } from '../../ledger/canonical-json.js';
import type { Merchant } from '../../merchants/domain/merchant.js';
import { batchOf, remaining, type Sale } from '../../sales/domain/sale.js';
import { BatchTotals, type ClosedSums } from './batch-totals.js';
import type { SettledData } from '../../sales/domain/sale.events.js';
import { wrongComparison } from './closed-comparison.js';
import type { Histories } from './histories.js';
import { type Finding, illegal, shownInOrder, unlike } from './judge.js';
import { LATELY_MS } from './lately.js';
import { lateFinding, type Reconciled } from './late-comparison.js';
import type { OlderEvents } from './older-events.js';
import { isSameJson } from './same-json.js';
import { Shelf } from './shelf.js';
import { wrongClose } from './wrong-close.js';

type CloseRequested = EventData<'BatchCloseRequested'>;
type Closed = EventData<'BatchClosed'>;

export type BatchStatus = 'open' | 'closing' | 'closed';

type Money = BatchFact & { readonly currency: string };

interface FirstMoney {
  readonly currency: string;
  readonly at: number;
}

/** What is kept of a batch. */
interface Batch {
  readonly date: string;
  /** When its first fact was recorded, and when its status last changed: epoch milliseconds. */
  readonly openedAt: number;
  changedAt: number;
  status: BatchStatus;
  /** The currency of its first money, and of the first that waits for an approval, and when these were recorded. */
  money?: FirstMoney;
  awaited?: FirstMoney;
  /** Its sales that have something left and have not settled, but for those that a later close settles. */
  unsettled?: number;
  totals?: Closed['totals'];
  request?: CloseRequested;
  /** What the terminal sent last to be compared, as canonical JSON: nothing, too. */
  compared?: string;
  /** Its sales that have something left only since it was shut. */
  late?: readonly string[];
  /** Sales of earlier batches that its close has to settle: due when it was asked for, and ever since. */
  carried?: readonly string[];
  /** What it came to before each request that slipped in behind its close: whoever closed it saw one of these, or the last. */
  before?: ClosedSums[];
  /** Likewise what had settled before each sale that settled alone meanwhile, since the close settled its last. */
  settledBefore?: ClosedSums['settled'][];
}

/** Batches as the log has them: what they let in, and whether they were closed by what their requests come to. */
export class BatchesCheck {
  private readonly shelf: Shelf<Batch>;
  /** Batches whose close has sales of earlier ones to settle, by terminal. */
  private readonly carrying = new Map<string, readonly string[]>();
  readonly totals: BatchTotals;

  constructor(
    database: Database.Database,
    private readonly histories: Histories,
    private readonly older: OlderEvents,
  ) {
    const packing = { pack: JSON.stringify, unpack: (text: string) => JSON.parse(text) as Batch };
    this.shelf = new Shelf<Batch>(database, 'batchStates', packing);
    this.totals = new BatchTotals(database);
  }

  /** To be told of every fact that names a batch, before it counts. */
  named(fact: BatchFact, at: number): void {
    const name = batchName(fact);
    if (this.touched(name)) return;
    const { businessDate: date } = fact;
    this.shelf.set(name, { date, openedAt: at, changedAt: at, status: 'open' });
  }

  /** To be told of each that puts money in, or asks for an approval of that. */
  moneyIn(fact: Money, at: number, as: 'money' | 'awaited'): void {
    const batch = this.shelf.get(batchName(fact));
    if (batch) batch[as] ??= { currency: fact.currency, at };
  }

  /** What a batch that is closing comes to may change by requests that it had let in. @returns whether it is known */
  touched(name: string): boolean {
    const batch = this.shelf.get(name);
    if (batch?.status === 'closing') (batch.before ??= []).push(this.totals.sums(name));
    return batch !== undefined;
  }

  /** To be told of every settlement before it counts. */
  settles(data: SettledData): void {
    const name = batchName(data);
    const batch = this.shelf.get(name);
    if (batch?.status !== 'closing') return;
    if (data.kind === 'batch') delete batch.settledBefore;
    else (batch.settledBefore ??= []).push(this.totals.sums(name).settled);
  }

  /**
   * A sale as an event found it and left it. One that has something left only since its batch was shut came behind the
   * close, or was put back: the terminal's next close settles it.
   */
  changed(before: Sale | undefined, after: Sale): void {
    const wasDue = before !== undefined && isDue(before);
    if (isDue(after) === wasDue) return;
    const { saleId } = after.data;
    if (wasDue) this.noLongerDue(saleId, terminalName(after.data));
    const batch = this.shelf.get(batchOf(after));
    if (!batch) return;
    if (batch.late?.includes(saleId)) batch.late = without(batch.late, saleId);
    else if (!wasDue && batch.status !== 'open') batch.late = [...(batch.late ?? []), saleId];
    else batch.unsettled = (batch.unsettled ?? 0) + (wasDue ? -1 : 1);
  }

  private noLongerDue(saleId: string, terminal: string): void {
    for (const name of this.carriers(terminal)) {
      const batch = this.shelf.get(name);
      if (batch?.carried) batch.carried = without(batch.carried, saleId);
    }
  }

  /** Why a request with an effect can't have been let in. */
  shut(fact: BatchFact & Partial<Money>, at: number): Finding | undefined {
    const batch = this.shelf.get(batchName(fact));
    if (!batch) return undefined;
    const { batchNo, businessDate, currency } = fact;
    const date = isDateFixed(batch, at) ? batch.date : undefined;
    const own = this.currency(batch, at);
    const [now, ...earlier] = statusesOf(batch, at).map((status) =>
      shutFor({ batchNo, status, date, currency: own }, { date: businessDate, currency }),
    );
    if (!now || earlier.some((refusal) => refusal === undefined)) return undefined;
    return illegal(`the rules refuse it (${now.code}): ${now.detail.en}`);
  }

  /** Once that is fixed. Older versions let in any; whoever writes a batch's currency down keeps the batch to it. */
  private currency({ money, awaited }: Batch, at: number): string | undefined {
    const first = money ?? awaited;
    const isOlder = this.older.mayLack('BatchClosed').includes('currency');
    return first && !isOlder && at - first.at >= LATELY_MS ? first.currency : undefined;
  }

  /** As whoever decided something that was recorded then may have known it, the present first. */
  statuses(name: string, at: number): readonly BatchStatus[] {
    const batch = this.shelf.get(name);
    return batch ? statusesOf(batch, at) : ['open'];
  }

  /** The request to close it; undefined unless it is closing. */
  closing(name: string): CloseRequested | undefined {
    const batch = this.shelf.get(name);
    return batch?.status === 'closing' ? batch.request : undefined;
  }

  /** @param merchants as `Parties` has them */
  take({ event, at }: Taken, merchants: readonly Merchant[]): Finding | undefined {
    const name = batchName(event.data);
    const batch = this.shelf.get(name);
    switch (event.type) {
      case 'BatchCloseRequested': {
        const { data } = event;
        const { businessDate: date } = data;
        const requested = { openedAt: at, ...batch, date, changedAt: at, request: data };
        const carried = this.carried(name);
        this.shelf.set(name, { ...requested, carried, status: 'closing' });
        if (carried.length > 0)
          this.carrying.set(terminalName(data), [...this.carriers(terminalName(data)), name]);
        return batch && batch.status !== 'open'
          ? illegal(`the batch is ${batch.status} already`)
          : wrongClose(
              data,
              merchants,
              batch && { date: batch.date, isFixed: isDateFixed(batch, at) },
            );
      }
      case 'BatchClosed': {
        if (batch?.status !== 'closing')
          return illegal('nobody has asked for the batch to be closed');
        if (batch.date !== event.data.businessDate) return illegal(`the batch is of ${batch.date}`);
        batch.status = 'closed';
        batch.changedAt = at;
        if (batch.carried) {
          this.carrying.set(
            terminalName(event.data),
            without(this.carriers(terminalName(event.data)), name),
          );
        }
        batch.compared = canonicalJson(sentOf(batch.request ?? {}));
        batch.totals = event.data.totals;
        return this.wrongSums(event.data, name, batch);
      }
      case 'BatchReconciled':
        if (batch?.status !== 'closed') return illegal('there was nothing to reconcile');
        if (batch.date !== event.data.businessDate) return illegal(`the batch is of ${batch.date}`);
        return this.wrongLate(event.data, batch);
    }
  }

  private wrongLate(data: Reconciled, batch: Batch): Finding | undefined {
    const isOlder = !data.totals && data.itemsDigest === undefined;
    if (isOlder && !this.older.mayLack('BatchReconciled').includes('totals')) {
      return unlike('it does not say what was compared');
    }
    const sent = canonicalJson(sentOf(data));
    const { compared, totals } = batch;
    if (isOlder ? compared !== sent : compared === sent) {
      return illegal('there was nothing to reconcile');
    }
    batch.compared = isOlder ? 'older' : sent;
    return totals && lateFinding(data, totals, isOlder);
  }

  private wrongSums(data: Closed, name: string, batch: Batch): Finding | undefined {
    const now = this.totals.sums(name);
    const { before, settledBefore = [], unsettled = 0 } = batch;
    const { histories, totals } = this;
    const seen = [now, ...(before ?? [])].flatMap((sums) =>
      [now.settled, ...settledBefore].map((settled) => ({ ...sums, settled })),
    );
    delete batch.before;
    delete batch.settledBefore;
    const said = data.refundsCounted === undefined ? SUMS : ([...SUMS, 'refundsCounted'] as const);
    const isTrue = (sums: typeof now): boolean =>
      said.every((part) => isSameJson(data[part], sums[part]));
    if (!seen.some(isTrue)) {
      const wrong = said.filter((part) => !isSameJson(data[part], now[part]));
      const parts = wrong.map(
        (part) => `${part} ${shownInOrder(data[part])}, not ${shownInOrder(now[part])}`,
      );
      return unlike(`its requests come to something else: ${parts.join('; ')}`);
    }
    const mayLack = this.older.mayLack('BatchClosed');
    if (data.refundsCounted === undefined && !mayLack.includes('refundsCounted')) {
      return unlike('it does not say how many refunds it counted');
    }
    const isOlder = data.currency === undefined && mayLack.includes('currency');
    if (!isOlder && !seen.some(({ currency }) => currency === data.currency)) {
      return unlike(`its money is in ${String(now.currency)}, not in ${String(data.currency)}`);
    }
    if (unsettled > 0) {
      return unlike(`${unsettled} of its sales have something left and have not settled`);
    }
    const left = (batch.carried ?? []).filter((saleId) => this.isWhole(saleId));
    if (left.length > 0) {
      return unlike(`${left.join(', ')} of an earlier batch should have settled with it`);
    }
    return (
      batch.request &&
      wrongComparison(data, name, batch.request, before !== undefined, { histories, totals })
    );
  }

  /** Sales of other batches of the terminal that these no longer settle. */
  private carried(name: string): readonly string[] {
    const others = this.totals.carried(name).filter((saleId) => !saleId.startsWith(`${name}.`));
    return others.filter((saleId) => {
      const own = this.shelf.get(batchName(parseRequestName(saleId)));
      return own?.late?.includes(saleId);
    });
  }

  private isWhole(saleId: string): boolean {
    return this.histories.named(saleId)?.brokenAt === undefined;
  }

  /** Batches of the terminal whose close has sales of earlier ones to settle. */
  private carriers(terminal: string): readonly string[] {
    return this.carrying.get(terminal) ?? [];
  }
}

/** What a close says of its batch, decided again. */
const SUMS = ['totals', 'settled', 'refunds', 'carriedForward'] as const;

function without(names: readonly string[], name: string): readonly string[] {
  return names.filter((one) => one !== name);
}

function isDue(sale: Sale): boolean {
  return !sale.settlement && remaining(sale) > 0;
}

/** A fact of a batch's own stream; `at`: when it was recorded, epoch milliseconds. */
export interface Taken {
  readonly event: BatchEvent;
  readonly at: number;
}

const STATUSES = ['open', 'closing', 'closed'] as const;

function statusesOf({ status, changedAt }: Batch, at: number): readonly BatchStatus[] {
  if (status === 'open' || at - changedAt >= LATELY_MS) return [status];
  return STATUSES.slice(0, STATUSES.indexOf(status) + 1).reverse();
}

/** Two nodes may open a batch at the same moment, each on a date, and in a currency, of its own. */
function isDateFixed({ openedAt }: Batch, at: number): boolean {
  return at - openedAt >= LATELY_MS;
}
