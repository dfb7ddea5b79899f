import { beforeEach, describe, expect, test } from '@jest/globals';
import { encode } from '../../../src/ledger/event-codec.js';
import { SALE_TIME, settings } from '../../support/facts.js';
import type { HeldStore } from '../../support/held-store.js';
import { expectInvariants } from '../../support/invariants.js';
import { sell, type Sending } from '../../support/requests.js';
import { BY, type TestLedger } from '../../support/test-ledger.js';
import { twoNodes } from '../../support/two-nodes.js';

const saleId = 'M1.T1.000001.000001';

const writeOff = (writeOffId: string): Sending => {
  return { op: 'write-off', merchantId: 'M1', writeOffId, currency: 'CNY' };
};

describe('write-offs of one debt through two nodes at once', () => {
  let network: HeldStore;
  let one: TestLedger;
  let other: TestLedger;

  beforeEach(async () => {
    ({ one, other, network } = await twoNodes());
    await one.register('M1', settings(), { T1: 'S1' });
    await one.send(sell(1));
    await one.send({ op: 'settle', saleId });
    await one.send({ op: 'chargeback', saleId, chargebackId: 'C1', fee: 100 });
  });

  /** One node has decided, and writes once the other is done. */
  async function meet(first: string, second: string) {
    const { sent, letGo } = network.holdNext('writeoff-');
    const late = one.send(writeOff(second));
    await sent;
    const early = await other.send(writeOff(first));
    letGo();
    return { early, late: await late };
  }

  test('give it up once', async () => {
    const { early, late } = await meet('W1', 'W2');

    expect(early).toMatchObject({ replayed: false, answer: { writtenOff: { writeOffId: 'W1' } } });
    expect(late).toMatchObject({ refusal: { code: 'above-receivable' } });
    await one.caughtUp();
    expect(one.views.books.balances('M1')).toMatchObject([{ available: 0n, receivable: 0n }]);
    await expectInvariants(one);
  });

  test('under one name are one', async () => {
    const { early, late } = await meet('W1', 'W1');

    expect(late).toMatchObject({ answer: 'answer' in early ? early.answer : {} });
    await expectInvariants(one);
  });

  test('under one name are one also where the books show it before its stream was read again', async () => {
    const { sent, letGo } = network.holdNextAnswer('writeoff-M1.W1');
    const late = one.send(writeOff('W1'));
    await sent;
    const early = await other.send(writeOff('W1'));
    await one.caughtUp();
    letGo();

    expect(await late).toMatchObject({
      replayed: true,
      answer: 'answer' in early ? early.answer : {},
    });
    await expectInvariants(one);
  });

  test('is the same where it was written when each had a stream of its own', async () => {
    const at = { businessDate: '2026-11-23', occurredAt: SALE_TIME };
    const data = { writeOffId: 'W0', merchantId: 'M1', currency: 'CNY', reason: 'gone', ...at };
    const event = { type: 'WrittenOff', data: { ...data, amount: '50' } } as const;
    const from = { request: 'W0', by: BY, recordedAt: SALE_TIME };
    await one.store.append('writeoff-M1.W0', 'no-stream', [encode(event, from)]);

    const again = await one.send(writeOff('W0'));

    expect(again).toMatchObject({ replayed: true, answer: { writtenOff: { amount: '50' } } });
    await expectInvariants(one);
  });
});
