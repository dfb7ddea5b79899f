import { describe, expect, test } from '@jest/globals';
import { instantTerms } from '../../../src/sales/domain/decide.js';
import { evolveSale } from '../../../src/sales/domain/sale.js';
import { refunded, sale, saleWith, settings, settled, voided } from '../../support/facts.js';
import { given, of, settleIt, settleOn, voidIt } from '../../support/specification.js';

describe('a settlement', () => {
  test('takes all of an untouched sale', () => {
    given(sale)
      .when(settleIt)
      .then('Settled', {
        kind: 'batch',
        gross: 10_000,
        voided: 0,
        refunded: 0,
        fee: 0,
        reserve: 0,
        net: 10_000,
      })
      .andTheSaleIs('settled', 10_000);
  });
  test('takes what voids and refunds have left', () => {
    given(sale, voided(3_000), refunded(2_000))
      .when(settleIt)
      .then('Settled', { gross: 10_000, voided: 3_000, refunded: 2_000, net: 5_000 })
      .andTheSaleIs('settled', 5_000);
  });
  test('of a sale that is voided or refunded in full is none', () => {
    given(sale, voided(10_000)).when(settleIt).thenNothing();
    given(sale, refunded(10_000)).when(settleIt).thenNothing();
  });
  test('ends the time for voids', () => {
    given(sale, settled).when(voidIt).thenRejected('funds-not-settled');
  });
});

test.each([
  ['2026-11-23', '2026-11-24'],
  ['2026-11-24', '2026-11-24'],
  ['2026-11-25', '2026-11-25'],
])('a sale of the 24th that settles at once on %s counts for %s', (today, businessDate) => {
  const state = evolveSale(undefined, sale);
  if (!state) throw new Error('there is no sale to settle');
  const terms = { fee: { basisPoints: 60 }, reserve: { basisPoints: 500, days: 30 } };
  expect(instantTerms(state, settings(terms), today, '2026-11-24T15:00:00.000Z')).toEqual({
    kind: 'instant',
    ...terms,
    businessDate,
    valueDate: today,
    occurredAt: '2026-11-24T15:00:00.000Z',
  });
});

describe('the fee', () => {
  test('is a share of what settles, as in the books: 70.00 at 0.6 % and a reserve of 5 %', () => {
    given(sale, voided(3_000))
      .when(settleOn({ fee: { basisPoints: 60 }, reserve: { basisPoints: 500, days: 30 } }))
      .then('Settled', { fee: 42, reserve: 350, net: 6_608 });
  });
  test.each([
    [8_333, 60, 50],
    [8_334, 60, 50],
    [8_325, 60, 50],
    [8_324, 60, 50],
    [50, 100, 1],
    [49, 100, 0],
    [1, 5_000, 1],
  ])('of %i at %i basis points is %i: rounded half up, once', (amount, basisPoints, fee) => {
    given(saleWith({ amount: of(amount) }))
      .when(settleOn({ fee: { basisPoints } }))
      .then('Settled', { fee, net: amount - fee });
  });
  test('is not below its minimum, nor above its cap', () => {
    const fee = { basisPoints: 60, minimum: of(80), cap: of(90) };
    given(sale).when(settleOn({ fee })).then('Settled', { fee: 80 });
    given(saleWith({ amount: of(14_000) }))
      .when(settleOn({ fee }))
      .then('Settled', { fee: 84 });
    given(saleWith({ amount: of(15_084) }))
      .when(settleOn({ fee }))
      .then('Settled', { fee: 90 });
    given(saleWith({ amount: of(99_999) }))
      .when(settleOn({ fee }))
      .then('Settled', { fee: 90 });
  });
  test('is never above what settles', () => {
    given(saleWith({ amount: of(50) }))
      .when(settleOn({ fee: { basisPoints: 0, minimum: of(80) } }))
      .then('Settled', { fee: 50, reserve: 0, net: 0 });
  });
  test('goes by the type of the card, where there are terms for it', () => {
    const fee = { basisPoints: 60, perCardType: { debit: { basisPoints: 50, cap: of(20) } } };
    const card = { token: 'tok_1', last4: '4242' };
    const by = (type?: 'debit' | 'credit') =>
      given(saleWith({ card: { ...card, ...(type && { type }) } })).when(settleOn({ fee }));
    by('debit').then('Settled', { fee: 20, cardType: 'debit' });
    by('credit').then('Settled', { fee: 60, cardType: 'credit' });
    by().then('Settled', { fee: 60, cardType: undefined });
  });
  test('is exact for the largest amounts', () => {
    given(saleWith({ amount: of(999_999_999_999) }))
      .when(settleOn({ fee: { basisPoints: 9_999 } }))
      .then('Settled', { fee: 999_899_999_999, net: 100_000_000 });
  });
});

describe('the reserve', () => {
  const reserve = { basisPoints: 500, days: 30 };

  test('is of what settles, not of what the fee leaves', () => {
    given(sale)
      .when(settleOn({ fee: { basisPoints: 5_000 }, reserve }))
      .then('Settled', { fee: 5_000, reserve: 500, net: 4_500 });
  });
  test('is held for its days from the business date, and not at all where it is nothing', () => {
    given(sale)
      .when(settleOn({ reserve, businessDate: '2026-11-24', valueDate: '2026-11-27' }))
      .then('Settled', { reserve: 500, reserveUntil: '2026-12-24' });
    given(saleWith({ amount: of(1) }))
      .when(settleOn({ reserve }))
      .then('Settled', { reserve: 0, reserveUntil: undefined });
  });
  test('is never above what the fee leaves', () => {
    given(sale)
      .when(settleOn({ fee: { basisPoints: 9_700 }, reserve }))
      .then('Settled', { fee: 9_700, reserve: 300, net: 0 });
    given(sale)
      .when(settleOn({ fee: { basisPoints: 10_000 }, reserve }))
      .then('Settled', { fee: 10_000, reserve: 0, net: 0 });
  });
});
