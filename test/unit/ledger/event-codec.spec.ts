import { describe, expect, test } from '@jest/globals';
import {
  CorruptLogError,
  type NewEvent,
  type StoredEvent,
  toPosition,
} from '../../../src/event-store/event-store.js';
import { decode, encode, type Provenance } from '../../../src/ledger/event-codec.js';
import type { LedgerEvent } from '../../../src/ledger/domain/ledger-event.js';
import { sale, saleWith } from '../../support/facts.js';

const from: Provenance = {
  request: 'M1.T1.000001.000001',
  by: { kind: 'terminal', id: 'M1.T1' },
  recordedAt: '2026-11-24T02:00:00.001Z',
};

const asStored = (event: NewEvent): StoredEvent => ({
  ...event,
  position: toPosition(7),
  stream: 'sale-M1.T1.000001.000001',
  revision: 0,
});

describe('an event as it is stored', () => {
  test('is canonical: the same facts are the same bytes, in whatever order they were put together', () => {
    const reversed = Object.fromEntries(Object.entries(sale.data).reverse());
    const data = { ...reversed, authCode: undefined } as unknown as typeof sale.data;
    const other: LedgerEvent = { type: 'Sale', data };
    expect(encode(other, from)).toEqual(encode(sale, from));
    expect(encode(sale, from).data).toMatch(/^\{"amount":10000,"batchNo":"000001","businessDate":/);
    expect(encode(sale, from).metadata).toBe(
      '{"$correlationId":"M1.T1.000001.000001","by":{"id":"M1.T1","kind":"terminal"},' +
        '"recordedAt":"2026-11-24T02:00:00.001Z","version":1}',
    );
  });
  test('has an id that only a true repeat shares', () => {
    const { id } = encode(sale, from);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(encode(sale, { ...from, recordedAt: '2027-01-01T00:00:00.000Z' }).id).toBe(id);
    expect(encode(sale, { ...from, request: 'M1.T1.000001.000002' }).id).not.toBe(id);
    expect(encode(saleWith({ rrn: '1' }), from).id).not.toBe(id);
    expect(encode(saleWith({ occurredAt: '2026-11-24T02:00:00.001Z' }), from).id).not.toBe(id);
  });
  test('is read as it was written', () => {
    const recorded = decode(asStored(encode(sale, { ...from, causationId: 'c1' })));
    expect(recorded).toMatchObject({
      event: sale,
      position: '00000000000000000007',
      revision: 0,
      recordedAt: from.recordedAt,
      by: from.by,
    });
  });
});

describe('what this ledger did not write is named and not read', () => {
  const stored = asStored(encode(sale, from));
  const withoutAmount = { ...sale.data, amount: undefined };

  test.each<[string, Partial<StoredEvent>, string]>([
    ['a type of no ledger', { type: 'Refunded' }, 'its type is not known'],
    ['a type that every object has', { type: 'constructor' }, 'its type is not known'],
    ['a later version', { metadata: '{"version":2}' }, 'its version 2 is not known'],
    ['no version', { metadata: '{}' }, 'it lacks its version'],
    ['torn data', { data: '{"saleId":' }, 'it is not JSON'],
    ['torn metadata', { metadata: '' }, 'it is not JSON'],
    ['a number', { data: '7' }, 'it is no JSON object'],
    ['a list', { data: '[]' }, 'it is no JSON object'],
    ['null', { data: 'null' }, 'it is no JSON object'],
    ['a fact without its amount', { data: JSON.stringify(withoutAmount) }, 'it lacks amount'],
  ])('%s', (_, part, why) => {
    const read = () => decode({ ...stored, ...part });
    expect(read).toThrow(CorruptLogError);
    expect(read).toThrow(`position 00000000000000000007 (sale-M1.T1.000001.000001, revision 0)`);
    expect(read).toThrow(why);
  });
});
