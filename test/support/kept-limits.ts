import { expect } from '@jest/globals';
import type { RecordedEvent } from '../../src/ledger/domain/ledger-event.js';
import type {
  Counted,
  Limits,
  MerchantLimits,
} from '../../src/merchants/domain/merchant.events.js';

interface Sum {
  count: number;
  amount: number;
}

/** On one node daily limits are kept to the letter: summed up from the log, nothing was let through above them. */
export function expectKept(
  log: readonly RecordedEvent[],
  merchantId: string,
  { perCard, ...limits }: MerchantLimits,
): void {
  for (const [day, sum] of sumsOf(log, merchantId, () => 'all')) expectWithin(limits, day, sum);
  for (const [day, sum] of sumsOf(log, merchantId, (card) => card)) {
    expectWithin(perCard ?? {}, day, sum);
  }
}

function sumsOf(
  log: readonly RecordedEvent[],
  merchantId: string,
  subject: (card: string) => string,
): Map<string, Sum> {
  const sums = new Map<string, Sum>();
  const add = (kind: Counted, date: string, currency: string, card: string, by: Sum): void => {
    const key = `${kind} ${date} ${currency} ${subject(card)}`;
    const sum = sums.get(key) ?? { count: 0, amount: 0 };
    sums.set(key, { count: sum.count + by.count, amount: sum.amount + by.amount });
  };
  for (const { event } of log) {
    if (!('merchantId' in event.data) || event.data.merchantId !== merchantId) continue;
    if (event.type === 'Sale') {
      const { businessDate, currency, card, amount } = event.data;
      add('sale', businessDate, currency, card.token, { count: 1, amount });
    }
    if (event.type === 'Void' || event.type === 'Refund') {
      const { businessDate, currency, cardToken = '', amount } = event.data;
      const kind = event.type === 'Void' ? 'void' : 'refund';
      add(kind, businessDate, currency, cardToken, { count: 1, amount });
    }
    if (event.type === 'Reversal' && event.data.undone !== 'nothing' && event.data.counted) {
      const { undone, currency } = event.data;
      const { businessDate, cardToken = '' } = event.data.counted;
      const gross = event.data.undone === 'sale' ? event.data.gross : event.data.amount;
      add(undone, businessDate, currency, cardToken, { count: -1, amount: 0 - gross });
    }
  }
  return sums;
}

function expectWithin({ daily }: Limits, day: string, sum: Sum): void {
  const limit = daily?.[day.split(' ')[0] as Counted];
  expect([day, sum.count <= (limit?.count ?? Infinity)]).toEqual([day, true]);
  expect([day, sum.amount <= (limit?.amount ?? Infinity)]).toEqual([day, true]);
}
