import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../../src/ledger/domain/json.js';
import {
  differingFields,
  type Fingerprint,
  fingerprintOf,
} from '../../../src/sales/domain/same-content.js';
import { sale, saleWith } from '../../support/facts.js';

const content = { merchantId: 'M1', stan: '000002', amount: 100, card: { token: 'tok_1' } };
const first: Fingerprint = { kind: 'void', target: 'M1.T1.000001.000001', content };
const differing = (more: JsonObject) =>
  differingFields(first, { ...first, content: { ...content, ...more } });

describe('two requests of one name', () => {
  test('are the same when every field is', () => {
    expect(differing({})).toEqual([]);
    expect(differing({ amount: 100, card: { token: 'tok_1' } })).toEqual([]);
  });
  test('differ in the fields that are named, also within a card', () => {
    expect(differing({ amount: 101, card: { token: 'tok_2' } })).toEqual(['amount', 'card.token']);
  });
  test('differ where one has a field that the other has not', () => {
    expect(differing({ evidenceRef: 'IMG-7' })).toEqual(['evidenceRef']);
    expect(differing({ card: undefined })).toEqual(['card.token']);
    expect(differing({ amount: undefined })).toEqual(['amount']);
  });
  test('are the same where a field is left out of both, in whatever way', () => {
    expect(differing({ evidenceRef: undefined })).toEqual([]);
  });
  test('differ by what they ask, and of which sale', () => {
    expect(differingFields(first, { ...first, kind: 'refund' })).toEqual(['kind']);
    expect(differingFields(first, { ...first, target: 'M1.T1.000001.000009' })).toEqual(['saleId']);
  });
  test('compare lists by what is in them', () => {
    const listed = (items: readonly string[]): Fingerprint => ({
      kind: 'sale',
      content: { items },
    });
    expect(differingFields(listed(['a', 'b']), listed(['a', 'b']))).toEqual([]);
    expect(differingFields(listed(['a', 'b']), listed(['b', 'a']))).toEqual(['items']);
  });
  test('of which one is a sale and the other a void differ in their kind, and more', () => {
    const { merchantId, terminalId, batchNo, stan } = sale.data;
    const other = { kind: 'void', target: 'x', content: { merchantId, terminalId, batchNo, stan } };
    expect(differingFields(fingerprintOf(sale), other as Fingerprint)).toEqual(
      expect.arrayContaining(['kind', 'saleId', 'amount']),
    );
  });
  test('a sale is compared by all that its terminal sends, and not by what the ledger adds', () => {
    const { merchantId, terminalId, batchNo, stan, amount, currency, card } = sale.data;
    const sent = { merchantId, terminalId, batchNo, stan, amount, currency, card: { ...card } };
    const repeated = (more: JsonObject) =>
      differingFields(fingerprintOf(sale), { kind: 'sale', content: { ...sent, ...more } });
    expect(repeated({})).toEqual([]);
    expect(repeated({ authCode: 'A1', operatorId: 'b', transactedAt: 't', amount: 1 })).toEqual([
      'amount',
      'authCode',
      'operatorId',
      'transactedAt',
    ]);
    expect(repeated({ card: { ...card, scheme: 'visa' } })).toEqual(['card.scheme']);
    const all = { authCode: 'A1', operatorId: 'ann', transactedAt: '2026-11-24T01:59:00Z' };
    const repeat: Fingerprint = { kind: 'sale', content: { ...sent, ...all } };
    expect(differingFields(fingerprintOf(saleWith(all)), repeat)).toEqual([]);
  });
});
