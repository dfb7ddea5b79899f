import type { Views } from '../projections/views.js';
import type { BatchItem } from './domain/batch.events.js';

/** A batch's requests that took effect. Both views, `batches` and `sales`, must be as far as is asked for. */
export function itemsOf(batch: string, views: Pick<Views, 'sales' | 'batches'>): BatchItem[] {
  return [...views.sales.items(batch), ...views.batches.items(batch)];
}
