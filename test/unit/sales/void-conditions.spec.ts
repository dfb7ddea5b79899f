import { describe, expect, test } from '@jest/globals';
import { VOID_CONDITIONS } from '../../../src/sales/domain/void-conditions.js';
import {
  batchClosed,
  cardReported,
  cardRestored,
  closeRequested,
  merchantWith,
  refundAwaiting,
  refunded,
  rightFrozen,
  rightRestored,
  sale,
  saleWith,
  settled,
  voided,
} from '../../support/facts.js';
import { given, of, refundIt, reverseIt, voidIt, voidOf } from '../../support/specification.js';

test('a sale of today, in an open batch, is voided in full', () => {
  given(sale)
    .when(voidIt)
    .then('Void', {
      amount: 10_000,
      currency: 'CNY',
      saleId: 'M1.T1.000001.000001',
      request: 'M1.T2.000007.000009',
      rrn: '632812000009',
      asked: 'void',
      storeId: 'S2',
      cardToken: 'tok_1',
      businessDate: '2026-11-24',
      occurredAt: '2026-11-24T04:00:00.000Z',
    })
    .andTheSaleIs('voided', 0);
});

test('a void says who agreed, with which evidence, and that the card was there, but not which card', () => {
  const said = { consent: true, evidenceRef: 'IMG-7', operatorId: 'anna' };
  const decided = given(sale).when(voidOf({ ...said, card: { token: 'tok_1' } }));
  decided.then('Void', { ...said, cardPresented: true });
  decided.then('Void', expect.not.objectContaining({ card: expect.anything() }));
});

test.each([
  ['2026-11-24T02:55:00.000Z', false],
  ['2026-11-24T02:55:00.001Z', true],
  ['2026-11-24T03:04:59.999Z', true],
  ['2026-11-24T03:05:00.000Z', false],
])('a void at %s may repeat one of its amount of 03:00, which it names: %s', (at, mayRepeat) => {
  const again = given(sale, voided(3_000)).at(at);
  const none = expect.not.objectContaining({ repeats: expect.anything() }) as object;
  const other = { repeats: 'M1.T1.000001.000002' };
  again.when(voidOf({ amount: 3_000 })).then('Void', mayRepeat ? other : none);
  again.when(voidOf({ amount: 3_001 })).then('Void', none);
});

test('the conditions, each with its cause, are asked in the order of the rules, and the first that fails is the refusal', () => {
  expect(VOID_CONDITIONS.map(({ code, cause }) => [code, cause])).toEqual([
    ['sale-approved', 'operator'],
    ['same-merchant', 'operator'],
    ['amount-remaining', 'operator'],
    ['not-refunded', 'operator'],
    ['funds-not-settled', 'timing'],
    ['same-business-date', 'timing'],
    ['day-open', 'timing'],
    ['within-window', 'timing'],
    ['void-right', 'right'],
    ['card-usable', 'card'],
    ['amount-allowed', 'operator'],
    ['within-limits', 'limit'],
  ]);
  const world = given(sale, refunded(100), settled, batchClosed, rightFrozen('void'));
  world.at('2026-12-24T04:00:00.000Z').when(voidIt).thenRejected('not-refunded');
});

test('each condition is answered one by one, whether it holds or not', () => {
  const { conditions } = given(sale, settled, rightFrozen('void')).asked();
  const failed = conditions.filter(({ condition, met }) => condition.for === 'void' && !met);
  expect(failed.map(({ condition }) => condition.code)).toEqual([
    'funds-not-settled',
    'void-right',
  ]);
  expect(conditions.filter(({ condition }) => condition.for === 'void')).toHaveLength(12);
  for (const { detail } of conditions) {
    expect(detail.en).toMatch(/\.$/);
    expect(detail.zh).toMatch(/。$/);
  }
});

describe('sale-approved', () => {
  test('fails where there is no sale', () => {
    given().when(voidIt).thenRejected('sale-approved', { responseCode: '25', nextStep: 'none' });
  });
});

describe('same-merchant', () => {
  test('holds for the merchant of the sale', () => {
    given(sale)
      .when(voidOf({ requester: 'M1' }))
      .then('Void');
  });
  test('fails for another one, who is told that there is no such sale', () => {
    given(sale)
      .when(voidOf({ requester: 'M2' }))
      .thenRejected('same-merchant', { responseCode: '25', nextStep: 'none' });
  });
});

describe('amount-remaining', () => {
  test('holds while a unit is left', () => {
    given(sale, voided(9_999)).when(voidIt).then('Void', { amount: 1 }).andTheSaleIs('voided', 0);
  });
  test('fails when all is voided', () => {
    given(sale, voided(4_000), voided(6_000, '000003'))
      .when(voidIt)
      .thenRejected('amount-remaining', { responseCode: '12', nextStep: 'none' });
  });
  test('fails when all is refunded', () => {
    given(sale, settled, refunded(10_000, { afterSettlement: true }))
      .when(voidIt)
      .thenRejected('amount-remaining', { responseCode: '12', nextStep: 'none' });
  });
});

describe('not-refunded', () => {
  test('holds after voids', () => {
    given(sale, voided(100)).when(voidIt).then('Void', { amount: 9_900 });
  });
  test('fails after a refund: what is left can only be refunded', () => {
    const world = given(sale, refunded(100));
    world.when(voidIt).thenRejected('not-refunded', { responseCode: '12', nextStep: 'refund' });
    world.when(refundIt).then('Refund', { amount: 9_900 }).andTheSaleIs('refunded', 0);
  });
});

describe('funds-not-settled', () => {
  test('fails once the sale has settled, even on its own day (instant settlement)', () => {
    given(sale, settled).when(voidIt).thenRejected('funds-not-settled', {
      responseCode: '12',
      nextStep: 'refund',
      cause: 'timing',
    });
  });
});

describe('same-business-date', () => {
  test('holds until the last millisecond of the business date', () => {
    given(sale).at('2026-11-24T15:59:59.999Z').when(voidIt).then('Void');
  });
  test('fails from the first instant of the next one', () => {
    given(sale)
      .at('2026-11-24T16:00:00.000Z')
      .when(voidIt)
      .thenRejected('same-business-date', { responseCode: '22', nextStep: 'refund' });
  });
  test('goes by the end that the sale carries, wherever the cut-off is now', () => {
    given(merchantWith({ dayCloseAt: '22:00' }), sale)
      .at('2026-11-24T15:00:00.000Z')
      .when(voidIt)
      .then('Void', { businessDate: '2026-11-25' });
  });
});

describe('day-open', () => {
  test('fails from the moment at which the batch of the sale is being closed', () => {
    given(sale, closeRequested)
      .when(voidIt)
      .thenRejected('day-open', { responseCode: '12', nextStep: 'refund' });
  });
  test('fails when it is closed', () => {
    given(sale, closeRequested, batchClosed)
      .when(voidIt)
      .thenRejected('day-open', { responseCode: '12', nextStep: 'refund' });
  });
});

describe('within-window', () => {
  const world = given(merchantWith({ voidPolicy: { windowMinutes: 30 } }), sale);

  test('holds until the last millisecond of the window', () => {
    world.at('2026-11-24T02:29:59.999Z').when(voidIt).then('Void');
  });
  test('fails when its minutes have passed', () => {
    world
      .at('2026-11-24T02:30:00.000Z')
      .when(voidIt)
      .thenRejected('within-window', { responseCode: '22', nextStep: 'refund' });
  });
  test('is told of one minute as of many', () => {
    const { explanation } = given(merchantWith({ voidPolicy: { windowMinutes: 1 } }), sale)
      .at('2026-11-24T02:01:00.000Z')
      .asked();
    expect(explanation.en).toContain('The 1-minute void window has passed.');
  });
});

describe('void-right', () => {
  test('fails while the right is frozen, and the refund right has nothing to do with it', () => {
    given(rightFrozen('void'), sale)
      .when(voidIt)
      .thenRejected('void-right', { responseCode: '57', nextStep: 'contact-acquirer' });
    given(rightFrozen('refund'), sale).when(voidIt).then('Void');
  });
  test('holds when it was restored', () => {
    given(rightFrozen('void'), rightRestored('void'), sale).when(voidIt).then('Void');
  });
});

describe('card-usable', () => {
  test.each([
    ['lost', '41'],
    ['frozen', '62'],
    ['cancelled', '62'],
  ] as const)('fails for a card that is %s', (status, responseCode) => {
    given(sale, cardReported(status))
      .when(voidIt)
      .thenRejected('card-usable', { responseCode, nextStep: 'refund', cause: 'card' });
  });
  test('holds when the card was restored', () => {
    given(sale, cardReported('lost'), cardRestored).when(voidIt).then('Void');
  });
});

describe('amount-allowed', () => {
  const whole = merchantWith({ voidPolicy: { partial: false } });

  test('a part, where the policy allows parts', () => {
    given(sale)
      .when(voidOf({ amount: 3_000 }))
      .then('Void', { amount: 3_000 })
      .andTheSaleIs('open', 7_000);
  });
  test('not above what is left', () => {
    const world = given(sale, voided(3_000));
    world
      .when(voidOf({ amount: 7_000 }))
      .then('Void')
      .andTheSaleIs('voided', 0);
    world
      .when(voidOf({ amount: 7_001 }))
      .thenRejected('amount-allowed', { responseCode: '61', nextStep: 'none' });
  });
  test('no part, where the policy allows none: then it is refunded', () => {
    given(whole, sale)
      .when(voidOf({ amount: 9_999 }))
      .thenRejected('amount-allowed', { responseCode: '13', nextStep: 'refund' });
    given(whole, sale)
      .when(voidOf({ amount: 10_000 }))
      .then('Void');
    given(whole, sale).when(reverseIt).then('Void', { amount: 10_000, asked: 'reversal' });
  });
  test('all that is free is a part while more waits for an approval', () => {
    const world = given(whole, sale, refundAwaiting(3_000));
    world.when(voidIt).thenRejected('amount-allowed', { responseCode: '13', nextStep: 'refund' });
    expect(world.asked()).toMatchObject({ void: { allowed: false } });
  });
  test('all that is left is no part, even where parts were voided under an earlier policy', () => {
    given(whole, sale, voided(3_000))
      .when(voidOf({ amount: 7_000 }))
      .then('Void');
  });
  test('the original amount, where it is sent, is that of the sale and not what is left of it', () => {
    const world = given(sale, voided(3_000));
    world.when(voidOf({ originalAmount: 10_000 })).then('Void');
    world
      .when(voidOf({ originalAmount: 7_000 }))
      .thenRejected('amount-allowed', { responseCode: '64' });
  });
  test('what is above what is left is told first, then that it is a part', () => {
    const wrong = { originalAmount: 1 };
    const world = given(whole, sale);
    const codes = [10_001, 9_999, 10_000].map((amount) => ({ amount, ...wrong }));
    world.when(voidOf(codes[0] ?? {})).thenRejected('amount-allowed', { responseCode: '61' });
    world.when(voidOf(codes[1] ?? {})).thenRejected('amount-allowed', { responseCode: '13' });
    world.when(voidOf(codes[2] ?? {})).thenRejected('amount-allowed', { responseCode: '64' });
  });
  test('the largest amount there is', () => {
    const large = saleWith({ amount: of(999_999_999_999) });
    given(large).when(voidIt).then('Void', { amount: 999_999_999_999 }).andTheSaleIs('voided', 0);
  });
});
