import { expect, test } from '@jest/globals';
import { ReplayedLedger } from '../../../src/audit/replay/replayed-ledger.js';
import { type StoredEvent, toPosition } from '../../../src/event-store/event-store.js';
import type { LedgerEvent } from '../../../src/ledger/domain/ledger-event.js';
import { minor } from '../../../src/ledger/domain/money.js';
import { encode } from '../../../src/ledger/event-codec.js';
import { saleWith, settings } from '../../support/facts.js';
import { BY } from '../../support/test-ledger.js';

function stored(event: LedgerEvent, stream: string, position: number): StoredEvent {
  return {
    ...encode(event, { request: stream, by: BY, recordedAt: event.data.occurredAt }),
    ...{ position: toPosition(position), stream, revision: 0 },
  };
}

function saleAt(position: number, amount: number): StoredEvent {
  const saleId = `M1.T1.000001.00000${position}`;
  const event = saleWith({ saleId, stan: saleId.slice(-6), amount: minor(amount) });
  return stored(event, `sale-${saleId}`, position);
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

test('what one view can not digest, the others show', () => {
  const again = { ...saleAt(1, 100), position: toPosition(2), revision: 1 };
  const ledger = new ReplayedLedger();
  ledger.take([saleAt(1, 100), again]);
  expect(ledger.leftOut).toEqual([toPosition(2)]);
  expect(ledger.sales('M1')).toMatchObject([{ count: 1n, amount: 100n }]);
  expect(ledger.balances('M1')).toMatchObject([{ pending: 200n }]);
  ledger.close();
});

test('settings that can not be read leave a merchant as it was', () => {
  const data = { merchantId: 'M1', settings: settings(), occurredAt: '2026-03-02T08:00:00.000Z' };
  const registered = stored({ type: 'MerchantRegistered', data }, 'merchant-M1', 1);
  const nothing = JSON.stringify({ ...data, settings: null });
  const ledger = new ReplayedLedger();
  ledger.take([
    registered,
    { ...stored({ type: 'MerchantPolicyChanged', data }, 'merchant-M1', 2), data: nothing },
  ]);
  expect(ledger.leftOut).toEqual([toPosition(2)]);
  expect(ledger.merchants.get('M1')?.settings).toEqual(settings());
  ledger.close();
});

test('a merchant of whose events some had occurred, but its registration had not, was not there', () => {
  const frozen: LedgerEvent = {
    type: 'RightFrozen',
    data: {
      merchantId: 'M1',
      right: 'void',
      reason: 'an audit',
      occurredAt: '2026-03-02T08:00:00.000Z',
    },
  };
  const ledger = new ReplayedLedger();
  ledger.take([stored(frozen, 'merchant-M1', 1)]);
  expect([...ledger.merchants.keys()]).toEqual([]);
  expect(ledger.leftOut).toEqual([]);
  ledger.close();
});
