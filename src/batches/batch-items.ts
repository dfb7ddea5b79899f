import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import { streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import type { Views } from '../projections/views.js';
import type { BatchItem } from './domain/batch.events.js';

/**
 * A batch's requests that took effect, as its close finds or found them: none of the sales that slipped in behind it, and
 * those that were reversed since. Both views, `batches` and `sales`, must be as far as is asked for.
 * @param events of the batch's own stream
 */
export async function itemsOf(
  batch: string,
  [requested, closed]: readonly RecordedEvent[],
  { views, journal }: { readonly views: Views; readonly journal: Journal },
): Promise<BatchItem[]> {
  const items: BatchItem[] = [];
  for (const { stan, amount, isReversed } of views.sales.items(batch, requested?.position ?? '')) {
    const isOfClose =
      !isReversed || (closed && (await stoodAt(closed, `${batch}.${stan}`, journal)));
    if (isOfClose) items.push({ stan, kind: 'sale', amount });
  }
  return [...items, ...views.batches.items(batch)];
}

/** Whether a sale that is reversed was so only behind the close. */
async function stoodAt(closed: RecordedEvent, saleId: string, journal: Journal): Promise<boolean> {
  const events = await journal.read(streams.request(saleId));
  const reversal = events.find(
    ({ event }) => event.type === 'Reversal' && event.data.undone === 'sale',
  );
  return reversal !== undefined && reversal.position > closed.position;
}
