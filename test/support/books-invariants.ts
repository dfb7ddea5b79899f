import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { type Account, balanceOf } from '../../src/accounting/domain/chart-of-accounts.js';
import { Balances } from '../../src/accounting/domain/entries.js';
import { postingsOf } from '../../src/accounting/domain/postings.js';
import { beancount, hledger } from '../../src/accounting/journal-export.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import type { LedgerEvent, RecordedEvent } from '../../src/ledger/domain/ledger-event.js';
import { decode } from '../../src/ledger/event-codec.js';
import type { Views } from '../../src/projections/views.js';
import {
  asBeancountHas,
  asHledgerHas,
  checkedByBeancount,
  checkedByHledger,
} from './journal-balances.js';
import { newFolderInMemory, removeFolder } from './store-folder.js';

type Of<T extends LedgerEvent['type']> = Extract<LedgerEvent, { type: T }>['data'];

interface BookName {
  readonly merchantId: string;
  readonly currency: string;
}

const nameOf = ({ merchantId, currency }: BookName): string => `${merchantId} ${currency}`;

/** What is always true of the books, held against a log and its views. */
export function expectBooks(log: readonly RecordedEvent[], views: Views): void {
  const events = log.map(({ event }) => event);
  const balances = balancesOf(events);
  const shown = views.books
    .trialBalance()
    .map(({ debit, credit, ...account }) => ({ ...account, sum: debit - credit }));
  const order = (all: typeof shown) => [...all].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  expect(order(shown)).toEqual(order(balances.filter(({ sum }) => sum !== 0n)));
  const books = new Map(balances.map((book) => [nameOf(book), book]));
  for (const book of books.values()) {
    const mine = balances.filter((each) => nameOf(each) === nameOf(book));
    expect(mine.reduce((total, { sum }) => total + sum, 0n)).toBe(0n);
    const held = (account: Account): bigint => {
      const sum = mine.find((each) => each.account === account)?.sum ?? 0n;
      return balanceOf(account, { debit: sum, credit: 0n });
    };
    expectPayouts(events, book, held);
    expectReserve(events, book, held('merchant_reserve'));
    const { closing } = views.statements.read({ ...book, limit: 1 });
    expect(closing).toEqual({
      pending: held('merchant_pending'),
      available: held('merchant_available'),
      reserve: held('merchant_reserve'),
    });
  }
}

const keyOf = (account: BookName & { readonly account: string }): string =>
  `${nameOf(account)} ${account.account}`;

function balancesOf(events: readonly LedgerEvent[]) {
  const balances = new Balances();
  for (const event of events) for (const posting of postingsOf(event)) balances.add(posting);
  return balances.all();
}

function ofBook<
  T extends 'PayoutSent' | 'PayoutPaid' | 'PayoutReturned' | 'Settled' | 'ReserveReleased',
>(events: readonly LedgerEvent[], type: T, book: BookName): Of<T>[] {
  return events.flatMap((event) => {
    const data = event.data as Of<T>;
    return event.type === type && nameOf(data) === nameOf(book) ? [data] : [];
  });
}

const total = (facts: readonly { readonly amount: string }[]): bigint =>
  facts.reduce((sum, { amount }) => sum + BigInt(amount), 0n);

/** Numbered without gaps, and each in one place: under way, at the merchant's, or back. */
function expectPayouts(
  events: readonly LedgerEvent[],
  book: BookName,
  held: (account: Account) => bigint,
): void {
  const sent = ofBook(events, 'PayoutSent', book);
  const paid = ofBook(events, 'PayoutPaid', book);
  const returned = ofBook(events, 'PayoutReturned', book);
  expect(sent.map(({ number }) => number)).toEqual(sent.map((_, index) => index + 1));
  for (const { amount } of sent) expect(BigInt(amount) > 0n).toBe(true);
  const backLate = returned.filter(({ afterPaid }) => afterPaid);
  const underWay = total(sent) - total(paid) - total(returned) + total(backLate);
  expect(held('payout_in_transit')).toBe(underWay);
  const received = events.flatMap((event) =>
    event.type === 'AcquirerPaid' && event.data.currency === book.currency
      ? event.data.lines.filter(({ merchantId }) => merchantId === book.merchantId)
      : [],
  );
  expect(held('settlement_bank')).toBe(total(received) - total(paid) + total(backLate));
}

/** What was held back of settlements and not yet released, of each date on its own. */
function expectReserve(events: readonly LedgerEvent[], book: BookName, held: bigint): void {
  const byDate = new Map<string, bigint>();
  const move = (date: string, amount: bigint): void => {
    byDate.set(date, (byDate.get(date) ?? 0n) + amount);
  };
  for (const { reserve, reserveUntil = '' } of ofBook(events, 'Settled', book)) {
    move(reserveUntil, BigInt(reserve));
  }
  for (const { heldUntil, amount } of ofBook(events, 'ReserveReleased', book)) {
    move(heldUntil, -BigInt(amount));
  }
  for (const rest of byDate.values()) expect(rest >= 0n).toBe(true);
  expect([...byDate.values()].reduce((sum, rest) => sum + rest, 0n)).toBe(held);
}

/** hledger and Beancount find the log's journals sound, with the balances that the postings have. */
export async function expectSoundJournals(store: EventStore): Promise<void> {
  const folder = newFolderInMemory();
  const events: LedgerEvent[] = [];
  for await (const page of store.pages()) events.push(...page.map((one) => decode(one).event));
  const written = async (name: string, format: typeof hledger) => {
    let text = '';
    for await (const part of format(store.pages())) text += part;
    const file = join(folder, name);
    writeFileSync(file, text);
    return { file, text };
  };
  const held = balancesOf(events);
  const journal = await written('books.journal', hledger);
  expect(checkedByHledger(journal.file)).toEqual(asHledgerHas(held));
  const { file, text } = await written('books.beancount', beancount);
  expect(checkedByBeancount(file, text)).toEqual(asBeancountHas(held));
  removeFolder(folder);
}
