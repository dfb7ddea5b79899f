import type Database from 'better-sqlite3';
import type { BatchEvent } from '../../batches/domain/batch.events.js';
import { closeTerms } from '../../batches/domain/close-terms.js';
import { shutFor } from '../../batches/domain/entering.js';
import { reconcile } from '../../batches/domain/reconcile.js';
import { batchName } from '../../ledger/domain/request-name.js';
import { STALE_MS } from '../../ledger/news.js';
import { canonicalJson } from '../../ledger/canonical-json.js';
import type { Merchant } from '../../merchants/domain/merchant.js';
import { BatchTotals, type ClosedSums } from './batch-totals.js';
import { type Finding, illegal } from './judge.js';
import { isSameJson } from './same-json.js';
import { Shelf } from './shelf.js';

type CloseRequested = (BatchEvent & { type: 'BatchCloseRequested' })['data'];
type Closed = (BatchEvent & { type: 'BatchClosed' })['data'];

export type BatchStatus = 'open' | 'closing' | 'closed';

interface BatchFact {
  readonly merchantId: string;
  readonly terminalId: string;
  readonly batchNo: string;
  readonly businessDate: string;
}

/** What is kept of a batch. */
interface Batch {
  readonly date: string;
  /** When its first fact was recorded, and when its status last changed: epoch milliseconds. */
  readonly openedAt: number;
  changedAt: number;
  status: BatchStatus;
  request?: CloseRequested;
  reconciliation?: Closed['reconciliation'];
  /** What it came to before each request that slipped in behind its close: whoever closed it saw one of these, or the last. */
  before?: ClosedSums[];
}

/** Batches as the log has them: what they let in, and whether they were closed by what their requests come to. */
export class BatchesCheck {
  private readonly shelf: Shelf<Batch>;
  readonly totals: BatchTotals;

  constructor(database: Database.Database) {
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

  /** What a batch that is closing comes to may change by requests that it had let in. @returns whether it is known */
  touched(name: string): boolean {
    const batch = this.shelf.get(name);
    if (batch?.status === 'closing') (batch.before ??= []).push(this.totals.sums(name));
    return batch !== undefined;
  }

  /** Why a request with an effect can't have been let in. */
  shut(fact: BatchFact, at: number): Finding | undefined {
    const batch = this.shelf.get(batchName(fact));
    if (!batch) return undefined;
    const { batchNo, businessDate } = fact;
    // Two nodes may open a batch at the same moment, each on a date of its own.
    const date = at - batch.openedAt < STALE_MS ? undefined : batch.date;
    const [now, ...earlier] = statusesOf(batch, at).map((status) =>
      shutFor({ batchNo, status, date }, { date: businessDate }),
    );
    if (!now || earlier.some((refusal) => refusal === undefined)) return undefined;
    return illegal(`the rules refuse it (${now.code}): ${now.detail.en}`);
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
        this.shelf.set(name, { ...requested, status: 'closing' });
        return batch && batch.status !== 'open'
          ? illegal(`the batch is ${batch.status} already`)
          : wrongClose(data, batch, merchants);
      }
      case 'BatchClosed': {
        if (batch?.status !== 'closing')
          return illegal('nobody has asked for the batch to be closed');
        if (batch.date !== event.data.businessDate) return illegal(`the batch is of ${batch.date}`);
        batch.status = 'closed';
        batch.changedAt = at;
        batch.reconciliation = event.data.reconciliation;
        return this.wrongSums(event.data, name, batch);
      }
      case 'BatchReconciled':
        if (batch?.reconciliation !== 'not-sent') return illegal('there was nothing to reconcile');
        batch.reconciliation = event.data.reconciliation;
        return undefined;
    }
  }

  private wrongSums(data: Closed, name: string, batch: Batch): Finding | undefined {
    const now = this.totals.sums(name);
    const { settled } = now;
    const seen = [now, ...(batch.before ?? []).map((sums) => ({ ...sums, settled }))];
    delete batch.before;
    const said = ['totals', 'settled', 'refunds', 'carriedForward'] as const;
    const isTrue = (sums: typeof now): boolean =>
      said.every((part) => isSameJson(data[part], sums[part]));
    if (!seen.some(isTrue)) {
      const wrong = said.filter((part) => !isSameJson(data[part], now[part]));
      const parts = wrong.map((part) => `${part} ${text(data[part])}, not ${text(now[part])}`);
      return { code: 'batch', detail: `its requests come to something else: ${parts.join('; ')}` };
    }
    const { request } = batch;
    if (!request || request.items) return undefined;
    const { reconciliation } = reconcile(request, { totals: data.totals, items: [] });
    if (reconciliation === data.reconciliation) return undefined;
    const detail = `with what the terminal sent it is ${reconciliation}, not ${data.reconciliation}`;
    return { code: 'batch', detail };
  }
}

/** A fact of a batch's own stream; `at`: when it was recorded, epoch milliseconds. */
export interface Taken {
  readonly event: BatchEvent;
  readonly at: number;
}

const STATUSES = ['open', 'closing', 'closed'] as const;

function statusesOf({ status, changedAt }: Batch, at: number): readonly BatchStatus[] {
  if (status === 'open' || at - changedAt >= STALE_MS) return [status];
  return STATUSES.slice(0, STATUSES.indexOf(status) + 1).reverse();
}

function wrongClose(
  data: CloseRequested,
  batch: Batch | undefined,
  merchants: readonly Merchant[],
): Finding | undefined {
  if (batch && batch.date !== data.businessDate) {
    return illegal(`the batch is of ${batch.date}, not of ${data.businessDate}`);
  }
  const isRight = ({ settings, terminals }: Merchant): boolean =>
    terminals.get(data.terminalId)?.storeId === data.storeId &&
    isSameJson(closeTerms(settings, data.businessDate), data.terms);
  if (merchants.some(isRight)) return undefined;
  return illegal('the merchant had other terms, or the terminal another store');
}

function text(value: object | undefined): string {
  return value === undefined ? 'nothing' : canonicalJson(value);
}
