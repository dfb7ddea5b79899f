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
    this.sales = open(SalesView, 'sales');
    this.trail = open(TrailView, 'trail');
    this.batches = open(BatchesView, 'batches');
    this.books = open(BooksView, 'books');
    this.statements = open(StatementView, 'books');
    this.appeals = open(AppealsView, 'appeals');
    this.approvals = open(ApprovalsView, 'approvals');
    this.daySums = open(DaySumsView, 'day-sums');
    this.keys = open(KeysView, 'keys');
    this.refusals = open(RefusalsView, 'refusals');
    this.requests = open(RequestsView, 'requests');
    this.payouts = open(PayoutsView, 'books');
    this.settlements = open(SettlementsView, 'settlements');
  }
}
