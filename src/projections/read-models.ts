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

/** Gives a connection that reads the tables of the views named. */
export type OpenViews = (...names: string[]) => Database.Database;

/** Every read model, each on the views whose tables it reads. */
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

  constructor(open: OpenViews) {
    this.sales = new SalesView(open('sales'));
    this.trail = new TrailView(open('trail'));
    this.batches = new BatchesView(open('batches', 'sales'));
    this.books = new BooksView(open('books'));
    this.statements = new StatementView(open('books'));
    this.appeals = new AppealsView(open('appeals'));
    this.approvals = new ApprovalsView(open('approvals'));
    this.daySums = new DaySumsView(open('day-sums'));
    this.keys = new KeysView(open('keys'));
    this.refusals = new RefusalsView(open('refusals'));
    this.requests = new RequestsView(open('requests'));
    this.payouts = new PayoutsView(open('books'));
    this.settlements = new SettlementsView(open('settlements'));
  }
}
