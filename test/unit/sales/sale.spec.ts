import { describe, expect, test } from '@jest/globals';
import { foldMerchantOf } from '../../support/specification.js';
import { businessDay } from '../../../src/merchants/domain/business-day.js';
import { unused } from '../../../src/merchants/domain/limits.js';
import {
  decideSale,
  type SaleCommand,
  type SaleContext,
} from '../../../src/sales/domain/decide.js';
import { evolveSale, statusOf, type Sale } from '../../../src/sales/domain/sale.js';
import type { Card, SaleEvent } from '../../../src/sales/domain/sale.events.js';
import { merchantWith, refunded, sale, settled, voided } from '../../support/facts.js';
import { of } from '../../support/specification.js';

const COMMAND: SaleCommand = {
  merchantId: 'M1',
  terminalId: 'T1',
  batchNo: '000001',
  stan: '000042',
  amount: of(10_000),
  currency: 'CNY',
  card: { token: 'tok_1', last4: '4242', scheme: 'visa', type: 'debit' },
  authCode: 'A1',
  operatorId: 'anna',
  transactedAt: '2020-01-01T00:00:00Z',
};

function decided(
  command: SaleCommand,
  at: string,
  terminal: { currency?: string } = {},
  more: Partial<SaleContext> = {},
) {
  const merchant = foldMerchantOf(merchantWith({}));
  const now = Date.parse(at);
  const day = businessDay(now, merchant.settings);
  return decideSale(command, {
    merchant,
    terminal: { terminalId: 'T1', storeId: 'S1', ...terminal },
    day,
    now,
    ...more,
  });
}

describe('a sale', () => {
  test('carries all that it was sent with, its store, its business date and when that ends', () => {
    expect(decided(COMMAND, '2026-11-24T15:59:59.999Z')).toEqual({
      event: {
        type: 'Sale',
        data: {
          ...COMMAND,
          saleId: 'M1.T1.000001.000042',
          storeId: 'S1',
          rrn: '632823000042',
          businessDate: '2026-11-24',
          businessDateEndsAt: '2026-11-24T16:00:00.000Z',
          occurredAt: '2026-11-24T15:59:59.999Z',
        },
      },
    });
  });
  test.each<Partial<Card>>([{}, { type: 'credit' }, { scheme: 'jcb' }])(
    'says of its card no more than was sent: %j',
    (more) => {
      const card = { token: 'tok_1', last4: '4242', ...more };
      const sold = decided({ ...COMMAND, card }, '2026-11-24T04:00:00.000Z');
      expect('event' in sold && sold.event.data.card).toEqual(card);
    },
  );
  test('says which sale it may repeat', () => {
    const repeats = 'M1.T1.000001.000041';
    expect(decided(COMMAND, '2026-11-24T04:00:00.000Z', {}, { repeats })).toMatchObject({
      event: { data: { repeats } },
    });
  });
  test('is not taken of a type of card that is not allowed', () => {
    const applied = (cardType: 'debit' | 'credit') =>
      unused([{ scope: 'terminal', subject: 'T1', limits: { cardTypes: [cardType] } }]);
    const sold = (cardType: 'debit' | 'credit', command = COMMAND) =>
      decided(command, '2026-11-24T04:00:00.000Z', {}, { limits: applied(cardType) });
    expect(sold('debit')).toHaveProperty('event');
    expect(sold('credit')).toMatchObject({
      refusal: { code: 'within-limits', responseCode: '61', nextStep: 'contact-acquirer' },
    });
    const { token, last4 } = COMMAND.card;
    expect(sold('debit', { ...COMMAND, card: { token, last4 } })).toMatchObject({
      refusal: { detail: { en: expect.stringContaining('Cards of type unknown are not taken') } },
    });
  });
  test('at the cut-off counts for the next business date', () => {
    expect(decided(COMMAND, '2026-11-24T16:00:00.000Z')).toMatchObject({
      event: {
        data: { businessDate: '2026-11-25', businessDateEndsAt: '2026-11-25T16:00:00.000Z' },
      },
    });
  });
  test('is in the currency of its terminal, else of its merchant', () => {
    const at = '2026-11-24T04:00:00.000Z';
    const refusal = { code: 'currency', responseCode: '13' };
    expect(decided({ ...COMMAND, currency: 'USD' }, at)).toMatchObject({ refusal });
    expect(decided(COMMAND, at, { currency: 'USD' })).toMatchObject({ refusal });
    expect(decided({ ...COMMAND, currency: 'USD' }, at, { currency: 'USD' })).toMatchObject({
      event: { data: { currency: 'USD' } },
    });
  });
});

describe('the state of a sale', () => {
  const after = (...events: SaleEvent[]): Sale | undefined =>
    events.reduce<Sale | undefined>(evolveSale, undefined);
  const late = (amount: number) => refunded(amount, { afterSettlement: true, feeReturned: 2 });

  test.each([
    ['open', [sale]],
    ['open', [sale, voided(1)]],
    ['open', [sale, refunded(1)]],
    ['voided', [sale, voided(4_000), voided(6_000, '000004')]],
    ['refunded', [sale, refunded(10_000)]],
    ['refunded', [sale, voided(1), refunded(9_999)]],
    ['settled', [sale, settled]],
    ['settled', [sale, voided(4_000), settled, late(1)]],
    ['refunded', [sale, settled, late(10_000)]],
  ] as const)('is %s', (status, events) => {
    const state = after(...events);
    expect(state && statusOf(state)).toBe(status);
    expect(state?.revision).toBe(events.length - 1);
  });
  test('knows every request that had its effect, and where', () => {
    expect(after(sale, voided(10), refunded(20), settled, late(30))).toMatchObject({
      voided: 10,
      refunded: 50,
      refundedSettled: 30,
      feeReturned: 2,
      operations: [
        { kind: 'void', request: 'M1.T1.000001.000002', amount: 10, revision: 1 },
        { kind: 'refund', request: 'M1.T1.000001.000003', amount: 20, revision: 2 },
        { kind: 'refund', request: 'M1.T1.000001.000003', amount: 30, revision: 4 },
      ],
    });
  });
  test('is none without a sale, whatever else stands in the stream', () => {
    expect(after(voided(1), settled)).toBeUndefined();
  });
  test('that gives back more than there was is a broken invariant', () => {
    expect(() => {
      const state = after(sale, voided(10_001));
      if (state) statusOf(state);
    }).toThrow(RangeError);
  });
});
