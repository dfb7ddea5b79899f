import { describe, expect, test } from '@jest/globals';
import {
  balanceOf,
  CHART_OF_ACCOUNTS,
  sidesOf,
} from '../../../src/accounting/domain/chart-of-accounts.js';
import { Balances } from '../../../src/accounting/domain/entries.js';
import { type Posting, posting, type PostingKind } from '../../../src/accounting/domain/posting.js';
import { postingsOf } from '../../../src/accounting/domain/postings.js';
import type { LedgerEvent } from '../../../src/ledger/domain/ledger-event.js';
import type { ReversalData } from '../../../src/sales/domain/sale.events.js';
import {
  batchClosed,
  closeRequested,
  refunded,
  sale,
  settledWith,
  voided,
} from '../../support/facts.js';
import { of } from '../../support/specification.js';

/** A posting as one line of text a side. */
function linesOf(posting: Posting): string[] {
  return posting.lines.map(({ account, debit, credit }) =>
    debit > 0n ? `${account} ${debit}` : `  ${account} ${credit}`,
  );
}

const FACT = {
  merchantId: 'M1',
  currency: 'CNY',
  businessDate: '2026-11-24',
  occurredAt: '2026-11-24T15:00:00.000Z',
};
const heldUntil = '2026-11-23';

const posted = (event: LedgerEvent): string[][] => postingsOf(event).map(linesOf);

describe('the books', () => {
  test('of a sale', () => {
    expect(posted(sale)).toEqual([['acquirer_receivable 10000', '  merchant_pending 10000']]);
  });
  test('of a void: the mirror of a part of it', () => {
    expect(posted(voided(3_000))).toEqual([
      ['merchant_pending 3000', '  acquirer_receivable 3000'],
    ]);
  });
  test('of a settlement: what is left, after fee and reserve', () => {
    const event = settledWith({
      voided: of(2_000),
      refunded: of(1_000),
      fee: of(42),
      reserve: of(350),
      net: of(6_608),
    });
    expect(posted(event)).toEqual([
      [
        'merchant_pending 7000',
        '  merchant_available 6608',
        '  merchant_reserve 350',
        '  mdr_revenue 42',
      ],
    ]);
  });
  test('of a refund before the settlement', () => {
    expect(posted(refunded(500))).toEqual([['merchant_pending 500', '  refund_payable 500']]);
  });
  test('of a refund after it, with its part of the fee', () => {
    expect(posted(refunded(500, { afterSettlement: true, feeReturned: 3 }))).toEqual([
      ['merchant_available 500', '  refund_payable 500'],
      ['mdr_revenue 3', '  merchant_available 3'],
    ]);
  });
  test.each<[string, LedgerEvent, Partial<ReversalData>]>([
    ['a sale', sale, { undone: 'sale', amount: of(10_000), gross: of(10_000) }],
    ['a void', voided(3_000), { undone: 'void', amount: of(3_000) }],
    [
      'a refund, and of what of the fee went with it',
      refunded(500, { afterSettlement: true, feeReturned: 3 }),
      { undone: 'refund', amount: of(500), afterSettlement: true, feeReturned: of(3) },
    ],
  ])('of the reversal of %s: its mirror', (_, event, undone) => {
    const { saleId, merchantId, terminalId, currency, businessDate, occurredAt } = sale.data;
    const name = { request: 'M1.T1.000001.000009', of: 'M1.T1.000001.000002', batchNo: '000001' };
    const fact = { ...name, saleId, merchantId, terminalId, currency, businessDate, occurredAt };
    const data = { ...fact, stan: '000009', ...undone } as ReversalData;
    const mirror = postingsOf(event).map(({ lines: all }) =>
      all.map(({ account, debit, credit }) => ({ account, debit: credit, credit: debit })),
    );
    const undoing = postingsOf({ type: 'Reversal', data });
    expect(undoing).toHaveLength(mirror.length);
    for (const [index, { kind, lines: all }] of undoing.entries()) {
      expect(kind).toBe('reversal');
      expect(new Set(all)).toEqual(new Set(mirror[index]));
    }
  });
  test('of a closed batch: what was refunded in it goes to the acquirer, exact beyond 2^53', () => {
    const data = {
      ...batchClosed.data,
      refunds: [
        { currency: 'CNY', amount: '9007199254740993' },
        { currency: 'USD', amount: '5' },
      ],
    };
    expect(posted({ ...batchClosed, data } as LedgerEvent)).toEqual([
      ['refund_payable 9007199254740993', '  acquirer_receivable 9007199254740993'],
      ['refund_payable 5', '  acquirer_receivable 5'],
    ]);
  });
  test('give back what an earlier close had cleared of refunds that were reversed since', () => {
    const data = { ...batchClosed.data, refunds: [{ currency: 'CNY', amount: '-5' }] };
    expect(posted({ ...batchClosed, data } as LedgerEvent)).toEqual([
      ['acquirer_receivable 5', '  refund_payable 5'],
    ]);
  });
  test('of a chargeback and its fee; won, both go the other way', () => {
    const data = { ...sale.data, chargebackId: 'CB1', reason: 'fraud', fee: of(15) };
    expect(posted({ type: 'ChargebackOpened', data })).toEqual([
      ['merchant_available 10000', '  acquirer_receivable 10000'],
      ['merchant_available 15', '  chargeback_fee 15'],
    ]);
    expect(posted({ type: 'ChargebackWon', data: { ...data, feeReturned: of(15) } })).toEqual([
      ['acquirer_receivable 10000', '  merchant_available 10000'],
      ['chargeback_fee 15', '  merchant_available 15'],
    ]);
  });
  test('of a payout that is sent, paid, and returned before or after that', () => {
    const { merchantId, currency, businessDate, occurredAt } = sale.data;
    const fact = { merchantId, currency, businessDate, occurredAt, payoutId: 'M1.CNY.000001' };
    const data = { ...fact, amount: '9007199254740993' };
    const returned = (afterPaid: boolean) =>
      posted({ type: 'PayoutReturned', data: { ...data, afterPaid } });
    const sent = posted({ type: 'PayoutSent', data: { ...data, number: 1, date: businessDate } });
    expect(sent).toEqual([
      ['merchant_available 9007199254740993', '  payout_in_transit 9007199254740993'],
    ]);
    expect(posted({ type: 'PayoutPaid', data })).toEqual([
      ['payout_in_transit 9007199254740993', '  settlement_bank 9007199254740993'],
    ]);
    expect(returned(false)).toEqual([
      ['payout_in_transit 9007199254740993', '  merchant_available 9007199254740993'],
    ]);
    expect(returned(true)).toEqual([
      ['settlement_bank 9007199254740993', '  merchant_available 9007199254740993'],
    ]);
  });
  test('of what the acquirer paid: by the date on which it came, and the other way where it took money back', () => {
    const { merchantId, currency, businessDate, occurredAt } = sale.data;
    const line = { merchantId, businessDate };
    const lines = [
      { ...line, amount: '9940', schemeCost: '60' },
      { ...line, amount: '-500', schemeCost: '0' },
    ];
    const payment = { paymentId: 'P1', currency, receivedOn: '2026-11-26', occurredAt };
    const event: LedgerEvent = { type: 'AcquirerPaid', data: { ...payment, lines } };
    expect(posted(event)).toEqual([
      ['settlement_bank 9940', 'scheme_cost 60', '  acquirer_receivable 10000'],
      ['acquirer_receivable 500', '  settlement_bank 500'],
    ]);
    const paid = { kind: 'acquirer-payment', reference: 'P1', date: '2026-11-26' };
    expect(postingsOf(event)).toMatchObject([paid, paid]);
  });
  test('of a reserve that is released, and of a debt that is given up', () => {
    const amount = '9007199254740993';
    expect(posted({ type: 'ReserveReleased', data: { ...FACT, amount, heldUntil } })).toEqual([
      [`merchant_reserve ${amount}`, `  merchant_available ${amount}`],
    ]);
    const gone = { ...FACT, amount, writeOffId: 'W1', reason: 'gone' };
    expect(posted({ type: 'WrittenOff', data: gone })).toEqual([
      [`bad_debt ${amount}`, `  merchant_available ${amount}`],
    ]);
  });
  test('have nothing of a close that is only asked for', () => {
    expect(posted(closeRequested)).toEqual([]);
  });

  const { saleId } = sale.data;
  const caseOf = { ...sale.data, chargebackId: 'CB1', reason: 'fraud' };
  const payout = { ...FACT, payoutId: 'M1.CNY.000001', amount: '5' };
  const request = 'M1.T1.000001.000009';

  test.each<[LedgerEvent, ...(readonly [PostingKind, string, string?])[]]>([
    [sale, ['sale', saleId, saleId]],
    [voided(1), ['void', 'M1.T1.000001.000002', saleId]],
    [
      refunded(5, { afterSettlement: true, feeReturned: 3 }),
      ['refund', 'M1.T1.000001.000003', saleId],
      ['fee-return', 'M1.T1.000001.000003', saleId],
    ],
    [settledWith({}), ['settlement', 'M1.T1.000001', saleId]],
    [
      {
        type: 'Reversal',
        data: { ...sale.data, request, of: saleId, undone: 'sale', gross: of(10_000) },
      },
      ['reversal', request, saleId],
    ],
    [
      { type: 'ChargebackOpened', data: { ...caseOf, fee: of(15) } },
      ['chargeback', 'CB1', saleId],
      ['chargeback-fee', 'CB1', saleId],
    ],
    [{ type: 'ChargebackOpened', data: { ...caseOf, fee: of(0) } }, ['chargeback', 'CB1', saleId]],
    [
      { type: 'ChargebackWon', data: { ...caseOf, feeReturned: of(15) } },
      ['chargeback-won', 'CB1', saleId],
      ['chargeback-fee-return', 'CB1', saleId],
    ],
    [
      { type: 'ChargebackWon', data: { ...caseOf, feeReturned: of(0) } },
      ['chargeback-won', 'CB1', saleId],
    ],
    [
      { type: 'PayoutSent', data: { ...payout, number: 1, date: '2026-11-24' } },
      ['payout', 'M1.CNY.000001'],
    ],
    [{ type: 'PayoutPaid', data: payout }, ['payout-paid', 'M1.CNY.000001']],
    [
      { type: 'PayoutReturned', data: { ...payout, afterPaid: true } },
      ['payout-returned', 'M1.CNY.000001'],
    ],
    [
      { type: 'ReserveReleased', data: { ...FACT, amount: '5', heldUntil } },
      ['reserve-release', heldUntil],
    ],
    [
      { type: 'WrittenOff', data: { ...FACT, amount: '5', writeOffId: 'W1', reason: 'gone' } },
      ['write-off', 'W1'],
    ],
  ])(
    'say of each posting whose it is, of which day, what it is and what is behind it',
    (event, ...told) => {
      expect(postingsOf(event)).toMatchObject(
        told.map(([kind, reference, saleId]) => {
          const whose = { merchantId: 'M1', currency: 'CNY', date: '2026-11-24' };
          return { ...whose, kind, reference, saleId };
        }),
      );
      expect(postingsOf(event)).toHaveLength(told.length);
    },
  );
  test('say so of what a close clears in each currency, whatever that of its batch', () => {
    const refunds = ['CNY', 'USD'].map((currency) => ({ currency, amount: '5' }));
    const data = { ...batchClosed.data, currency: 'CNY', refunds };
    const cleared = { kind: 'refunds-cleared', reference: 'M1.T1.000001', date: '2026-11-24' };
    expect(postingsOf({ ...batchClosed, data } as LedgerEvent)).toMatchObject([
      { ...cleared, currency: 'CNY' },
      { ...cleared, currency: 'USD' },
    ]);
  });
});

describe('a posting', () => {
  const books = {
    kind: 'sale',
    merchantId: 'M1',
    currency: 'CNY',
    date: '2026-03-02',
    reference: 'M1.T1.000001.000001',
  } as const;
  test('that does not net to zero is never made', () => {
    expect(() => posting(books, { merchant_pending: 2 }, { merchant_available: 1 })).toThrow(
      RangeError,
    );
    const torn = settledWith({ fee: of(1) });
    expect(() => postingsOf(torn)).toThrow(RangeError);
  });
  test('has no line of nothing', () => {
    const { lines } = posting(
      books,
      { merchant_pending: 2, bad_debt: 0 },
      { mdr_revenue: 2, merchant_reserve: 0 },
    );
    expect(lines.map(({ account }) => account)).toEqual(['merchant_pending', 'mdr_revenue']);
  });
  test('takes no amount below zero', () => {
    expect(() => posting(books, { merchant_pending: -1 }, { merchant_available: -1 })).toThrow(
      RangeError,
    );
  });
});

test('balances are told by account, merchant and currency, each with its debits less its credits', () => {
  const balances = new Balances();
  const books = ['M2 EUR', 'M1 USD', 'M1 EUR'].map((book) => book.split(' '));
  for (const [merchantId = '', currency = ''] of books) {
    const entry = {
      kind: 'sale',
      merchantId,
      currency,
      date: '2026-03-02',
      reference: '',
    } as const;
    balances.add(posting(entry, { acquirer_receivable: 7 }, { merchant_pending: 7 }));
    balances.add(posting(entry, { acquirer_receivable: 1 }, { merchant_pending: 1 }));
  }
  expect(balances.all().map((each) => Object.values(each).join(' '))).toEqual([
    'acquirer_receivable M1 EUR 8',
    'acquirer_receivable M1 USD 8',
    'acquirer_receivable M2 EUR 8',
    'merchant_pending M1 EUR -8',
    'merchant_pending M1 USD -8',
    'merchant_pending M2 EUR -8',
  ]);
});

test('an account stands on the side on which its kind grows', () => {
  const turnover = { debit: 7n, credit: 10n };
  expect(balanceOf('acquirer_receivable', turnover)).toBe(-3n);
  expect(balanceOf('scheme_cost', turnover)).toBe(-3n);
  expect(balanceOf('merchant_available', turnover)).toBe(3n);
  expect(balanceOf('mdr_revenue', turnover)).toBe(3n);
  expect(sidesOf('acquirer_receivable', 3n)).toEqual({ debit: 3n, credit: 0n });
  expect(sidesOf('scheme_cost', -3n)).toEqual({ debit: 0n, credit: 3n });
  expect(sidesOf('merchant_available', 3n)).toEqual({ debit: 0n, credit: 3n });
  expect(sidesOf('mdr_revenue', -3n)).toEqual({ debit: 3n, credit: 0n });
  expect(CHART_OF_ACCOUNTS).toEqual({
    acquirer_receivable: 'asset',
    settlement_bank: 'asset',
    merchant_pending: 'liability',
    merchant_available: 'liability',
    merchant_reserve: 'liability',
    refund_payable: 'liability',
    payout_in_transit: 'liability',
    mdr_revenue: 'revenue',
    chargeback_fee: 'revenue',
    scheme_cost: 'expense',
    bad_debt: 'expense',
  });
});
