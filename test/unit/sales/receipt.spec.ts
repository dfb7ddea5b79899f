import { describe, expect, test } from '@jest/globals';
import { toPosition } from '../../../src/event-store/event-store.js';
import { evolveMerchant } from '../../../src/merchants/domain/merchant.js';
import { foldSale } from '../../../src/sales/recorded-sale.js';
import { receiptOf } from '../../../src/sales/receipt.js';
import { receiptText } from '../../../src/sales/receipt-layout.js';
import { merchantWith, sale, voided } from '../../support/facts.js';
import { BY } from '../../support/test-ledger.js';

const COLUMNS = 32;

describe('a receipt on paper', () => {
  const linesOf = (merchant: string, row: readonly [string, string] = ['Batch', '000001']) => {
    const texts = { language: 'en', merchant, title: 'SALE', footer: 'Thank you' } as const;
    return receiptText({ ...texts, groups: [[row]] }, 58).split('\n');
  };

  test('has each line of the merchant’s name as one more word, and not as a line of its own', () => {
    expect(linesOf('Corner\nshop')[0]?.trim()).toBe('Corner shop');
  });

  test('gives a mark that stands above another character no column', () => {
    const name = 'e\u0301'.repeat(COLUMNS);
    expect(linesOf(name)[0]).toBe(name);
  });

  test.each([
    ['a space beside its label has room', 1, ['Operator', ' ']],
    ['it would touch its label', 0, ['Operator', '\n']],
  ])('has a value beside its label only where %s', (_, spare, [label = '', between = '']) => {
    const value = 'x'.repeat(COLUMNS - label.length - spare);
    expect(linesOf('Corner shop', [label, value]).join('\n')).toMatch(
      new RegExp(`^${label}${between} *${value}$`, 'm'),
    );
  });
});

test('the receipt of a void of before these had references has the one that it was answered with', () => {
  const events = [sale, voided(3_000)].map((event, revision) => ({
    ...{ event, revision, position: toPosition(revision + 1), stream: 'sale-x', by: BY },
    ...{ id: '', correlationId: '', recordedAt: event.data.occurredAt },
  }));
  const recorded = foldSale(events);
  const merchant = evolveMerchant(undefined, merchantWith({}));
  const printed = { kind: 'void', request: 'M1.T1.000001.000002' } as const;
  const receipt = recorded && receiptOf(recorded, merchant, printed, { language: 'en' });
  expect(receipt?.groups.flat()).toContainEqual(['Reference', '632811000002']);
});
