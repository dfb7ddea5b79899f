import { beforeEach, describe, expect, test } from '@jest/globals';
import { settings } from '../../support/facts.js';
import type { HeldStore } from '../../support/held-store.js';
import { expectInvariants } from '../../support/invariants.js';
import { back, sell, type Sending, timeout } from '../../support/requests.js';
import { of } from '../../support/specification.js';
import { BY, type TestLedger } from '../../support/test-ledger.js';
import { twoNodes } from '../../support/two-nodes.js';

const SALE = 'sale-M1.T1.000001.000001';

/** A terminal's request and its repeat through another node, whose clocks show the same millisecond. */
describe('a request that reaches two nodes at once', () => {
  let one: TestLedger;
  let other: TestLedger;
  let network: HeldStore;
  let networkOfOther: HeldStore;

  beforeEach(async () => {
    ({ one, other, network, networkOfOther } = await twoNodes());
    const voidPolicy = { partial: true };
    await one.register('M1', settings({ voidPolicy }), { T1: 'S1' });
    await one.register('M2', settings({ voidPolicy: { ...voidPolicy, approvalAbove: of(0) } }), {
      T1: 'S1',
    });
    await one.send(sell(1));
  });

  /** One node finds the name free, and looks at the sale once the other is done. */
  async function twins(sending: Sending, stream = SALE) {
    const read = network.holdNextRead(stream);
    const doing = one.send(sending);
    await read.sent;
    const first = await other.send(sending);
    read.letGo();
    return { first, second: await doing };
  }

  const typesOn = async (stream: string) =>
    (await one.log()).filter((each) => each.stream === stream).map(({ event }) => event.type);

  test.each(['void', 'refund'] as const)('has its %s done once', async (op) => {
    if (op === 'refund') await one.send({ op: 'settle', saleId: 'M1.T1.000001.000001' });
    const { first, second } = await twins(back(op, 1, 2, { amount: 3_000 }));
    expect(first).toMatchObject({ answer: { amount: 3_000, remaining: 7_000 } });
    expect(second).toEqual({ ...first, replayed: true });
    expect((await typesOn(SALE)).filter((type) => ['Void', 'Refund'].includes(type))).toHaveLength(
      1,
    );
    await expectInvariants(one);
  });

  test('is another where its content differs, and is not told what became of the first', async () => {
    const read = network.holdNextRead(SALE);
    const voiding = one.send(back('void', 1, 2, { amount: 3_000 }));
    await read.sent;
    await other.send(back('void', 1, 2, { amount: 100 }));
    read.letGo();
    expect(await voiding).toMatchObject({
      refusal: { code: 'request-name-used', fields: ['amount'] },
    });
    expect(await typesOn(SALE)).toEqual(['Sale', 'Void']);
  });

  test('waits for its approval once', async () => {
    const m2 = { merchantId: 'M2' };
    await one.send(sell(1, m2));
    const sale = 'sale-M2.T1.000001.000001';
    const voided = { ...back('void', 1, 2, { ...m2, amount: 2_000 }), saleId: sale.slice(5) };
    const { first, second } = await twins(voided, sale);
    expect(first).toMatchObject({ answer: { status: 'awaiting-approval' } });
    expect(second).toEqual({ ...first, replayed: true });
    expect(await typesOn(sale)).toEqual(['Sale', 'ApprovalRequested']);
  });

  test('still waits for its outcome while the one that refuses it has only barred it from the sale', async () => {
    const voided = back('void', 1, 2);
    const effect = network.holdNext(SALE);
    const doing = one.send(voided);
    await effect.sent;
    await one.ledger.cards.setStatus('tok_1', 'lost', BY);
    const refusal = networkOfOther.holdNext('sale-M1.T1.000001.000002');
    const refusing = other.send(voided);
    await refusal.sent;

    await one.caughtUp();
    expect(await typesOn(SALE)).toEqual(['Sale', 'Reversal']);
    expect(one.views.requests.undecided(Date.now())).toEqual(['M1.T1.000001.000002']);
    const { kinds } = one.views.refusals.report({ merchantId: 'M1' });
    expect(kinds.map(({ kind }) => kind)).toEqual(['sale']);

    effect.letGo();
    expect(await doing).toMatchObject({ refusal: { code: 'reversed' } });
    refusal.letGo();
    expect(await refusing).toHaveProperty('refusal');
    expect(await one.send(timeout(9, 2))).toMatchObject({ answer: { outcome: 'never-arrived' } });
    await expectInvariants(one);
  });

  test('waits for no outcome once it was undone before it had any', async () => {
    const effect = network.holdNext(SALE);
    const doing = one.send(back('void', 1, 2));
    await effect.sent;
    await other.send(timeout(9, 2));
    effect.letGo();

    expect(await doing).toMatchObject({ refusal: { code: 'reversed' } });
    await one.caughtUp();
    expect(one.views.requests.undecided(Date.now())).toEqual([]);
  });

  test('knows a terminal that the other node has just assigned', async () => {
    await one.send(sell(3));
    await other.ledger.merchants.assignTerminal('M1', { terminalId: 'T9', storeId: 'S1' }, BY);
    expect(await one.send(sell(4, { terminalId: 'T9' }))).toMatchObject({
      answer: { status: 'open' },
    });
  });

  test('is reversed once, and told so by both', async () => {
    const name = { merchantId: 'M1', terminalId: 'T1', batchNo: '000001' };
    const original = { batchNo: '000001', stan: '000001' };
    const reversal: Sending = { op: 'timeout-reversal', ...name, stan: '000009', original };
    const write = networkOfOther.holdNext(SALE);
    const reversing = other.send(reversal);
    await write.sent;
    // Finds the name taken, and looks at the sale before it decides.
    const read = network.holdNextRead(SALE);
    const repeating = one.send(reversal);
    await read.sent;
    write.letGo();
    const first = await reversing;
    read.letGo();
    const second = await repeating;
    expect(first).toMatchObject({ answer: { outcome: 'reversed' } });
    expect(second).toEqual({ ...first, replayed: true });
    expect(await typesOn('sale-M1.T1.000001.000009')).toEqual(['RequestTaken']);
    expect(await one.send(reversal)).toEqual({ ...first, replayed: true });
    await expectInvariants(one);
  });
});
