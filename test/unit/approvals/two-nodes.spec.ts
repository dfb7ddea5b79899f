import { beforeEach, describe, expect, test } from '@jest/globals';
import { settings } from '../../support/facts.js';
import type { HeldStore } from '../../support/held-store.js';
import { expectInvariants } from '../../support/invariants.js';
import { back, close, sell } from '../../support/requests.js';
import { of } from '../../support/specification.js';
import { BY, type TestLedger } from '../../support/test-ledger.js';
import { twoNodes } from '../../support/two-nodes.js';

const SALE = 'sale-M1.T1.000001.000001';
const PART = 4_000;
const approve = { op: 'approve', approvalId: 'M1.T1.000001.000002' } as const;
const decline = { ...approve, op: 'decline' } as const;

/** After the day that a request waits for its approval. */
const TOO_LATE = '2026-11-25T03:00:00.000Z';

/** The void of a part of a sale that waits for an approval, which two nodes are asked for. */
describe('what waits for an approval', () => {
  let one: TestLedger;
  let other: TestLedger;
  let network: HeldStore;
  let networkOfOther: HeldStore;

  beforeEach(async () => {
    ({ one, other, network, networkOfOther } = await twoNodes());
    const voidPolicy = { partial: true, approvalAbove: of(PART - 1) };
    await one.register('M1', settings({ voidPolicy }), { T1: 'S1' });
    await one.send(sell(1));
    expect(await one.send(back('void', 1, 2, { amount: PART }))).toMatchObject({
      answer: { status: 'awaiting-approval' },
    });
  });

  const types = async () =>
    (await one.log()).flatMap(({ event }) =>
      ['Void', 'Settled', 'ApprovalDeclined'].includes(event.type) ? [event.type] : [],
    );

  test('is done once, though the other node approves it between two readings', async () => {
    const reading = network.holdNextRead(SALE, 1);
    const approving = one.send(approve);
    await reading.sent;
    const first = await other.send(approve);
    reading.letGo();

    expect(first).toMatchObject({ answer: { approval: { status: 'approved' } }, replayed: false });
    expect(await approving).toEqual({ ...first, replayed: true });
    expect(await types()).toEqual(['Void']);
    await expectInvariants(one);
  });

  test('is not done when the other node has declined it meanwhile', async () => {
    const effect = network.holdNext(SALE);
    const approving = one.send(approve);
    await effect.sent;
    expect(await other.send(decline)).toMatchObject({
      answer: { approval: { status: 'declined' } },
    });
    effect.letGo();

    expect(await approving).toMatchObject({ refusal: { code: 'approval-status' } });
    expect(await types()).toEqual(['ApprovalDeclined']);
    await expectInvariants(one);
  });

  test('is done though the sale was changed by the other node meanwhile', async () => {
    const effect = network.holdNext(SALE);
    const approving = one.send(approve);
    await effect.sent;
    expect(await other.send(back('void', 1, 3, { amount: PART - 1 }))).toHaveProperty('answer');
    effect.letGo();

    expect(await approving).toMatchObject({ answer: { approval: { status: 'approved' } } });
    expect(await types()).toEqual(['Void', 'Void']);
    await expectInvariants(one);
  });

  test('is turned down for good while the batch that it was made in is being closed', async () => {
    const settlement = network.holdNext(SALE);
    const closing = one.send(close());
    await settlement.sent;
    expect(await one.send(approve)).toMatchObject({ refusal: { code: 'batch-closing' } });
    expect(await types()).toEqual(['ApprovalDeclined']);
    settlement.letGo();

    expect(await closing).toMatchObject({ answer: { settled: { count: 1, amount: '10000' } } });
    await expectInvariants(one);
  });

  test('is not ended as too late by one node when the other has approved it in time', async () => {
    one.at(TOO_LATE);
    const end = network.holdNext(SALE);
    const ending = one.ledger.approvals.endDue('awaited');
    await end.sent;
    expect(await other.send(approve)).toMatchObject({
      answer: { approval: { status: 'approved' } },
    });
    end.letGo();

    await ending;
    expect(await types()).toEqual(['Void']);
  });

  test('is not ended as too late when the other node has approved it just before', async () => {
    one.at(TOO_LATE);
    const reading = network.holdNextRead('sale-M1.T1.000001.000002');
    const ending = one.ledger.approvals.endDue('awaited');
    await reading.sent;
    await other.send(approve);
    reading.letGo();

    await ending;
    expect(await types()).toEqual(['Void']);
  });

  test('is ended as too late once, by whichever node is the first', async () => {
    one.at(TOO_LATE);
    // No two machines have quite the same time.
    other.at('2026-11-25T03:00:00.250Z');
    const ends = ['awaited', 'at-ease'] as const;
    await Promise.all(
      ends.flatMap((pace) => [one, other].map((node) => node.ledger.approvals.endDue(pace))),
    );
    expect(await types()).toEqual(['ApprovalDeclined']);
  });

  test('is done by a node that has not heard of the terminal that asked for it', async () => {
    await other.ledger.merchants.get('M1');
    networkOfOther.holdNews();
    await one.ledger.merchants.assignTerminal('M1', { terminalId: 'T2', storeId: 'S2' }, BY);
    const asked = back('void', 1, 3, { terminalId: 'T2', amount: PART });
    expect(await one.send(asked)).toMatchObject({ answer: { status: 'awaiting-approval' } });

    expect(await other.send({ op: 'approve', approvalId: 'M1.T2.000001.000003' })).toMatchObject({
      answer: { approval: { status: 'approved' } },
    });
  });
});
