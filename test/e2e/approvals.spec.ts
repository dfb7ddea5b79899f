import { beforeAll, describe, expect, test } from '@jest/globals';
import { requestOf, Shop } from '../support/shop.js';
import { MORNING, Tillbook } from '../support/tillbook.js';

let ledger: Tillbook;

beforeAll(async () => {
  ledger = await Tillbook.start();
});

/** Voids and refunds above 50.00 wait for a second person's yes. */
const openShop = (more: object = {}) =>
  Shop.open(ledger, {
    voidPolicy: { partial: true, approvalAbove: 5_000 },
    refundPolicy: { approvalAbove: 5_000 },
    ...more,
  });

const decide = (approvalId: string, what: 'approve' | 'decline', body: object = {}) =>
  ledger.post(`/v1/approvals/${approvalId}/${what}`, body);

const outcomeOf = async (name: string) =>
  (await ledger.get(`/v1/requests/${name.replaceAll('.', '/')}`)).body;

describe('a void above the policy’s amount', () => {
  test('waits for an approval, is told so again when repeated, and holds its amount', async () => {
    const shop = await openShop();
    const { saleId } = await shop.sell();
    const voidability = await ledger.get(`/v1/sales/${saleId}/voidability`);
    expect(voidability.body).toMatchObject({ decision: 'void', requires: ['approval'] });
    const own = shop.request();

    const asked = await shop.void(saleId, { ...own, amount: 6_000 });
    const repeat = await shop.void(saleId, { ...own, amount: 6_000 });

    expect(asked.status).toBe(202);
    expect(asked.body).toMatchObject({
      status: 'awaiting-approval',
      responseCode: '09',
      amount: 6_000,
      remaining: 10_000,
    });
    expect([repeat.status, repeat.body]).toEqual([202, asked.body]);
    expect(repeat.headers['idempotency-replayed']).toBe('true');
    const sale = (await ledger.get(`/v1/sales/${saleId}`)).body;
    expect(sale).toMatchObject({ status: 'open', held: 6_000, remaining: 10_000, voided: 0 });
    expect(sale.approvals).toMatchObject([{ id: asked.body.voidId, status: 'awaiting' }]);
    const tooMuch = await shop.void(saleId, { amount: 4_001 });
    expect([tooMuch.status, tooMuch.body.code]).toEqual([422, 'amount-allowed']);
    expect((await shop.void(saleId, { amount: 4_000 })).status).toBe(201);
    const nothingLeft = await shop.void(saleId, { amount: 1 });
    expect([nothingLeft.status, nothingLeft.body.code]).toEqual([409, 'amount-remaining']);
  });

  test.each(['approve', 'decline'] as const)(
    'is one when the same is told many times at once: %s; every answer but one says that it is repeated',
    async (what) => {
      const shop = await openShop();
      const { saleId } = await shop.sell();
      const { voidId } = (await shop.void(saleId, { ...shop.request(), amount: 6_000 })).body;
      const tell = () => decide(voidId, what, { operatorId: 'boss', reason: 'as agreed' });
      const answers = await Promise.all(Array.from({ length: 10 }, tell));
      const first = answers.filter(({ headers }) => headers['idempotency-replayed'] !== 'true');
      expect(first).toHaveLength(1);
      for (const { status, body } of answers) expect([status, body]).toEqual([200, first[0]?.body]);
    },
  );

  test('is carried out when it is approved, and its repeat still gets the first answer', async () => {
    const shop = await openShop();
    const { saleId } = await shop.sell();
    const own = { ...shop.request(), operatorId: 'cashier7' };
    const asked = await shop.void(saleId, own);
    const { voidId, rrn } = asked.body;
    expect(await outcomeOf(voidId)).toMatchObject({
      rrn: expect.stringMatching(/^\d{12}$/),
      kind: 'void',
      outcome: 'in-progress',
      status: 'awaiting-approval',
      responseCode: '09',
    });
    const said = { operatorId: 'manager', reason: 'seen the goods', evidenceRef: 'photo 12' };

    const approved = await decide(voidId, 'approve', said);
    const again = await decide(voidId, 'approve', said);

    expect(approved.status).toBe(200);
    expect(approved.body).toMatchObject({ status: 'approved', review: said, responseCode: '00' });
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([200, 'true']);
    expect(again.body).toEqual(approved.body);
    expect((await ledger.get(`/v1/approvals/${voidId}`)).body).toEqual(approved.body);
    const sale = (await ledger.get(`/v1/sales/${saleId}`)).body;
    expect(sale).toMatchObject({ status: 'voided', voided: 10_000, remaining: 0 });
    expect(approved.body.revision).toBe(sale.revision);
    expect(sale).not.toHaveProperty('held');
    const outcome = await outcomeOf(voidId);
    expect(outcome).toMatchObject({ outcome: 'done', voidId, rrn, responseCode: '00' });
    expect((await shop.void(saleId, own)).body).toEqual(asked.body);
    const late = await decide(voidId, 'decline', { reason: 'second thoughts' });
    expect([late.status, late.body.code]).toEqual([409, 'approval-status']);
  });

  test('stays approved, in the list as well, when what it let through is undone later', async () => {
    const shop = await openShop();
    const { saleId } = await shop.sell();
    const own = shop.request();
    const { voidId } = (await shop.void(saleId, own)).body;
    const approved = (await decide(voidId, 'approve')).body;

    const { position } = (await shop.timeOut(own)).body;

    expect((await ledger.get(`/v1/sales/${saleId}`)).body.remaining).toBe(10_000);
    const { status, decidedAt } = approved;
    expect((await ledger.get(`/v1/approvals/${voidId}`)).body).toMatchObject({ status, decidedAt });
    const query = `merchantId=${shop.merchantId}&after=${position}`;
    const { approvals } = (await ledger.get(`/v1/approvals?${query}`)).body;
    expect(approvals).toMatchObject([{ approvalId: voidId, status, decidedAt }]);
  });

  test('comes to nothing when it is declined, and what it held is free again', async () => {
    const shop = await openShop();
    const { saleId } = await shop.sell();
    const { voidId } = (await shop.void(saleId)).body;
    expect((await decide(voidId, 'decline')).status).toBe(400);

    const declined = await decide(voidId, 'decline', { reason: 'no receipt' });

    expect([declined.status, declined.body.status]).toEqual([200, 'declined']);
    expect(declined.body.review).toEqual({ reason: 'no receipt' });
    expect(await outcomeOf(voidId)).toMatchObject({
      outcome: 'refused',
      code: 'approval-declined',
      detail: expect.stringContaining('no receipt'),
    });
    expect((await shop.void(saleId, { amount: 5_000 })).body.remaining).toBe(5_000);
  });

  test('is not decided by who asked for it', async () => {
    const shop = await openShop();
    const { saleId } = await shop.sell();
    const { voidId } = (await shop.void(saleId, { operatorId: 'ann' })).body;

    const own = await decide(voidId, 'approve', { operatorId: 'ann' });

    expect([own.status, own.body.code]).toEqual([403, 'same-person']);
    expect((await decide(voidId, 'approve', { operatorId: 'op2' })).status).toBe(200);
  });

  test('always waits where the amount is 0, also as a reversal', async () => {
    const shop = await openShop({ voidPolicy: { approvalAbove: 0 } });
    const { saleId } = await shop.sell({ amount: 1 });

    const asked = await shop.reverse(saleId);

    expect([asked.status, asked.body.kind]).toEqual([202, 'void']);
    const approved = await decide(asked.body.voidId, 'approve');
    expect(approved.body).toMatchObject({ kind: 'void', status: 'approved' });
  });
});

describe('a request that waits', () => {
  test('is turned down when its sale settles meanwhile, with a refund as the next step', async () => {
    const shop = await openShop();
    const { saleId } = await shop.sell();
    const { voidId } = (await shop.void(saleId)).body;

    const settled = await ledger.post(`/v1/sales/${saleId}/settle`);

    const now = await ledger.get(`/v1/sales/${saleId}`);
    expect([settled.body, settled.headers['etag']]).toEqual([now.body, now.headers['etag']]);
    expect((await ledger.post(`/v1/sales/${saleId}/settle`)).body).toEqual(now.body);
    expect(await outcomeOf(voidId)).toMatchObject({
      outcome: 'refused',
      code: 'funds-not-settled',
      nextStep: 'refund',
    });
    const late = await decide(voidId, 'approve');
    expect([late.status, late.body.code]).toEqual([409, 'approval-status']);
    expect((await shop.refund(saleId, { amount: 5_000 })).status).toBe(201);
  });

  test('is turned down by the close of the sale’s batch, which settles the whole sale', async () => {
    const shop = await openShop();
    const { saleId } = await shop.sell();
    const { voidId } = (await shop.void(saleId, { batchNo: '000009' })).body;

    const closed = await shop.closeBatch();

    expect(closed.body).toMatchObject({ status: 'closed', settled: { amount: 10_000 } });
    expect(await outcomeOf(voidId)).toMatchObject({ outcome: 'refused', nextStep: 'refund' });
    expect((await ledger.get(`/v1/sales/${saleId}`)).body).not.toHaveProperty('held');
  });

  test('expires by the ledger’s clock, and what it held is free again', async () => {
    const shop = await openShop({
      voidPolicy: { partial: true, approvalAbove: 5_000, approvalMinutes: 30 },
    });
    const { saleId } = await shop.sell();
    const { voidId, expiresAt } = (await shop.void(saleId)).body;
    expect(expiresAt).toBe('2026-03-02T10:30:00.000Z');
    await ledger.setClock('2026-03-02T10:29:59.999Z');
    expect((await outcomeOf(voidId)).outcome).toBe('in-progress');

    await ledger.setClock(expiresAt);

    expect(await outcomeOf(voidId)).toMatchObject({
      outcome: 'refused',
      code: 'approval-expired',
      message: { en: 'No approval came until 2026-03-02 10:30:00 +00:00.' },
      nextStep: 'void',
    });
    const list = await ledger.get(`/v1/approvals?merchantId=${shop.merchantId}&status=expired`);
    expect(list.body.approvals).toMatchObject([{ approvalId: voidId, code: 'approval-expired' }]);
    await ledger.setClock(MORNING);
  });

  test('sends the cashier to the refund where it expires as the void window passes', async () => {
    const shop = await openShop({
      voidPolicy: { partial: true, approvalAbove: 5_000, windowMinutes: 30 },
    });
    const { saleId } = await shop.sell();
    const { voidId, expiresAt } = (await shop.void(saleId)).body;

    await ledger.setClock(expiresAt);

    expect(await outcomeOf(voidId)).toMatchObject({ code: 'approval-expired', nextStep: 'refund' });
    await ledger.setClock(MORNING);
  });

  test('no longer waits, nor holds anything, once the batch that it was made in is closed', async () => {
    const shop = await openShop();
    const { saleId } = await shop.sell();
    const { voidId } = (await shop.void(saleId, { batchNo: '000009' })).body;
    await shop.closeBatch({}, '000009');

    expect((await ledger.get(`/v1/sales/${saleId}`)).body).not.toHaveProperty('held');
    const approved = await decide(voidId, 'approve');
    expect([approved.status, approved.body.code]).toEqual([409, 'approval-status']);
    expect(await outcomeOf(voidId)).toMatchObject({
      outcome: 'refused',
      code: 'batch-closed',
      nextStep: 'void',
    });
  });

  test('is undone by its time-out reversal; a sale reversed as a whole lets nothing wait on it', async () => {
    const shop = await openShop();
    const [first, second] = [await shop.sell(), await shop.sell()];
    const waiting = (await shop.void(first.saleId)).body.voidId as string;
    const other = (await shop.void(second.saleId)).body.voidId as string;

    expect((await shop.timeOut(requestOf(waiting))).body.outcome).toBe('reversed');
    expect((await shop.timeOut(requestOf(second.saleId))).body.outcome).toBe('reversed');

    expect((await outcomeOf(waiting)).outcome).toBe('reversed');
    expect(await outcomeOf(other)).toMatchObject({ outcome: 'refused', code: 'sale-reversed' });
    expect((await decide(waiting, 'approve')).body.code).toBe('approval-status');
    const position = (await outcomeOf(other)).position as string;
    const { sales } = (await ledger.get(`${shop.path}/sales?after=${position}`)).body;
    expect(sales).toHaveLength(2);
    for (const listed of sales) expect(listed).not.toHaveProperty('held');
    expect((await ledger.get(`/v1/approvals/${waiting}`)).body.decidedAt).toBe(MORNING);
    const left = await shop.void(first.saleId, { amount: 5_000 });
    expect([left.status, left.body.remaining]).toEqual([201, 5_000]);
    expect((await shop.timeOut(requestOf(other))).body.outcome).toBe('never-arrived');
  });

  test('is judged anew when it is approved: a card reported meanwhile turns it down', async () => {
    const shop = await openShop();
    const card = { token: `tok_${shop.merchantId}`, last4: '0001' };
    const { saleId } = await shop.sell({ card });
    const { voidId } = (await shop.void(saleId)).body;
    await ledger.put(`/v1/cards/${card.token}/status`, { status: 'lost' });

    const approved = await decide(voidId, 'approve');

    expect([approved.status, approved.body.code]).toEqual([409, 'card-usable']);
    expect(approved.body).toMatchObject({ responseCode: '41', nextStep: 'refund' });
    expect((await outcomeOf(voidId)).outcome).toBe('refused');
    const list = await ledger.get(
      `/v1/approvals?merchantId=${shop.merchantId}&status=refused&after=${approved.body.position}`,
    );
    expect(list.body.approvals).toMatchObject([{ approvalId: voidId, code: 'card-usable' }]);
  });

  test('is held to the limits of the day when it is approved, and counts towards them', async () => {
    const shop = await openShop({ limits: { daily: { void: { count: 1 } } } });
    const [first, second] = [await shop.sell(), await shop.sell()];
    const { voidId } = (await shop.void(first.saleId)).body;
    const other = (await shop.void(second.saleId)).body.voidId as string;

    expect((await decide(voidId, 'approve')).status).toBe(200);

    const late = await decide(other, 'approve');
    expect([late.status, late.body.code]).toEqual([422, 'within-limits']);
  });

  test('of two answers at the same moment one counts', async () => {
    const shop = await openShop();
    const { saleId } = await shop.sell();
    const { voidId } = (await shop.void(saleId)).body;

    const answers = await Promise.all([
      decide(voidId, 'approve'),
      decide(voidId, 'decline', { reason: 'no' }),
      decide(voidId, 'approve'),
    ]);

    const won = answers.filter(({ status }) => status === 200).map(({ body }) => body.status);
    expect(new Set(won).size).toBe(1);
    const { events } = (await ledger.get(`/v1/sales/${saleId}/history`)).body;
    expect(events).toHaveLength(3);
  });
});

test('a refund that waits outlives the settlement, whose answer stays as it was', async () => {
  const shop = await openShop({ refundPolicy: { whileVoidable: 'allow', approvalAbove: 5_000 } });
  const { saleId } = await shop.sell();
  const asked = await shop.refund(saleId, { amount: 7_000 });
  expect(asked.status).toBe(202);
  const settled = await ledger.post(`/v1/sales/${saleId}/settle`);
  expect(settled.body).toMatchObject({ status: 'settled', revision: 2, held: 7_000 });

  expect((await decide(asked.body.refundId, 'approve')).status).toBe(200);

  expect((await ledger.post(`/v1/sales/${saleId}/settle`)).body).toEqual(settled.body);
  expect((await ledger.get(`/v1/sales/${saleId}`)).body).toMatchObject({ refunded: 7_000 });
});

test('a refund of a settled sale waits as well, and its evidence stands on both events', async () => {
  const shop = await openShop();
  const { saleId } = await shop.sell();
  await ledger.post(`/v1/sales/${saleId}/settle`);
  const asked = await shop.refund(saleId, { amount: 7_000, evidenceRef: 'mail 4' });
  expect(asked.status).toBe(202);

  expect((await decide(asked.body.refundId, 'approve', { evidenceRef: 'call 9' })).status).toBe(
    200,
  );

  const { events } = (await ledger.get(`/v1/sales/${saleId}/history`)).body;
  expect(events.map(({ type }: { type: string }) => type)).toEqual([
    'Sale',
    'Settled',
    'ApprovalRequested',
    'Refund',
  ]);
  expect(events[3].data).toMatchObject({
    amount: 7_000,
    afterSettlement: true,
    evidenceRef: 'mail 4',
    approval: { evidenceRef: 'call 9' },
  });
});
