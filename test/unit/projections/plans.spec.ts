import { afterAll, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { AppealsView } from '../../../src/projections/appeals.view.js';
import { ApprovalsView } from '../../../src/projections/approvals.view.js';
import { BatchesView } from '../../../src/projections/batches.view.js';
import { ChargebacksView } from '../../../src/projections/chargebacks.view.js';
import { MerchantsView } from '../../../src/projections/merchants.view.js';
import { PayoutsView } from '../../../src/projections/payouts.view.js';
import { projectionOf } from '../../../src/projections/all-projections.js';
import { createTables } from '../../../src/projections/projection.js';
import { type RefusalsQuery, RefusalsView } from '../../../src/projections/refusals.view.js';
import { SettlementsView } from '../../../src/projections/settlements.view.js';

const databases: Database.Database[] = [];

afterAll(() => {
  for (const database of databases) database.close();
});

/** How SQLite goes about each statement that is prepared while a list is asked for. */
function plansOf<V>(
  view: string,
  View: new (database: Database.Database) => V,
  ask: (view: V) => unknown,
  isAsked = (sql: string): boolean => sql.includes('@limit'),
): string[] {
  const database = new Database(':memory:');
  databases.push(database);
  createTables(database, projectionOf(view));
  const plans: string[] = [];
  const prepare = database.prepare.bind(database) as (sql: string) => Database.Statement;
  database.prepare = ((sql: string) => {
    if (isAsked(sql)) plans.push(planOf(prepare, sql));
    return prepare(sql);
  }) as typeof database.prepare;
  ask(new View(database));
  return plans;
}

function planOf(prepare: (sql: string) => Database.Statement, sql: string): string {
  const names = [...sql.matchAll(/@(\w+)/g)].map(([, name]) => [name, null] as const);
  const places = [...sql.matchAll(/\?/g)].map(() => null);
  const given = names.length > 0 ? [Object.fromEntries(names)] : places;
  const steps = prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...given) as { detail: string }[];
  return steps.map(({ detail }) => detail).join('\n');
}

/** What is read from its beginning, or sorted as a whole, however little of it is asked for. */
const WHOLE = /^SCAN|TEMP B-TREE FOR ORDER BY/m;

describe('a page of a list is read by an index, from where it begins', () => {
  test('of settlements, and of what the acquirer owes and has paid', () => {
    const isPage = (sql: string) =>
      /ORDER BY (businessDate, (terminalId|merchantId)|receivedOn)/.test(sql);
    const plans = plansOf('settlements', SettlementsView, () => undefined, isPage);
    expect(plans).toHaveLength(4);
    expect(plans.filter((plan) => WHOLE.test(plan))).toEqual([]);
    expect(plans.join('\n')).toMatch(/\(businessDate,terminalId,batchNo,currency\)>/);
    expect(plans.join('\n')).toMatch(/\(businessDate,merchantId,currency\)>/);
    expect(plans.join('\n')).toMatch(/\(receivedOn,paymentId\)>/);
  });

  test('of approvals, appeals, chargebacks and payouts, whatever they are asked for by', () => {
    const [merchantId, limit] = ['M', 10];
    const choices = <F extends object>(...filters: F[]): F[] =>
      filters.reduce<F[]>(
        (all, filter) => [...all, ...all.map((one) => ({ ...one, ...filter }))],
        [{} as F],
      );
    const plans = [
      ...plansOf('approvals', ApprovalsView, (view) => {
        for (const asked of choices<object>({ merchantId }, { status: 'awaiting' }))
          view.list({ ...asked, limit });
      }),
      ...plansOf('appeals', AppealsView, (view) => {
        for (const asked of choices<object>({ merchantId }, { status: 'open' }, { saleId: 'S' }))
          view.list({ ...asked, limit });
      }),
      ...plansOf('chargebacks', ChargebacksView, (view) => {
        for (const asked of choices<object>({ merchantId }, { status: 'open' }, { saleId: 'S' }))
          view.list({ ...asked, limit });
      }),
      ...plansOf('books', PayoutsView, (view) => {
        for (const asked of choices<object>(
          { merchantId },
          { status: 'sent' },
          { date: '2026-11-30' },
        ))
          view.list({ ...asked, limit });
      }),
    ];
    expect(plans).toHaveLength(4 + 8 + 8 + 8);
    expect(plans.filter((plan) => WHOLE.test(plan))).toEqual([]);
    expect(plans.join('\n')).toMatch(/approvals_by_status \(status=\? AND rowid>\?\)/);
    expect(plans.join('\n')).toMatch(/payouts_of_merchant \(merchantId=\? AND /);
  });

  test('of merchants, and of a merchant’s batches, also of one status', () => {
    const plans = [
      ...plansOf('merchants', MerchantsView, (view) => view.list({ limit: 10 })),
      ...plansOf('batches', BatchesView, (view) => {
        for (const status of [undefined, 'open'] as const)
          view.list({ merchantId: 'M', status, limit: 10 });
      }),
    ];
    expect(plans).toHaveLength(3);
    expect(plans.filter((plan) => WHOLE.test(plan))).toEqual([]);
    expect(plans.join('\n')).toMatch(/by_status \(status=\? AND name>\?/);
  });

  test('what is due of those that wait is found without reading all that wait', () => {
    const plans = plansOf(
      'approvals',
      ApprovalsView,
      () => undefined,
      () => true,
    );
    expect(plans).toHaveLength(1);
    expect(plans.filter((plan) => /^SCAN|SCAN approvals/m.test(plan))).toEqual([]);
  });

  test('of a report of refusals nothing is read but its merchant, or its dates', () => {
    const plans = (query: RefusalsQuery): string[] =>
      plansOf(
        'refusals',
        RefusalsView,
        (view) => view.report(query),
        () => true,
      );
    const ofMerchant = plans({ merchantId: 'M', from: '2026-11-30' });
    const ofDates = plans({ from: '2026-11-30', to: '2026-11-30' });
    expect(ofMerchant.filter((plan) => !/\(merchantId=\? AND date>\?/.test(plan))).toEqual([]);
    expect(ofDates.filter((plan) => !/_by_date \(date>\? AND date<\?\)/.test(plan))).toEqual([]);
    expect([ofMerchant.length, ofDates.length]).toEqual([7, 7]);
  });
});
