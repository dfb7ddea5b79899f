import { expect, test } from '@jest/globals';
import { ReplayedLedger } from '../../../src/audit/replay/replayed-ledger.js';
import { type StoredEvent, toPosition } from '../../../src/event-store/event-store.js';
import { minor } from '../../../src/ledger/domain/money.js';
import { encode } from '../../../src/ledger/event-codec.js';
import { saleWith } from '../../support/facts.js';
import { BY } from '../../support/test-ledger.js';

function saleAt(position: number, amount: number): StoredEvent {
  const saleId = `M1.T1.000001.00000${position}`;
  const event = saleWith({ saleId, stan: saleId.slice(-6), amount: minor(amount) });
  return {
    ...encode(event, { request: saleId, by: BY, recordedAt: event.data.occurredAt }),
    ...{ position: toPosition(position), stream: `sale-${saleId}`, revision: 0 },
  };
}

test('what can not be read, and what no view can digest, is left out by its position, and all else is taken', () => {
  const unreadable = { ...saleAt(2, 100), type: 'Forgotten' };
  const indigestible = { ...saleAt(3, 100) };
  indigestible.data = indigestible.data.replace('"amount":100', '"amount":"much"');
  const ledger = new ReplayedLedger();
  ledger.take([saleAt(1, 100), unreadable, indigestible, saleAt(4, 200)]);
  expect(ledger.leftOut).toEqual([toPosition(2), toPosition(3)]);
  expect(ledger.events).toBe(4);
  expect(ledger.last?.position).toBe(toPosition(4));
  expect(ledger.sales('M1')).toEqual([
    { currency: 'CNY', status: 'open', count: 2n, amount: 300n },
  ]);
  ledger.close();
});
