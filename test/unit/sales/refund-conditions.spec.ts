import { describe, expect, test } from '@jest/globals';
import { REFUND_CONDITIONS } from '../../../src/sales/domain/refund-conditions.js';
import type { SaleEvent } from '../../../src/sales/domain/sale.events.js';
import {
  batchClosed,
  cardReported,
  closeRequested,
  merchantWith,
  refunded,
  rightFrozen,
  rightRestored,
  sale,
  settled,
  settledWith,
  voided,
} from '../../support/facts.js';
import {
  given,
  of,
  refundIt,
  refundOf,
  reversalOf,
  reverseIt,
  voidOf,
} from '../../support/specification.js';

const NEXT_DAY = '2026-11-25T04:00:00.000Z';

test('a settled sale is refunded from what is now the merchant’s', () => {
  given(sale, settled)
    .at(NEXT_DAY)
    .when(refundIt)
    .then('Refund', {
      amount: 10_000,
      afterSettlement: true,
      feeReturned: 0,
      businessDate: '2026-11-25',
    })
    .andTheSaleIs('refunded', 0);
});

test('a sale past its day that has not settled yet is refunded from its own pending money', () => {
  given(sale, voided(1_000))
    .at(NEXT_DAY)
    .when(refundIt)
    .then('Refund', { amount: 9_000, afterSettlement: false, feeReturned: 0 })
    .andTheSaleIs('refunded', 0);
});

test('a refunded part leaves the rest settled', () => {
  given(sale, settled)
    .at(NEXT_DAY)
    .when(refundOf({ amount: 1 }))
    .then('Refund')
    .andTheSaleIs('settled', 9_999);
});

test('the conditions, each with its cause, are asked in the order of the rules', () => {
  expect(REFUND_CONDITIONS.map(({ code, cause }) => [code, cause])).toEqual([
    ['sale-approved', 'operator'],
    ['same-merchant', 'operator'],
    ['amount-remaining', 'operator'],
    ['not-voidable', 'operator'],
    ['refund-right', 'right'],
    ['within-refund-window', 'timing'],
    ['amount-allowed', 'operator'],
    ['within-limits', 'limit'],
    ['funds-available', 'limit'],
  ]);
});

describe('sale-approved, same-merchant and amount-remaining', () => {
  test('fail as they do for a void', () => {
    given().when(refundIt).thenRejected('sale-approved', { responseCode: '25' });
    given(sale, settled)
      .when(refundOf({ requester: 'M2' }))
      .thenRejected('same-merchant', { responseCode: '25', nextStep: 'none' });
    given(sale, voided(10_000))
      .when(refundIt)
      .thenRejected('amount-remaining', { responseCode: '12', nextStep: 'none' });
  });
});

describe('not-voidable', () => {
  test('fails while a void of the amount asked is possible', () => {
    given(sale)
      .when(refundIt)
      .thenRejected('not-voidable', { responseCode: '12', nextStep: 'void' });
    given(sale)
      .at('2026-11-24T15:59:59.999Z')
      .when(refundOf({ amount: 1 }))
      .thenRejected('not-voidable', { nextStep: 'void' });
  });
  test('holds from the instant at which a void is not', () => {
    given(sale).at('2026-11-24T16:00:00.000Z').when(refundIt).then('Refund');
    given(sale, closeRequested).when(refundIt).then('Refund', { afterSettlement: false });
    given(sale, closeRequested, batchClosed).when(refundIt).then('Refund');
    given(sale, settled).when(refundIt).then('Refund', { afterSettlement: true });
  });
  test('holds for a part where only the whole can be voided', () => {
    const world = given(merchantWith({ voidPolicy: { partial: false } }), sale);
    world
      .when(refundOf({ amount: 3_000 }))
      .then('Refund')
      .andTheSaleIs('open', 7_000);
    world.when(refundOf({ amount: 10_000 })).thenRejected('not-voidable');
    world.when(refundIt).thenRejected('not-voidable');
  });
  test('is dropped where the policy allows a refund while a void is possible', () => {
    given(merchantWith({ refundPolicy: { whileVoidable: 'allow' } }), sale)
      .when(refundIt)
      .then('Refund', { afterSettlement: false })
      .andTheSaleIs('refunded', 0);
  });
  test('holds for a hot card: it stops a void, and no refund', () => {
    given(sale, cardReported('lost')).when(refundIt).then('Refund');
    given(sale, settled, cardReported('cancelled')).at(NEXT_DAY).when(refundIt).then('Refund');
  });
});

describe('refund-right', () => {
  test('fails while the right is frozen', () => {
    given(rightFrozen('refund'), sale, settled)
      .when(refundIt)
      .thenRejected('refund-right', { responseCode: '57', nextStep: 'contact-acquirer' });
    given(rightFrozen('refund'), rightRestored('refund'), sale, settled)
      .when(refundIt)
      .then('Refund');
  });
});

describe('within-refund-window', () => {
  const world = given(sale, settled);

  test('day 180 of 180 is still accepted, to its last millisecond', () => {
    world
      .at('2027-05-22T16:00:00.000Z')
      .when(refundIt)
      .then('Refund', { businessDate: '2027-05-23' });
    world
      .at('2027-05-23T15:59:59.999Z')
      .when(refundIt)
      .then('Refund', { businessDate: '2027-05-23' });
  });
  test('day 181 is not', () => {
    world
      .at('2027-05-23T16:00:00.000Z')
      .when(refundIt)
      .thenRejected('within-refund-window', { responseCode: '22', nextStep: 'contact-acquirer' });
  });
  test('the cashier is told which day it is', () => {
    const { explanation } = world.at('2027-05-23T16:00:00.000Z').asked();
    expect(explanation.zh).toContain('已是第 181 天，超过 180 天的退货期限。');
    const oneDay = given(merchantWith({ refundPolicy: { windowDays: 1 } }), sale, settled);
    expect(oneDay.at('2026-11-25T16:00:00.000Z').asked().explanation.en).toContain(
      'Day 2: the 1-day refund window has passed.',
    );
  });
  test('a window of no days ends with the business date of the sale', () => {
    const short = given(merchantWith({ refundPolicy: { windowDays: 0 } }), sale, settled);
    short.at('2026-11-24T15:59:59.999Z').when(refundIt).then('Refund');
    short.at('2026-11-24T16:00:00.000Z').when(refundIt).thenRejected('within-refund-window');
  });
  test('whole days are counted by business dates, also over a change of the clocks', () => {
    const zone = { timeZone: 'Europe/Berlin', refundPolicy: { windowDays: 125 } };
    const berlin = given(merchantWith(zone), sale, settled);
    berlin.at('2027-03-29T21:59:59.999Z').when(refundIt).then('Refund');
    berlin.at('2027-03-29T22:00:00.000Z').when(refundIt).thenRejected('within-refund-window');
  });
});

describe('amount-allowed', () => {
  test('not above what is left', () => {
    const world = given(sale, settled, refunded(4_000, { afterSettlement: true })).at(NEXT_DAY);
    world
      .when(refundOf({ amount: 6_000 }))
      .then('Refund')
      .andTheSaleIs('refunded', 0);
    world
      .when(refundOf({ amount: 6_001 }))
      .thenRejected('amount-allowed', { responseCode: '61', nextStep: 'none' });
  });
  test('the original amount, where it is sent, is that of the sale', () => {
    const world = given(sale, settled).at(NEXT_DAY);
    world.when(refundOf({ amount: 5, originalAmount: 10_000 })).then('Refund', { amount: 5 });
    world
      .when(refundOf({ amount: 5, originalAmount: 9_999 }))
      .thenRejected('amount-allowed', { responseCode: '64' });
  });
});

describe('a reversal', () => {
  test('is a void while one is possible, and a refund from then on', () => {
    given(sale).when(reverseIt).then('Void', { asked: 'reversal' });
    given(sale, settled).when(reverseIt).then('Refund', { asked: 'reversal' });
    given(sale)
      .at(NEXT_DAY)
      .when(reversalOf({ amount: 10 }))
      .then('Refund', { amount: 10 });
  });
  test('of a part is a refund where only the whole can be voided', () => {
    given(merchantWith({ voidPolicy: { partial: false } }), sale)
      .when(reversalOf({ amount: 10 }))
      .then('Refund', { amount: 10 });
  });
  test('where neither is possible, is told why not even a refund is', () => {
    given(sale, settled)
      .at('2027-11-24T04:00:00.000Z')
      .when(reverseIt)
      .thenRejected('within-refund-window');
    given(rightFrozen('refund'), sale, closeRequested).when(reverseIt).thenRejected('refund-right');
  });
});

describe('a refused void says what to do instead', () => {
  test('nothing, when a refund is not possible either', () => {
    const frozen = given(rightFrozen('refund'), sale, settled);
    frozen.when(voidOf({})).thenRejected('funds-not-settled', { nextStep: 'none' });
  });
});

describe('the fee of a refunded sale', () => {
  const charged = settledWith({ fee: of(100), reserve: of(500), net: of(9_400) });
  const proportional = merchantWith({ refundPolicy: { feeReturn: 'proportional' } });

  test('is kept, unless the policy says otherwise', () => {
    given(sale, charged).when(refundIt).then('Refund', { feeReturned: 0 });
  });
  test('goes back in proportion, rounded half up', () => {
    const world = given(proportional, sale, charged);
    world.when(refundOf({ amount: 5_000 })).then('Refund', { feeReturned: 50 });
    world.when(refundOf({ amount: 50 })).then('Refund', { feeReturned: 1 });
    world.when(refundOf({ amount: 49 })).then('Refund', { feeReturned: 0 });
    world.when(refundIt).then('Refund', { feeReturned: 100 });
  });
  test('goes back less what has gone back, so that the parts add up to the whole', () => {
    const first = refunded(3_333, { afterSettlement: true, feeReturned: 33 });
    const second = refunded(3_333, { stan: '000004', afterSettlement: true, feeReturned: 34 });
    given(proportional, sale, charged, first)
      .when(refundOf({ amount: 3_333 }))
      .then('Refund', { feeReturned: 34 });
    given(proportional, sale, charged, first, second)
      .when(refundIt)
      .then('Refund', { amount: 3_334, feeReturned: 33 });
  });
  test('goes back anew once a refund that gave it back was undone', () => {
    const first = refunded(5_000, { afterSettlement: true, feeReturned: 50 });
    const { request, ...rest } = first.data;
    const undone: SaleEvent = {
      type: 'Reversal',
      data: { ...rest, undone: 'refund', of: request, request: 'M1.T1.000002.000001' },
    };
    given(proportional, sale, charged, first, undone)
      .when(refundOf({ amount: 5_000 }))
      .then('Refund', { feeReturned: 50 });
  });
  test('is never below nothing: of rounded parts one may have been undone', () => {
    const tenth = settledWith({ fee: of(1_000), net: of(9_000) });
    const second = refunded(11, { afterSettlement: true, feeReturned: 2 });
    given(proportional, sale, tenth, second)
      .when(refundOf({ amount: 1 }))
      .then('Refund', { feeReturned: 0 });
  });
  test('is of what settled: voids and refunds before it count for nothing', () => {
    const part = settledWith({
      voided: of(2_000),
      refunded: of(3_000),
      fee: of(50),
      net: of(4_950),
    });
    const before = refunded(3_000, { stan: '000005' });
    given(proportional, sale, voided(2_000), before, part)
      .when(refundIt)
      .then('Refund', { amount: 5_000, feeReturned: 50 });
  });
  test('has not been taken where the sale has not settled', () => {
    given(proportional, sale).at(NEXT_DAY).when(refundIt).then('Refund', { feeReturned: 0 });
  });
});

describe('funds-available', () => {
  const world = given(merchantWith({ refundPolicy: { negativeBalance: false } }), sale, settled);

  test('holds as long as what is available covers the amount', () => {
    world.when(refundOf({ amount: 500, available: 500n })).then('Refund');
    world
      .when(refundOf({ amount: 501, available: 500n }))
      .thenRejected('funds-available', { responseCode: '51', nextStep: 'contact-acquirer' });
  });
  test('asked for no amount it holds while there is anything', () => {
    expect(world.asked({ available: 1n }).refund).toMatchObject({ allowed: true, maxAmount: 1 });
    expect(world.asked({ available: 0n }).refund).toMatchObject({ allowed: false, maxAmount: 0 });
  });
  test('is not asked of a sale that has not settled: its refund is of its own pending money', () => {
    given(merchantWith({ refundPolicy: { negativeBalance: false } }), sale)
      .at(NEXT_DAY)
      .when(refundOf({ available: -1n }))
      .then('Refund', { amount: 10_000 });
  });
});
