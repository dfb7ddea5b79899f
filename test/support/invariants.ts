import { expect } from '@jest/globals';
import Database from 'better-sqlite3';
import { postingsOf } from '../../src/accounting/domain/postings.js';
import type { SettledSums, StoredTotals } from '../../src/batches/domain/batch.events.js';
import { trustedPages } from '../../src/event-store/checked-page.js';
import type { LedgerEvent, RecordedEvent } from '../../src/ledger/domain/ledger-event.js';
import { batchName } from '../../src/ledger/domain/request-name.js';
import { ALL_PROJECTIONS } from '../../src/projections/all-projections.js';
import type { Projection } from '../../src/projections/projection.js';
import { liveGeneration, viewFile } from '../../src/projections/view-file.js';
import { Views } from '../../src/projections/views.js';
import { evolveSale, held, remaining, type Sale, statusOf } from '../../src/sales/domain/sale.js';
import type { SaleEvent } from '../../src/sales/domain/sale.events.js';
import { foldSale } from '../../src/sales/recorded-sale.js';
import { expectBooks } from './books-invariants.js';
import { newFolderInMemory, removeFolder } from './store-folder.js';
import type { TestLedger } from './test-ledger.js';
import { faultsOf } from './verified-log.js';

type Recorded<T extends LedgerEvent['type']> = RecordedEvent & {
  readonly event: Extract<LedgerEvent, { type: T }>;
};

/** Whatever docs/domain.md says is always true, held against a log and its views. */
export async function expectInvariants(ledger: TestLedger): Promise<void> {
  await ledger.caughtUp();
  const log = await ledger.log();
  const streams = streamsOf(log);
  const sales = [...streams.values()].flatMap((events) => foldSale(events)?.sale ?? []);
  expectUnbroken(streams);
  expectBalancedPostings(log);
  expect(await faultsOf(trustedPages(ledger.store))).toEqual([]);
  for (const sale of sales) expectLegal(sale, streams.get(`sale-${sale.data.saleId}`) ?? []);
  expectEffectsOfRequests(log);
  // Where there may be other nodes, what slips in behind a close is for `verify` to judge.
  if (!ledger.store.isShared) expectClosedBatches(log, sales);
  expectPending(ledger.views, sales);
  expectBooks(log, ledger.views);
  expectListed(ledger.views, sales);
  expectClosedListed(ledger.views, log);
  await expectSameRebuilt(ledger);
}

const OUTCOMES: readonly string[] = ['Void', 'Refund', 'Refused', 'ApprovalDeclined'];

function streamsOf(log: readonly RecordedEvent[]): Map<string, RecordedEvent[]> {
  const streams = new Map<string, RecordedEvent[]>();
  for (const event of log) {
    const events = streams.get(event.stream);
    if (events) events.push(event);
    else streams.set(event.stream, [event]);
  }
  return streams;
}

function expectUnbroken(streams: ReadonlyMap<string, readonly RecordedEvent[]>): void {
  for (const events of streams.values()) {
    expect(events.map(({ revision }) => revision)).toEqual(events.map((_, index) => index));
  }
}

function expectBalancedPostings(log: readonly RecordedEvent[]): void {
  for (const { event } of log) {
    for (const { lines } of postingsOf(event)) {
      expect(lines.reduce((sum, { debit, credit }) => sum + debit - credit, 0n)).toBe(0n);
    }
  }
}

/** A sale gives back no more than it took, settles once, and is not voided after that or after a refund. */
function expectLegal(sale: Sale, events: readonly RecordedEvent[]): void {
  expect(sale.voided + sale.refunded + sale.chargedBack).toBeLessThanOrEqual(sale.data.amount);
  expectHeldUnspent(events);
  const types = events.map(({ event }) => event.type);
  expect(types.filter((type) => type === 'Settled').length).toBeLessThanOrEqual(1);
  const isStanding = ({ event }: RecordedEvent): boolean =>
    event.type === 'Settled' ||
    (event.type === 'Refund' && !sale.undone.includes(event.data.request));
  const end = events.findIndex(isStanding);
  if (end >= 0) expect(types.slice(end)).not.toContain('Void');
  const { settlement } = sale;
  if (!settlement) return;
  const { gross, voided, refunded, fee, reserve, net } = settlement;
  expect(gross).toBe(sale.data.amount);
  expect(net + fee + reserve).toBe(gross - voided - refunded);
  expect(net + fee + reserve).toBe(remaining(sale) + sale.refundedSettled + sale.chargedBack);
  expect(sale.feeReturned).toBeLessThanOrEqual(fee);
  if (sale.refundedSettled === net + fee + reserve && sale.feeReturned > 0) {
    expect(sale.feeReturned).toBe(fee);
  }
}

/** What waits for an approval is voided or refunded by nobody else, at any moment; a chargeback asks nobody. */
function expectHeldUnspent(events: readonly RecordedEvent[]): void {
  let sale: Sale | undefined;
  for (const { event } of events) {
    sale = evolveSale(sale, event as SaleEvent);
    if (sale)
      expect(sale.voided + sale.refunded + held(sale)).toBeLessThanOrEqual(sale.data.amount);
  }
}

/** A request has one effect or one refusal, never both, and nothing without its name. */
function expectEffectsOfRequests(log: readonly RecordedEvent[]): void {
  const outcomes = new Map<string, string[]>();
  for (const { event } of log) {
    if (!('request' in event.data) || !OUTCOMES.includes(event.type)) continue;
    const { request } = event.data;
    outcomes.set(request, [...(outcomes.get(request) ?? []), event.type]);
  }
  const taken = log.flatMap(({ event }) =>
    event.type === 'RequestTaken' ? [event.data.request] : [],
  );
  expect(new Set(taken).size).toBe(taken.length);
  for (const [request, types] of outcomes) {
    expect([request, types]).toEqual([request, [expect.any(String)]]);
    if (types[0] !== 'Refused') expect(taken).toContain(request);
  }
}

/** What was closed is as its events say, and nothing of it came later. */
function expectClosedBatches(log: readonly RecordedEvent[], sales: readonly Sale[]): void {
  for (const closed of ofType(log, 'BatchClosed')) {
    const name = batchName(closed.event.data);
    const mine = log.filter(
      ({ event }) => 'batchNo' in event.data && batchName(event.data) === name,
    );
    const [request] = ofType(mine, 'BatchCloseRequested');
    const undone = ofType(log, 'Reversal')
      .filter(({ position }) => position < closed.position)
      .map(({ event }) => event.data.of);
    const stands = ({ request }: { readonly request: string }): boolean =>
      !undone.includes(request);
    const sold = ofType(mine, 'Sale').filter(({ event }) => !undone.includes(event.data.saleId));
    const voids = ofType(mine, 'Void').filter(({ event }) => stands(event.data));
    const refunds = ofType(mine, 'Refund').filter(({ event }) => stands(event.data));
    // One that was put back since may settle alone: no close counts it.
    const settled = ofType(mine, 'Settled').filter(
      ({ event, position }) => event.data.kind === 'batch' || position < closed.position,
    );
    expect(request).toBeDefined();
    for (const { position } of sold) expect(position < (request?.position ?? '')).toBe(true);
    for (const { position } of [...voids, ...refunds, ...settled]) {
      expect(position < closed.position).toBe(true);
    }
    const totals: StoredTotals = {
      saleCount: sold.length,
      saleAmount: sum(sold.map(({ event }) => event.data.amount)),
      voidCount: voids.length,
      voidAmount: sum(voids.map(({ event }) => event.data.amount)),
      refundCount: refunds.length,
      refundAmount: sum(refunds.map(({ event }) => event.data.amount)),
    };
    const { currency } = closed.event.data;
    const summed = settled.map(({ event }) => event.data).filter((of) => of.currency === currency);
    const sums: SettledSums = {
      count: summed.length,
      amount: sum(summed.map(({ net, fee, reserve }) => net + fee + reserve)),
      fee: sum(summed.map(({ fee }) => fee)),
      reserve: sum(summed.map(({ reserve }) => reserve)),
      net: sum(summed.map(({ net }) => net)),
    };
    expect(closed.event.data).toMatchObject({ totals, settled: sums });
    const open = sales.filter((sale) => batchName(sale.data) === name && statusOf(sale) === 'open');
    // What a reversal has put back since settles with the terminal's next close.
    const shut = open.filter(({ undone: requests }) => requests.length === 0);
    expect(shut.map(({ data }) => data.saleId)).toEqual([]);
  }
}

function ofType<T extends LedgerEvent['type']>(
  log: readonly RecordedEvent[],
  type: T,
): Recorded<T>[] {
  return log.filter(({ event }) => event.type === type) as Recorded<T>[];
}

/** Of what may come to more than 2^53. */
function sum(amounts: readonly number[]): string {
  return String(amounts.reduce((total, amount) => total + BigInt(amount), 0n));
}

/** merchant_pending is what is left of sales that have not settled. */
function expectPending(views: Views, sales: readonly Sale[]): void {
  const pending = new Map<string, bigint>();
  for (const sale of sales) {
    const key = `${sale.data.merchantId} ${sale.data.currency}`;
    const left = sale.settlement ? 0n : BigInt(remaining(sale));
    pending.set(key, (pending.get(key) ?? 0n) + left);
  }
  const merchants = new Set(sales.map(({ data }) => data.merchantId));
  const shown = [...merchants].flatMap((merchantId) =>
    views.books
      .balances(merchantId)
      .map(({ currency, pending: held }) => [`${merchantId} ${currency}`, held] as const),
  );
  const withMoney = (all: Iterable<readonly [string, bigint]>) =>
    new Map([...all].filter(([, amount]) => amount !== 0n));
  expect(withMoney(shown)).toEqual(withMoney(pending));
}

/** The list shows every sale as its stream has it. */
function expectListed(views: Views, sales: readonly Sale[]): void {
  for (const sale of sales) {
    expect(views.sales.find(sale.data.saleId)).toMatchObject({
      status: statusOf(sale),
      voided: sale.voided,
      refunded: sale.refunded,
      held: held(sale),
      revision: sale.revision,
      net: sale.settlement?.net ?? null,
    });
  }
}

/** The list shows every closed batch as its close found it, whatever has become of its sales since. */
function expectClosedListed({ batches }: Views, log: readonly RecordedEvent[]): void {
  for (const { event } of ofType(log, 'BatchClosed')) {
    const { merchantId, totals, settled } = event.data;
    const name = batchName(event.data);
    const { batches: listed } = batches.list({ merchantId, limit: 10_000 });
    const own = listed.find((each) => batchName(each) === name);
    expect(own).toMatchObject({ status: 'closed', totals, settled });
  }
}

/** Views that are built from nothing hold the same rows. */
export async function expectSameRebuilt({ store, viewsDir }: TestLedger): Promise<void> {
  const rebuiltDir = newFolderInMemory();
  const rebuilt = await Views.open({ viewsDir: rebuiltDir, eventStoreUrl: '', store });
  await rebuilt.waitFor(await store.head(), undefined, 60_000);
  const rows = ALL_PROJECTIONS.map((projection) => rowsOf(rebuiltDir, projection));
  await rebuilt.close();
  removeFolder(rebuiltDir);
  expect(rows).toEqual(ALL_PROJECTIONS.map((projection) => rowsOf(viewsDir, projection)));
}

/** Every row of every table of a view, as text. */
function rowsOf(viewsDir: string, projection: Projection): string[] {
  const generation = liveGeneration(viewsDir, projection);
  if (generation === undefined) throw new Error(`view ${projection.name} has no file`);
  const database = new Database(viewFile(viewsDir, projection.name, generation), {
    readonly: true,
  });
  try {
    return Object.keys(projection.tables).flatMap((table) =>
      (database.prepare(`SELECT * FROM "${table}"`).safeIntegers().raw().all() as unknown[][])
        .map((row) => `${table}: ${row.map(String).join(' | ')}`)
        .sort(),
    );
  } finally {
    database.close();
  }
}
