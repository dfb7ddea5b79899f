import type { Views } from '../projections/views.js';

/** Merchants with a batch that has not closed yet: asked of the views when the first needs to know. */
export class UnclosedDates {
  private earliest: ReadonlyMap<string, string> | undefined;

  constructor(private readonly views: Views) {}

  /** Whether a batch of a date before this one is still open or closing: what it settles is due with the rest. */
  has(merchantId: string, date: string): boolean {
    this.earliest ??= this.read();
    const earliest = this.earliest.get(merchantId);
    return earliest !== undefined && earliest < date;
  }

  private read(): Map<string, string> {
    const earliest = new Map<string, string>();
    for (const { merchantId, businessDate } of this.views.batches.live()) {
      const known = earliest.get(merchantId);
      if (known === undefined || businessDate < known) earliest.set(merchantId, businessDate);
    }
    return earliest;
  }
}
