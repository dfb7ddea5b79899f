import { expect, test } from '@jest/globals';
import { beancount } from '../../../src/accounting/journal-export.js';
import { toPosition } from '../../../src/event-store/event-store.js';
import type { LedgerEvent } from '../../../src/ledger/domain/ledger-event.js';
import { encode } from '../../../src/ledger/event-codec.js';
import { BY } from '../../support/test-ledger.js';

test('Beancount is told to open accounts before a payment with a mistyped date', async () => {
  const occurredAt = '2026-03-04T10:00:00.000Z';
  const lines = [{ merchantId: 'M1', businessDate: '2026-03-02', amount: '100', schemeCost: '0' }];
  const payment: LedgerEvent = {
    type: 'AcquirerPaid',
    data: { paymentId: 'P1', currency: 'EUR', receivedOn: '1926-03-04', lines, occurredAt },
  };
  const event = {
    ...encode(payment, { request: 'P1', by: BY, recordedAt: occurredAt }),
    ...{ position: toPosition(1), stream: 'acquirer-P1', revision: 0 },
  };
  async function* log() {
    yield await Promise.resolve([event]);
  }
  let journal = '';
  for await (const part of beancount(log())) journal += part;
  const dated = (what: string) =>
    [...journal.matchAll(new RegExp(`^(\\S+) ${what} `, 'gm'))].map(([, date]) => date);
  expect(dated('\\*')).toEqual(['1926-03-04']);
  expect(dated('open')).toHaveLength(2);
  expect(dated('open').every((date = '') => date <= '1926-03-04')).toBe(true);
});
