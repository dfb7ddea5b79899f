import { appealsProjection } from './appeals.projection.js';
import { approvalsProjection } from './approvals.projection.js';
import { booksProjection } from './books.projection.js';
import { batchesProjection } from './batches.projection.js';
import { chargebacksProjection } from './chargebacks.projection.js';
import { daySumsProjection } from './day-sums.projection.js';
import type { Projection } from './projection.js';
import { keysProjection } from './keys.projection.js';
import { merchantsProjection } from './merchants.projection.js';
import { refusalsProjection } from './refusals.projection.js';
import { requestsProjection } from './requests.projection.js';
import { trailProjection } from './trail.projection.js';
import { salesProjection } from './sales.projection.js';
import { settlementsProjection } from './settlements.projection.js';

/**
 * Every view there is. A rebuild deals them out to its threads in turn: in this order those of either thread cost about the
 * same.
 */
export const ALL_PROJECTIONS: readonly Projection[] = [
  booksProjection,
  salesProjection,
  settlementsProjection,
  trailProjection,
  daySumsProjection,
  batchesProjection,
  refusalsProjection,
  requestsProjection,
  approvalsProjection,
  appealsProjection,
  chargebacksProjection,
  merchantsProjection,
  keysProjection,
];

/** @throws Error for a name that no view has */
export function projectionOf(name: string): Projection {
  const found = ALL_PROJECTIONS.find((projection) => projection.name === name);
  if (!found) throw new Error(`there is no view ${name}`);
  return found;
}
