import type Database from 'better-sqlite3';
import { BalancesView } from './balances.view.js';
import { BatchesView } from './batches.view.js';
import { SalesView } from './sales.view.js';

/** Gives a connection that reads the tables of the views named. */
export type OpenViews = (...names: string[]) => Database.Database;

/** Every read model, each on the views whose tables it reads. */
export class ReadModels {
  readonly sales: SalesView;
  readonly batches: BatchesView;
  readonly balances: BalancesView;

  constructor(open: OpenViews) {
    this.sales = new SalesView(open('sales'));
    this.batches = new BatchesView(open('batches', 'sales'));
    this.balances = new BalancesView(open('balances'));
  }
}
