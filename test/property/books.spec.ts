import { expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import {
  type Account,
  ACCOUNTS,
  balanceOf,
  sidesOf,
} from '../../src/accounting/domain/chart-of-accounts.js';
import { postingsOf } from '../../src/accounting/domain/postings.js';
import { toPosition } from '../../src/event-store/event-store.js';
import type { LedgerEvent, RecordedEvent } from '../../src/ledger/domain/ledger-event.js';
import { booksProjection } from '../../src/projections/books.projection.js';
import { type AsOf, BooksView } from '../../src/projections/books.view.js';
import { type Movement, StatementView } from '../../src/projections/statement.view.js';
import { createTables } from '../../src/projections/projection.js';

/** Movements whose times and dates come in any order, as when a clock is set back or a close is late. */
const recorded = fc
  .record({
    type: fc.constantFrom('Sale', 'Void', 'Refund', 'Settled'),
    merchantId: fc.constantFrom('M1', 'M2'),
    currency: fc.constantFrom('EUR', 'JPY'),
    amount: fc.integer({ min: 1, max: 999_999_999_999 }),
    day: fc.integer({ min: 1, max: 4 }),
    minute: fc.integer({ min: 0, max: 59 }),
    feeReturned: fc.boolean(),
  })
  .map(({ type, day, minute, amount, feeReturned, ...books }): LedgerEvent => {
    const date = `2026-03-0${day}`;
    const data = {
      ...books,
      saleId: `${books.merchantId}.T1.000001.000001`,
      request: `${books.merchantId}.T1.000001.000002`,
      terminalId: 'T1',
      batchNo: '000001',
      amount,
      afterSettlement: feeReturned,
      feeReturned: feeReturned ? Math.floor(amount / 100) : 0,
      gross: amount,
      voided: 0,
      refunded: 0,
      fee: Math.floor(amount / 50),
      reserve: Math.floor(amount / 20),
      net: amount - Math.floor(amount / 50) - Math.floor(amount / 20),
      businessDate: date,
      occurredAt: `${date}T10:${String(minute).padStart(2, '0')}:00.000Z`,
    };
    return { type, data } as unknown as LedgerEvent;
  });

const history = fc
  .tuple(
    fc.array(recorded, { maxLength: 40 }),
    fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 40, maxLength: 40 }),
  )
  .map(([events, pages]) => ({
    events: events.map((event, index) => ({
      event,
      position: toPosition(index + 1),
    })) as unknown as RecordedEvent[],
    pages,
  }));

/** The views, built in pages of any size. */
function built(events: readonly RecordedEvent[], pages: readonly number[]): Database.Database {
  const database = new Database(':memory:');
  createTables(database, booksProjection);
  const fold = booksProjection.open(database);
  let from = 0;
  for (const size of pages) {
    fold(events.slice(from, from + size));
    from += size;
  }
  if (from < events.length) fold(events.slice(from));
  return database;
}

/** The same from nothing but the postings, one by one. */
function trialBalance(events: readonly RecordedEvent[]) {
  const sums = new Map<string, bigint>();
  for (const { event } of events) {
    for (const { merchantId, currency, lines } of postingsOf(event)) {
      for (const line of lines) {
        const key = `${merchantId} ${currency} ${line.account}`;
        sums.set(key, (sums.get(key) ?? 0n) + balanceOf(line.account, line));
      }
    }
  }
  return [...sums.keys()]
    .filter((key) => sums.get(key) !== 0n)
    .map((key) => {
      const [merchantId, currency, account] = key.split(' ') as [string, string, Account];
      return { merchantId, currency, account, ...sidesOf(account, sums.get(key) ?? 0n) };
    });
}

const sorted = (accounts: ReturnType<typeof trialBalance>) =>
  accounts
    .map((account) => ({ ...account, order: ACCOUNTS.indexOf(account.account) }))
    .sort((a, b) => (key(a) < key(b) ? -1 : 1));

const key = (account: { merchantId: string; currency: string; order: number }) =>
  `${account.merchantId} ${account.currency} ${String(account.order).padStart(2, '0')}`;

function happened(events: readonly RecordedEvent[], { at, position }: AsOf): RecordedEvent[] {
  return events
    .filter((event) => position === undefined || event.position <= position)
    .filter(({ event }) => at === undefined || Date.parse(event.data.occurredAt) <= at);
}

test('books as of any time and position are what the events up to there come to', () => {
  fc.assert(
    fc.property(
      history,
      fc.option(fc.integer({ min: 0, max: 45 })),
      fc.option(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 59 }))),
      ({ events, pages }, position, time) => {
        const view = new BooksView(built(events, pages));
        const asOf = {
          ...(position !== null && { position: toPosition(position) }),
          ...(time && { at: Date.parse(`2026-03-0${time[0]}T10:00:00Z`) + time[1] * 60_000 }),
        };
        const expected = sorted(trialBalance(happened(events, asOf)));
        expect(sorted(view.trialBalance(asOf))).toEqual(expected);
      },
    ),
    { numRuns: 120 },
  );
});

test('a statement goes from its opening to its closing balance, page by page, date by date', () => {
  fc.assert(
    fc.property(
      history,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 1, max: 9 }),
      ({ events, pages }, fromDay, days, limit) => {
        const view = new StatementView(built(events, pages));
        const [from, to] = [`2026-03-0${fromDay}`, `2026-03-0${fromDay + days}`];
        const query = { merchantId: 'M1', currency: 'EUR', from, to };
        const movements: Movement[] = [];
        let page = view.read({ ...query, limit });
        const { opening, closing } = page;
        movements.push(...page.movements);
        while (page.next !== undefined) {
          page = view.read({ ...query, after: page.next, limit });
          movements.push(...page.movements);
        }

        const own = (name: 'pending' | 'available' | 'reserve', until: string) =>
          events
            .filter(({ event }) => (event.data as { businessDate: string }).businessDate < until)
            .flatMap(({ event }) => postingsOf(event))
            .filter(({ merchantId, currency }) => merchantId === 'M1' && currency === 'EUR')
            .flatMap(({ lines }) => lines.filter(({ account }) => account === `merchant_${name}`))
            .reduce((sum, { debit, credit }) => sum + credit - debit, 0n);
        let balance = opening;
        for (const { change, after, date } of movements) {
          expect(date >= from && date <= to).toBe(true);
          balance = {
            pending: balance.pending + change.pending,
            available: balance.available + change.available,
            reserve: balance.reserve + change.reserve,
          };
          expect(after).toEqual(balance);
        }
        expect(balance).toEqual(closing);
        for (const name of ['pending', 'available', 'reserve'] as const) {
          expect(opening[name]).toBe(own(name, from));
          expect(closing[name]).toBe(own(name, `${to}~`));
        }
      },
    ),
    { numRuns: 120 },
  );
});
