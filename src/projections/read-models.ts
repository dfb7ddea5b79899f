import type Database from 'better-sqlite3';
import { AppealsView } from './appeals.view.js';
import { ApprovalsView } from './approvals.view.js';
import { BatchesView } from './batches.view.js';
import { BooksView } from './books.view.js';
import { ChargebacksView } from './chargebacks.view.js';
import { DaySumsView } from './day-sums.view.js';
import { KeysView } from './keys.view.js';
import { MerchantsView } from './merchants.view.js';
import { RefusalsView } from './refusals.view.js';
import { RequestsView } from './requests.view.js';
import { PayoutsView } from './payouts.view.js';
import { SalesView } from './sales.view.js';
import { SettlementsView } from './settlements.view.js';
import { TrailView } from './trail.view.js';
import { StatementView } from './statement.view.js';

/** Every read model, and the view whose tables it reads. */
export const MODELS = {
  sales: { Model: SalesView, view: 'sales' },
  trail: { Model: TrailView, view: 'trail' },
  batches: { Model: BatchesView, view: 'batches' },
  books: { Model: BooksView, view: 'books' },
  statements: { Model: StatementView, view: 'books' },
  appeals: { Model: AppealsView, view: 'appeals' },
  approvals: { Model: ApprovalsView, view: 'approvals' },
  chargebacks: { Model: ChargebacksView, view: 'chargebacks' },
  daySums: { Model: DaySumsView, view: 'day-sums' },
  keys: { Model: KeysView, view: 'keys' },
  merchants: { Model: MerchantsView, view: 'merchants' },
  refusals: { Model: RefusalsView, view: 'refusals' },
  requests: { Model: RequestsView, view: 'requests' },
  payouts: { Model: PayoutsView, view: 'books' },
  settlements: { Model: SettlementsView, view: 'settlements' },
} as const;

/** What can be asked of the views, by name. */
export type ReadModels = {
  readonly [N in keyof typeof MODELS]: InstanceType<(typeof MODELS)[N]['Model']>;
};

/** Makes a model that reads the tables of the view named. */
export type OpenModel = (
  Model: new (database: Database.Database) => object,
  view: string,
) => object;

/** Makes every read model, each by `open`. */
export function openModels(open: OpenModel): ReadModels {
  const models = Object.entries(MODELS).map(([name, { Model, view }]) => [name, open(Model, view)]);
  return Object.fromEntries(models) as ReadModels;
}
