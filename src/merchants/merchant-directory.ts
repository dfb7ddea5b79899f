import type { Position, StoredEvent } from '../event-store/event-store.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import { streams } from '../ledger/domain/request-name.js';
import { decode } from '../ledger/event-codec.js';
import type { Journal } from '../ledger/journal.js';
import type { News } from '../ledger/news.js';
import type { MerchantEvent } from './domain/merchant.events.js';
import { evolveMerchant, type Merchant } from './domain/merchant.js';

/** A merchant with where its stream stands. */
export interface MerchantRecord {
  readonly merchant: Merchant;
  readonly revision: number;
  readonly position: Position;
}

/** Merchants as they stand now, kept in memory so that a sale needs no read; as old as the news at the most. */
export class MerchantDirectory {
  private readonly records = new Map<string, MerchantRecord>();

  /** The last revision that was heard of: what is read below it is out of date. */
  private readonly heard = new Map<string, number>();

  constructor(
    private readonly journal: Journal,
    private readonly news: News,
  ) {
    const prefix = streams.merchant('');
    news.listen(prefix, (event) => {
      this.hear(event.stream.slice(prefix.length), event);
    });
  }

  /** What is in memory; undefined may also mean that it has not been read yet, or not for too long. */
  known(merchantId: string): Merchant | undefined {
    return this.news.isFresh() ? this.records.get(merchantId)?.merchant : undefined;
  }

  /**
   * `terminalId`: one that it is to have; where it lacks it, another node may have assigned it a moment ago.
   * @throws StoreUnavailableError when it can't be told what others have changed
   */
  async find(merchantId: string, terminalId?: string): Promise<MerchantRecord | undefined> {
    await this.news.fresh();
    const held = this.records.get(merchantId);
    const isComplete = terminalId === undefined || held?.merchant.terminals.has(terminalId);
    if (held && (isComplete || !this.journal.isShared)) return held;
    return this.reload(merchantId);
  }

  /** As it stands at this moment: where others write, memory may be behind. */
  current(merchantId: string): Promise<MerchantRecord | undefined> {
    return this.journal.isShared ? this.reload(merchantId) : this.find(merchantId);
  }

  /**
   * Reads what there is of the merchant's stream beyond memory. What was heard of meanwhile may be missing from what was
   * read: memory takes in nothing that lacks it, since nobody tells of it again. @throws StoreUnavailableError
   */
  async reload(merchantId: string): Promise<MerchantRecord | undefined> {
    await this.news.fresh();
    for (;;) {
      const record = await this.read(merchantId);
      if ((record?.revision ?? -1) < (this.heard.get(merchantId) ?? -1)) continue;
      if (record) this.keep(record);
      return record;
    }
  }

  private hear(merchantId: string, event: StoredEvent): void {
    this.heard.set(merchantId, event.revision);
    const held = this.records.get(merchantId);
    if (!held || event.revision <= held.revision) return;
    const { revision, position } = event;
    const fact = decode(event).event as MerchantEvent;
    this.keep({ merchant: evolveMerchant(held.merchant, fact), revision, position });
  }

  private async read(merchantId: string): Promise<MerchantRecord | undefined> {
    const held = this.records.get(merchantId);
    const events = await this.journal.read(streams.merchant(merchantId), held && held.revision + 1);
    const merchant = foldMerchant(events, held?.merchant);
    const last = events.at(-1);
    if (!merchant || !last) return held;
    return { merchant, revision: last.revision, position: last.position };
  }

  /** Takes a newer record; an older one, read while a write went on, is passed over. */
  keep(record: MerchantRecord): void {
    const { merchantId } = record.merchant;
    const held = this.records.get(merchantId);
    if (!held || held.revision <= record.revision) this.records.set(merchantId, record);
  }
}

/** A merchant from its stream's events, or from the first of them; from those behind `before`, where that is given. */
export function foldMerchant(
  events: readonly RecordedEvent[],
  before?: Merchant,
): Merchant | undefined {
  return events.reduce<Merchant | undefined>(
    (merchant, { event }) => evolveMerchant(merchant, event as MerchantEvent),
    before,
  );
}
