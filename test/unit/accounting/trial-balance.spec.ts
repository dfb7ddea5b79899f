import { expect, test } from '@jest/globals';
import { byAccount, totalsOf } from '../../../src/accounting/books.render.js';
import type { Account } from '../../../src/accounting/domain/chart-of-accounts.js';
import type { AccountSum } from '../../../src/projections/books.view.js';

const on = (
  merchantId: string,
  currency: string,
  account: Account,
  debit: bigint,
  credit: bigint,
): AccountSum => ({ merchantId, currency, account, debit, credit });

test('over all merchants each account tells apart what some have and others owe, and comes to the same totals', () => {
  const accounts = [
    on('A', 'USD', 'acquirer_receivable', 50n, 0n),
    on('A', 'USD', 'merchant_pending', 0n, 50n),
    on('A', 'EUR', 'merchant_available', 0n, 2n ** 60n),
    on('A', 'EUR', 'settlement_bank', 2n ** 60n, 0n),
    on('B', 'EUR', 'merchant_available', 30n, 0n),
    on('B', 'EUR', 'mdr_revenue', 0n, 30n),
    on('C', 'EUR', 'merchant_available', 0n, 2n ** 60n),
    on('C', 'EUR', 'settlement_bank', 2n ** 60n, 0n),
  ];

  const summed = byAccount(accounts);

  expect(summed).toEqual([
    { currency: 'EUR', account: 'settlement_bank', debit: 2n ** 61n, credit: 0n },
    { currency: 'EUR', account: 'merchant_available', debit: 30n, credit: 2n ** 61n },
    { currency: 'EUR', account: 'mdr_revenue', debit: 0n, credit: 30n },
    { currency: 'USD', account: 'acquirer_receivable', debit: 50n, credit: 0n },
    { currency: 'USD', account: 'merchant_pending', debit: 0n, credit: 50n },
  ]);
  expect(totalsOf(summed as AccountSum[])).toEqual(totalsOf(accounts));
});
