import type Database from 'better-sqlite3';
import { AppealsView } from './appeals.view.js';
import { ApprovalsView } from './approvals.view.js';
import { BatchesView } from './batches.view.js';
import { BooksView } from './books.view.js';
import { DaySumsView } from './day-sums.view.js';
import { KeysView } from './keys.view.js';
import { RefusalsView } from './refusals.view.js';
import { RequestsView } from './requests.view.js';
import { PayoutsView } from './payouts.view.js';
import { SalesView } from './sales.view.js';
import { SettlementsView } from './settlements.view.js';
import { TrailView } from './trail.view.js';
import { StatementView } from './statement.view.js';

/** Makes a model that reads the tables of the view named. */
export type OpenModel = <M extends object>(
  Model: new (database: Database.Database) => M,
  view: string,
) => M;

/** The view whose tables each reads. */
export const VIEW_OF = {
  sales: 'sales',
  trail: 'trail',
  batches: 'batches',
  books: 'books',
  statements: 'books',
  appeals: 'appeals',
  approvals: 'approvals',
  daySums: 'day-sums',
  keys: 'keys',
  refusals: 'refusals',
  requests: 'requests',
  payouts: 'books',
  settlements: 'settlements',
} as const satisfies Record<keyof ReadModels, string>;

/** Every read model, each on the view whose tables it reads. */
export class ReadModels {
  readonly sales: SalesView;
  readonly trail: TrailView;
  readonly batches: BatchesView;
  readonly books: BooksView;
  readonly statements: StatementView;
  readonly appeals: AppealsView;
  readonly approvals: ApprovalsView;
  readonly daySums: DaySumsView;
  readonly keys: KeysView;
  readonly refusals: RefusalsView;
  readonly requests: RequestsView;
  readonly payouts: PayoutsView;
  readonly settlements: SettlementsView;

  constructor(open: OpenModel) {
    this.sales = open(SalesView, VIEW_OF.sales);
    this.trail = open(TrailView, VIEW_OF.trail);
    this.batches = open(BatchesView, VIEW_OF.batches);
    this.books = open(BooksView, VIEW_OF.books);
    this.statements = open(StatementView, VIEW_OF.statements);
    this.appeals = open(AppealsView, VIEW_OF.appeals);
    this.approvals = open(ApprovalsView, VIEW_OF.approvals);
    this.daySums = open(DaySumsView, VIEW_OF.daySums);
    this.keys = open(KeysView, VIEW_OF.keys);
    this.refusals = open(RefusalsView, VIEW_OF.refusals);
    this.requests = open(RequestsView, VIEW_OF.requests);
    this.payouts = open(PayoutsView, VIEW_OF.payouts);
    this.settlements = open(SettlementsView, VIEW_OF.settlements);
  }
}
