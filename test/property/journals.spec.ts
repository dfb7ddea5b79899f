import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { Balances } from '../../src/accounting/domain/entries.js';
import { postingsOf } from '../../src/accounting/domain/postings.js';
import { beancount, csv, hledger } from '../../src/accounting/journal-export.js';
import type { ExportFormat } from '../../src/audit/export.js';
import { type StoredEvent, toPosition } from '../../src/event-store/event-store.js';
import type { LedgerEvent } from '../../src/ledger/domain/ledger-event.js';
import { encode } from '../../src/ledger/event-codec.js';
import {
  asBeancountHas,
  asHledgerHas,
  checkedByBeancount,
  checkedByHledger,
  run,
} from '../support/journal-balances.js';
import { has } from '../support/programs.js';
import { newFolder } from '../support/store-folder.js';

/** Currencies with 2, 0, 3 and 4 digits after the point. */
const CURRENCIES = ['EUR', 'JPY', 'BHD', 'CLF'];

const TYPES = [
  'Sale',
  'Void',
  'Refund',
  'Settled',
  'BatchClosed',
  'ChargebackOpened',
  'ChargebackWon',
  'PayoutSent',
  'PayoutPaid',
  'PayoutReturned',
  'ReserveReleased',
  'WrittenOff',
  'AcquirerPaid',
] as const;

/** Each fact on its own: the books must balance whatever comes after what. */
const fact = fc
  .record({
    type: fc.constantFrom(...TYPES),
    merchantId: fc.constantFrom('M1', 'shop2'),
    currency: fc.constantFrom(...CURRENCIES),
    amount: fc.integer({ min: 1, max: 999_999_999_999 }),
    day: fc.integer({ min: 1, max: 9 }),
    isLate: fc.boolean(),
  })
  .map(({ type, merchantId, currency, amount, day, isLate }): LedgerEvent => {
    const businessDate = `2026-03-0${day}`;
    const share = Math.floor(amount / 50);
    const isText = /^(Payout|Reserve|Written)/.test(type);
    const data = {
      ...{ merchantId, currency, businessDate, terminalId: 'T1', batchNo: '000001' },
      ...{ amount: isText ? String(amount) : amount, fee: share, feeReturned: share },
      ...{ saleId: `${merchantId}.T1.000001.000001`, request: `${merchantId}.T1.000001.000002` },
      ...{ businessDateEndsAt: `${businessDate}T23:00:00.000Z`, card: {}, afterSettlement: isLate },
      ...{ gross: amount, voided: 0, refunded: 0, reserve: share, net: amount - 2 * share },
      ...{ totals: {}, settled: {}, reconciliation: 'not-sent', afterPaid: isLate, reason: 'x' },
      refunds: [{ currency, amount: String(amount) }],
      ...{
        chargebackId: 'CB1',
        payoutId: `${merchantId}.${currency}.1`,
        number: 1,
        writeOffId: 'W1',
      },
      ...{ date: businessDate, heldUntil: businessDate, paymentId: 'P1', receivedOn: businessDate },
      lines: [
        {
          merchantId,
          businessDate,
          amount: String(isLate ? -amount : amount),
          schemeCost: String(share),
        },
      ],
      occurredAt: `${businessDate}T10:00:00.000Z`,
    };
    return { type, data } as unknown as LedgerEvent;
  });

function stored(events: readonly LedgerEvent[]): StoredEvent[] {
  const by = { kind: 'ledger' } as const;
  return events.map((event, index) => ({
    ...encode(event, { request: `r${index}`, by, recordedAt: event.data.occurredAt }),
    position: toPosition(index + 1),
    stream: 'sale-x',
    revision: index,
  }));
}

async function text(format: ExportFormat, events: readonly LedgerEvent[]): Promise<string> {
  const all = stored(events);
  const pages = (async function* () {
    await Promise.resolve();
    yield all.slice(0, 7);
    yield all.slice(7);
  })();
  let made = '';
  for await (const part of format(pages)) made += part;
  return made;
}

function balancesOf(events: readonly LedgerEvent[]) {
  const balances = new Balances();
  for (const event of events) for (const posting of postingsOf(event)) balances.add(posting);
  return balances.all();
}

function file(name: string, content: string): string {
  const path = join(newFolder(), name);
  writeFileSync(path, content);
  return path;
}

const histories = fc.array(fact, { minLength: 1, maxLength: 60 });

if (has('hledger')) {
  test('hledger finds the journal sound, and each balance ours to the minor unit', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (events) => {
        const journal = file('books.journal', await text(hledger, events));
        expect(checkedByHledger(journal)).toEqual(asHledgerHas(balancesOf(events)));
      }),
      { numRuns: 15 },
    );
  });
}

if (has('bean-check')) {
  test('Beancount finds the journal sound with each balance asserted exactly, and unsound with one unit more', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (events) => {
        const journal = await text(beancount, events);
        const path = file('books.beancount', journal);
        expect(checkedByBeancount(path, journal)).toEqual(asBeancountHas(balancesOf(events)));
        const wrong = journal.replace(
          / balance (\S+) {2}(-?[\d.]*)(\d) ~ 0/,
          (_all, name, front, digit) => {
            const other = (Number(digit) + 1) % 10;
            return ` balance ${String(name)}  ${String(front)}${other} ~ 0`;
          },
        );
        expect(() => run('bean-check', file('wrong.beancount', wrong))).toThrow();
      }),
      { numRuns: 5 },
    );
  });
}

test('the CSV has every line, and its debits equal its credits in each currency', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (events) => {
      const rows: Record<string, string>[] = parse(await text(csv, events), { columns: true });
      expect(rows).toHaveLength(events.flatMap(postingsOf).flatMap(({ lines }) => lines).length);
      for (const currency of CURRENCIES) {
        const mine = rows.filter((row) => row['currency'] === currency);
        const sum = (side: string) =>
          mine.reduce((total, row) => total + BigInt(row[side] ?? 0), 0n);
        expect(sum('debit')).toBe(sum('credit'));
      }
    }),
    { numRuns: 50 },
  );
});
