import type { OpenBatches } from '../batches/open-batches.js';
import { decidedAnew, inTime } from '../ledger/decided-anew.js';
import type { Appended } from '../event-store/event-store.js';
import { type Clock, timeText } from '../ledger/clock.js';
import type { Actor, RecordedEvent } from '../ledger/domain/ledger-event.js';
import { streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import { businessDay } from '../merchants/domain/business-day.js';
import type { Merchant } from '../merchants/domain/merchant.js';
import type { MerchantDirectory } from '../merchants/merchant-directory.js';
import { awaitingVoids, declinedBySettlement } from './domain/approval.js';
import { decideSettlement, instantTerms, settlingOf } from './domain/decide.js';
import type { Refusal } from './domain/refusal.js';
import { requestRefusals } from './domain/request-refusals.js';
import type { Sale } from './domain/sale.js';
import { VOID_CONDITIONS } from './domain/void-conditions.js';
import { refusalOf } from './domain/voidability.js';
import { failing, type Judged } from './domain/judge.js';
import { readNamed } from './recorded-request.js';
import { foldSale, type RecordedSale } from './recorded-sale.js';
import { notRecorded, type Outcome, type Rejected } from './sales.commands.js';

/** Settles one sale alone and at once (instant settlement, T+0) [S2 1.2]. */
export class SettleCommandHandler {
  constructor(
    private readonly journal: Journal,
    private readonly directory: MerchantDirectory,
    private readonly batches: OpenBatches,
    private readonly clock: Clock,
  ) {}

  /**
   * The sale as its settlement left it; asked again, the same. `ifMatch`: revisions of which the sale that is to settle must
   * have one. @throws StoreUnavailableError, ViewBehindError while a restarted ledger learns its open batches
   */
  async settle(
    saleId: string,
    by: Actor,
    ifMatch?: readonly number[],
  ): Promise<Outcome<RecordedSale>> {
    return decidedAnew(async () => {
      const since = performance.now();
      const recorded = await this.recorded(saleId);
      if (recorded?.sale.settlement) return { answer: recorded, replayed: true };
      const merchant =
        recorded && (await this.directory.find(recorded.sale.data.merchantId))?.merchant;
      if (recorded && ifMatch?.includes(recorded.sale.revision) === false) {
        return notRecorded(requestRefusals.revision());
      }
      const failed = firstFailing(recorded?.sale, merchant);
      if (failed || !recorded || !merchant) return notSettled(failed);
      const written = await this.write(recorded.sale, merchant, by, since);
      if ('refusal' in written) return notRecorded(written.refusal);
      const settled = await this.recorded(saleId);
      if (!settled) throw new Error(`sale ${saleId} was settled and is not there`);
      return { answer: settled, replayed: written.repeated };
    });
  }

  private async recorded(saleId: string): Promise<RecordedSale | undefined> {
    return foldSale(asSettled(await readNamed(this.journal, saleId)));
  }

  /** Not while its batch is being closed: what settles then must be in what the close says of it. */
  private async write(
    sale: Sale,
    merchant: Merchant,
    by: Actor,
    since: number,
  ): Promise<Appended | { readonly refusal: Refusal }> {
    const { saleId, batchNo, businessDate: date, businessDateEndsAt } = sale.data;
    const { settings } = merchant;
    const batch = await this.batches.find(sale.data);
    const now = this.clock.now();
    const today = businessDay(now, settings).date;
    const terms = instantTerms(sale, settings, today, timeText(now));
    const event = decideSettlement(settlingOf(sale), terms);
    if (!event) throw new Error(`sale ${saleId} has something left and nothing to settle`);
    const origin = { request: saleId, by };
    const events = [event, ...declinedBySettlement(sale, event, merchant)];
    const own = { date, endsAt: Date.parse(businessDateEndsAt) };
    const isHeld = batch.status !== 'closed';
    if (isHeld && batch.enter(batch.day ?? own)) {
      return { refusal: requestRefusals.closeSettles(batchNo) };
    }
    try {
      const stream = streams.request(saleId);
      inTime(since);
      return await this.journal.append(stream, sale.revision, events, origin);
    } finally {
      if (isHeld) batch.leave('money');
    }
  }
}

/** Up to what its settlement wrote: itself, and the end of each void that waited. All of them, of one not yet settled. */
function asSettled(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  const at = events.findIndex(({ event }) => event.type === 'Settled');
  const before = foldSale(events.slice(0, Math.max(0, at)))?.sale;
  return before ? events.slice(0, at + 1 + awaitingVoids(before).length) : events;
}

/** A settlement asks of the sale what a void asks of it first: that it is there, and something of it left, held or not. */
function firstFailing(sale: Sale | undefined, merchant: Merchant | undefined) {
  const asked = VOID_CONDITIONS.filter(
    ({ code }) => code === 'sale-approved' || code === 'amount-remaining',
  );
  const unheld = sale && { ...sale, approvals: [] };
  return failing(asked, { sale: unheld, merchant, card: 'active', batch: 'open', now: 0 });
}

/** Not recorded: a settlement is no request of a terminal, and has no name to be final for. */
function notSettled(failed: Judged | undefined): Rejected {
  if (!failed) throw new Error('a sale is of a merchant that was never registered');
  return notRecorded(refusalOf(failed, 'none'));
}
