import { describe, expect, test } from '@jest/globals';
import { unused } from '../../../src/merchants/domain/limits.js';
import type { PlaceLimits } from '../../../src/merchants/domain/merchant.events.js';
import type { Question } from '../../../src/sales/domain/condition.js';
import { shutOut } from '../../../src/sales/domain/decide.js';
import { requestRefusals } from '../../../src/sales/domain/request-refusals.js';
import type { SaleEvent } from '../../../src/sales/domain/sale.events.js';
import { evolveSale } from '../../../src/sales/domain/sale.js';
import {
  batchClosed,
  cardReported,
  closeRequested,
  merchantWith,
  refundAwaiting,
  refunded,
  rightFrozen,
  sale,
  saleWith,
  settled,
  settledWith,
  voided,
} from '../../support/facts.js';
import { foldMerchantOf, given, of, voidOf } from '../../support/specification.js';

const at = (time: string): number => Date.parse(time);

/** These limits on the merchant, of which nothing is used yet. */
function limitedTo(limits: PlaceLimits): { limits: NonNullable<Question['limits']> } {
  const applied = unused([{ scope: 'merchant', subject: 'M1', limits }]);
  return { limits: { void: applied, refund: applied } };
}

describe('the decision', () => {
  test('is void while all conditions of a void hold', () => {
    const answer = given(sale, voided(3_000)).asked();
    expect(answer).toMatchObject({
      decision: 'void',
      void: { allowed: true, maxAmount: 7_000, until: at('2026-11-24T16:00:00.000Z') },
      refund: { allowed: false, maxAmount: 0 },
    });
    expect(answer.explanation.en).toMatch(/^Void it/);
  });
  test('is refund when those of a refund do', () => {
    const answer = given(sale, settled, refunded(4_000, { afterSettlement: true })).asked();
    expect(answer).toMatchObject({
      decision: 'refund',
      void: { allowed: false, maxAmount: 0 },
      refund: { allowed: true, maxAmount: 6_000, until: at('2027-05-23T16:00:00.000Z') },
    });
    expect(answer.explanation.en).toContain('CNY 40.00 has been refunded');
  });
  test('is refund for a hot card', () => {
    expect(given(sale, cardReported('frozen')).asked().decision).toBe('refund');
  });
  test('is none when neither is possible', () => {
    const answer = given(rightFrozen('refund'), sale, closeRequested).asked();
    expect(answer).toMatchObject({
      decision: 'none',
      void: { allowed: false, maxAmount: 0 },
      refund: { allowed: false, maxAmount: 0 },
    });
    expect(answer.explanation.en).toContain('refund right is frozen');
  });
  test('is none for an unknown sale, of which only that is said', () => {
    const answer = given().asked();
    expect(answer.decision).toBe('none');
    expect(answer.conditions.map(({ condition }) => condition.code)).toEqual([
      'sale-approved',
      'sale-approved',
    ]);
    expect(answer.void).toEqual({ allowed: false, maxAmount: 0, until: undefined });
  });
});

describe('the sentence for the cashier', () => {
  const all = 10_000;
  const chargedBack = (amount: number): SaleEvent => ({
    type: 'ChargebackOpened',
    data: { ...sale.data, chargebackId: 'CB1', amount: of(amount), fee: of(0), reason: 'fraud' },
  });
  const reversed: SaleEvent = {
    type: 'Reversal',
    data: {
      ...{ ...sale.data, request: 'M1.T1.000001.000009', of: sale.data.saleId },
      ...{ undone: 'sale', gross: of(all) },
    },
  };

  test.each<[string, string, SaleEvent[]]>([
    ['voided', '已撤销', [voided(all)]],
    ['refunded', '已退货', [settled, refunded(all, { afterSettlement: true })]],
    ['reversed', '已冲正', [reversed]],
    ['charged back', '已被拒付', [settled, chargedBack(all)]],
    ['charged back', '已被拒付', [chargedBack(all)]],
  ])('says what became of a sale of which nothing is left: %s', (en, zh, events) => {
    expect(given(sale, ...events).asked().explanation).toEqual({
      en: `Neither void nor refund is possible. Nothing of the sale is left: it was ${en}.`,
      zh: `不能撤销也不能退货。原消费已无剩余金额：${zh}。`,
    });
  });
  test('says what is held by requests that wait, and does not take it for gone', () => {
    const { en, zh } = given(sale, refundAwaiting(3_000)).asked({ amount: 8_000 }).explanation;
    expect(en).toMatch(/CNY 80\.00 is above the CNY 70\.00 that is free: CNY 30\.00 is held/);
    expect(zh).toContain('CNY 30.00 已被待审批的交易占用');
  });
  test('says that all that is left is held, which a chargeback may have made less', () => {
    const world = given(sale, refundAwaiting(3_000), chargedBack(8_000));
    expect(world.asked().explanation).toEqual({
      en: 'Neither void nor refund is possible. All that is left, CNY 20.00, is held by a request that waits for an approval.',
      zh: '不能撤销也不能退货。剩余金额 CNY 20.00 已被待审批的交易占用。',
    });
  });

  const inWindow = merchantWith({ voidPolicy: { windowMinutes: 30 } });
  const night = '2026-11-25 00:00:00 +08:00';

  test.each([
    [
      'The sale settled at 2026-11-24 23:00:00 +08:00.',
      '原消费已于 2026-11-24 23:00:00 +08:00 结算。',
      given(sale, settled),
    ],
    [
      `Business date 2026-11-24 ended at ${night}.`,
      `结算日 2026-11-24 已于 ${night} 截止。`,
      given(sale).at('2026-11-24T16:00:00.000Z'),
    ],
    ['Batch 000001 is closing.', '批次 000001 正在结算。', given(sale, closeRequested)],
    ['Batch 000001 is closed.', '批次 000001 已日结。', given(sale, batchClosed)],
    ['The 30-minute void window has passed.', '已超过 30 分钟撤销时限。', given(inWindow, sale)],
    [
      'The merchant’s void right is frozen.',
      '商户撤销权限已冻结。',
      given(rightFrozen('void'), sale),
    ],
    ['The card was reported lost.', '卡片已挂失。', given(sale, cardReported('lost'))],
    ['The card is frozen.', '卡片已冻结。', given(sale, cardReported('frozen'))],
    ['The card is cancelled.', '卡片已注销。', given(sale, cardReported('cancelled'))],
  ])('says why it is to be a refund: %s', (en, zh, world) => {
    expect(world.asked().explanation).toEqual({
      en: `Refund it: a void is not possible. ${en}`,
      zh: `请退货：不能撤销。${zh}`,
    });
  });
  test.each<[PlaceLimits, string]>([
    [{ single: { void: of(500) } }, 'A void may be CNY 5.00 at the most with one card.'],
    [{ daily: { void: { count: 0 } } }, 'No more than 0 voids a day may be made with one card.'],
  ])('says of a limit where it is kept', (limits, sentence) => {
    const applied = unused([{ scope: 'card', subject: 'tok', limits }]);
    const asking = { amount: 600, limits: { void: applied, refund: [] } };
    expect(given(sale).asked(asking).explanation.en).toContain(sentence);
  });
});

describe('a command that names no amount', () => {
  const limited = limitedTo({ single: { void: of(9_999) } });

  test('is of all that is left, which a limit may be below', () => {
    given(sale).when(voidOf(limited)).thenRejected('within-limits', { nextStep: 'refund' });
  });
  test('is told what to do with all that is left where its batch does not take it', () => {
    const question: Question = {
      sale: evolveSale(undefined, sale),
      merchant: foldMerchantOf(merchantWith({})),
      card: 'active',
      batch: 'open',
      now: at('2026-11-24T04:00:00.000Z'),
      ...limited,
    };
    const shut = requestRefusals.batchDate('000001', '2026-11-23');
    expect(shutOut(shut, question).nextStep).toBe('refund');
  });
});

describe('asked for no amount', () => {
  test('a part can be refunded where limits leave one, though only the whole can be voided', () => {
    const wholeOnly = merchantWith({ voidPolicy: { partial: false } });
    const answer = given(wholeOnly, sale, settled).asked(
      limitedTo({ single: { refund: of(4_000) } }),
    );
    expect(answer).toMatchObject({ decision: 'refund', refund: { maxAmount: 4_000 } });
  });
  test('the types of card that may pay do not matter to what is given back', () => {
    const debitOnly = limitedTo({ cardTypes: ['debit'] });
    expect(given(sale).asked(debitOnly).decision).toBe('void');
    expect(given(sale, settled).asked(debitOnly).decision).toBe('refund');
  });
});

describe('a sentence tells amounts as they are on the receipt: with the currency, in major units', () => {
  const bound = given(merchantWith({ refundPolicy: { negativeBalance: false } }), sale, settled);
  const limited = limitedTo({
    single: { void: of(2_000) },
    daily: { refund: { amount: of(2_500) } },
  });

  test.each([
    [
      'amount-remaining',
      given(sale, voided(3_000)).asked(),
      '剩余金额 CNY 70.00，原金额 CNY 100.00。',
    ],
    [
      'amount-allowed',
      given(sale).asked({ amount: 10_001 }),
      '金额 CNY 100.01 超过剩余金额 CNY 100.00。',
    ],
    ['amount-allowed', given(sale).asked(), '最多可退回 CNY 100.00。'],
    ['amount-allowed', given(sale, refundAwaiting(3_000)).asked(), '最多可退回 CNY 70.00。'],
    ['not-refunded', given(sale, refunded(4_005)).asked(), '已退货 CNY 40.05，剩余金额只能退货。'],
    [
      'within-limits',
      given(sale).asked({ ...limited, amount: 2_001 }),
      '商户单笔撤销限额 CNY 20.00。',
    ],
    [
      'within-limits',
      given(sale, settled).asked({ ...limited, amount: 2_501 }),
      '商户当日退货限额 CNY 25.00，已用 CNY 0.00。',
    ],
    ['funds-available', bound.asked({ available: 5n }), '可用余额 CNY 0.05。'],
    ['funds-available', bound.asked({ amount: 6, available: 5n }), '可用余额不足，仅 CNY 0.05。'],
    ['funds-available', bound.asked({ available: 0n }), '无可用余额。'],
    ['funds-available', bound.asked({ available: -5n }), '无可用余额，商户欠款 CNY 0.05。'],
  ])('%s', (code, { conditions }, zh) => {
    const told = conditions.filter(({ condition }) => condition.code === code);
    expect(told.map(({ detail }) => detail.zh)).toContain(zh);
  });
});

describe('asked for an amount', () => {
  test('above what is left, nothing of that size is possible, but something smaller is', () => {
    const answer = given(sale).asked({ amount: 10_001 });
    expect(answer).toMatchObject({
      decision: 'none',
      void: { allowed: false, maxAmount: 10_000 },
      refund: { allowed: false, maxAmount: 0 },
    });
  });
  test('a part where only the whole can be voided is a refund', () => {
    const answer = given(merchantWith({ voidPolicy: { partial: false } }), sale).asked({
      amount: 3_000,
    });
    expect(answer).toMatchObject({
      decision: 'refund',
      void: { allowed: false, maxAmount: 10_000 },
      refund: { allowed: true, maxAmount: 9_999 },
    });
    expect(answer.explanation.en).toMatch(/^Refund it: a void of this amount is not possible\./);
    expect(
      answer.conditions.find(({ condition: { code } }) => code === 'not-voidable')?.detail.en,
    ).toBe('A void of this amount is not possible.');
  });
  test('above what a limit lets be voided it is a refund, of all that is left at the most', () => {
    const answer = given(sale).asked({
      ...limitedTo({ single: { void: of(2_000) } }),
      amount: 2_001,
    });
    expect(answer).toMatchObject({
      decision: 'refund',
      void: { allowed: false, maxAmount: 2_000 },
      refund: { allowed: true, maxAmount: 10_000 },
    });
  });
});

describe('asked for no amount, effect and requirements are of what can be given back', () => {
  test('as far as the merchant’s balance covers it', () => {
    const policy = { negativeBalance: false, supervisorAbove: of(500), approvalAbove: of(499) };
    const world = given(merchantWith({ refundPolicy: policy }), sale, settled);
    const asking = { available: 500n };
    expect(world.asked(asking)).toMatchObject({
      decision: 'refund',
      refund: { allowed: true, maxAmount: 500 },
      requires: ['approval'],
    });
    expect(world.effect(asking)).toMatchObject({
      kind: 'refund',
      amount: 500,
      change: { available: -500n },
    });
  });
  test('as far as a limit lets it, a part of a void, too', () => {
    const asking = limitedTo({ single: { void: of(400), refund: of(500) } });
    const policy = { voidPolicy: { supervisorAbove: of(400) } };
    const world = given(merchantWith(policy), sale);
    expect(world.asked(asking)).toMatchObject({ void: { maxAmount: 400 }, requires: [] });
    expect(world.effect(asking)).toMatchObject({ kind: 'void', amount: 400 });
    const past = given(sale, refunded(9_494, { afterSettlement: true }), settled);
    expect(past.effect(asking)).toMatchObject({ kind: 'refund', amount: 500 });
  });
  test('which is all where policy allows no void of a part', () => {
    const world = given(merchantWith({ voidPolicy: { partial: false } }), sale);
    expect(world.effect(limitedTo({ single: { void: of(10_000) } }))).toMatchObject({
      kind: 'void',
      amount: 10_000,
    });
    expect(world.effect(limitedTo({ single: { void: of(9_999) } }))).toMatchObject({
      kind: 'refund',
      amount: 10_000,
    });
  });
  test('and of the amount where one is asked for', () => {
    expect(given(sale, settled).effect({ amount: 70 })).toMatchObject({ amount: 70 });
    expect(given(sale).effect({ amount: 10_001 })).toBeUndefined();
  });
});

test('the effect of a refund has what of the fee goes back with it', () => {
  const terms = { fee: { basisPoints: 60 }, refundPolicy: { feeReturn: 'proportional' } } as const;
  const paid = settledWith({ fee: of(60), net: of(9_940) });
  expect(given(merchantWith(terms), sale, paid).effect({ amount: 5_000 })).toMatchObject({
    fee: { returned: 30, notCharged: 0 },
    change: { available: -4_970n },
  });
});

test('no fee is spared by what is given back of a settled sale: it was charged', () => {
  const fee = merchantWith({ fee: { basisPoints: 60 } });
  const paid = settledWith({ fee: of(60), net: of(9_940) });
  expect(given(fee, sale).effect()?.fee).toEqual({ returned: 0, notCharged: 60 });
  expect(given(fee, sale, paid).effect()?.fee).toEqual({ returned: 0, notCharged: 0 });
});

test('a void spares what the fee of all that is left is above that of the rest', () => {
  const capped = merchantWith({ fee: { basisPoints: 60, cap: of(30) } });
  const notCharged = (amount: number, ...before: SaleEvent[]) =>
    given(capped, sale, ...before).effect({ amount })?.fee.notCharged;
  expect([notCharged(3_000), notCharged(6_000), notCharged(10_000)]).toEqual([0, 6, 30]);
  expect(notCharged(3_000, voided(4_000))).toBe(12);
});

test('a void spares the fee that is charged for the type of the card', () => {
  const fee = { basisPoints: 60, perCardType: { debit: { basisPoints: 50 } } };
  const byDebit = saleWith({ card: { ...sale.data.card, type: 'debit' } });
  expect(given(merchantWith({ fee }), byDebit).effect()?.fee.notCharged).toBe(50);
});

describe('until', () => {
  test('a void is possible to the end of the window or of the day, whichever is first', () => {
    const window = (windowMinutes: number) =>
      given(merchantWith({ voidPolicy: { windowMinutes } }), sale).asked().void.until;
    expect(window(30)).toBe(at('2026-11-24T02:30:00.000Z'));
    expect(window(24 * 60)).toBe(at('2026-11-24T16:00:00.000Z'));
  });
  test.each([['2026-11-24T15:59:59.999Z'], ['2026-11-24T16:00:00.000Z']])(
    'holds for the condition itself, just before and at the instant (%s)',
    (time) => {
      const { void: way } = given(sale).at(time).asked();
      expect(way.allowed).toBe(at(time) < (way.until ?? 0));
    },
  );
  test('of a refund is the end of the last day of its window, in the zone’s own reckoning', () => {
    const policy = { timeZone: 'Europe/Berlin', refundPolicy: { windowDays: 125 } };
    const world = given(merchantWith(policy), sale, settled);
    const { until = 0 } = world.asked().refund;
    expect(until).toBe(at('2027-03-29T22:00:00.000Z'));
    const moment = (time: number) => world.at(new Date(time).toISOString()).asked().refund.allowed;
    expect([moment(until - 1), moment(until)]).toEqual([true, false]);
  });
});
