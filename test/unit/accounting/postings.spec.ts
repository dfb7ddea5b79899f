import { describe, expect, test } from '@jest/globals';
import { balanceOf, CHART_OF_ACCOUNTS } from '../../../src/accounting/domain/chart-of-accounts.js';
import { type Posting, posting, postingsOf } from '../../../src/accounting/domain/postings.js';
import type { LedgerEvent } from '../../../src/ledger/domain/ledger-event.js';
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
function lines(posting: Posting): string[] {
  return posting.lines.map(({ account, debit, credit }) =>
    debit > 0n ? `${account} ${debit}` : `  ${account} ${credit}`,
  );
}

const posted = (event: LedgerEvent): string[][] => postingsOf(event).map(lines);

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
  test('have nothing of a close that is only asked for', () => {
    expect(posted(closeRequested)).toEqual([]);
  });
  test('are each of one merchant and one currency', () => {
    expect(postingsOf(sale)).toMatchObject([{ merchantId: 'M1', currency: 'CNY' }]);
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
  test('takes no amount below zero', () => {
    expect(() => posting(books, { merchant_pending: -1 }, { merchant_available: -1 })).toThrow(
      RangeError,
    );
  });
});

test('an account stands on the side on which its kind grows', () => {
  const turnover = { debit: 7n, credit: 10n };
  expect(balanceOf('acquirer_receivable', turnover)).toBe(-3n);
  expect(balanceOf('scheme_cost', turnover)).toBe(-3n);
  expect(balanceOf('merchant_available', turnover)).toBe(3n);
  expect(balanceOf('mdr_revenue', turnover)).toBe(3n);
  expect(Object.keys(CHART_OF_ACCOUNTS)).toHaveLength(11);
});
