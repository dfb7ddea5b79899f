import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { has } from '../support/programs.js';
import { Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';

let ledger: Tillbook;
let figures: string;

beforeAll(async () => {
  ledger = await Tillbook.start();
  await commandOfEachKind();
  figures = (await ledger.get('/metrics')).text;
});

async function commandOfEachKind(): Promise<void> {
  const shop = await Shop.open(ledger, {
    voidPolicy: { partial: true, approvalAbove: 5_000 },
    settlementCycle: 'T0',
  });
  const { merchantId, terminalId } = shop;

  const body = shop.saleBody();
  for (let time = 0; time < 2; time += 1) await ledger.post('/v1/sales', body);
  await shop.trySale({ currency: 'USD' });
  await shop.trySale({ amount: 0 });
  await shop.timeOut(body);

  const { saleId } = await shop.sell({ amount: 30_000 });
  for (const decision of ['approve', 'decline']) {
    const { body: asked } = await shop.void(saleId, { amount: 5_001 });
    const review = { operatorId: 'lead', reason: 'seen' };
    await ledger.post(`/v1/approvals/${asked.voidId}/${decision}`, review);
  }
  const appealed = shop.request();
  await shop.void(saleId, { ...appealed, amount: 40_000 });
  const appeal = { ...appealed, reason: 'misread' };
  const { body: filed } = await ledger.post(`/v1/sales/${saleId}/appeals`, appeal);
  const answer = { outcome: 'rejected', reason: 'it was right' };
  await ledger.post(`/v1/appeals/${filed.appealId}/answer`, answer);
  await ledger.post(`/v1/sales/${saleId}/settle`);
  const lines = [
    { op: 'sale', ...shop.saleBody() },
    { op: 'void', saleId, ...shop.request(), reason: 'too late' },
    { op: 'refund', saleId, ...shop.request(), amount: 1, reason: 'cold' },
  ].map((line) => `${JSON.stringify(line)}\n`);
  await ledger.post('/v1/bulk', lines.join(''), { 'content-type': 'application/x-ndjson' });
  for (let time = 0; time < 2; time += 1) await shop.closeBatch();
  await shop.dayClose();

  await ledger.post('/v1/payouts/run', { date: '2026-03-02' });
  await ledger.post(`/v1/payouts/${merchantId}.EUR.1/paid`, {});
  await ledger.post('/v1/payouts/nothing/returned', { reason: 'account closed' });
  const chargebacks = `/v1/sales/${saleId}/chargebacks`;
  for (const chargebackId of ['CB1', 'CB2']) {
    await ledger.post(chargebacks, { chargebackId, amount: 100, reason: 'not received' });
  }
  await ledger.post(`${chargebacks}/CB1/won`, {});
  await ledger.post(`${chargebacks}/CB2/lost`);
  const payment = {
    paymentId: 'P1',
    currency: 'EUR',
    receivedOn: '2026-03-03',
    lines: [{ merchantId, businessDate: '2026-03-02', amount: 100 }],
  };
  for (let time = 0; time < 2; time += 1) await ledger.post('/v1/acquirer/payments', payment);
  const { body: key } = await ledger.post('/v1/keys', {
    scope: 'terminal',
    merchantId,
    terminalId,
  });
  await ledger.post(`/v1/keys/${key.keyId}/revoke`, {});
  await ledger.post('/v1/keys/none/revoke', {});
  for (const method of ['GET', 'HEAD']) await ledger.send(method, `/v1/sales/${saleId}`);
}

describe('the figures for Prometheus', () => {
  test('count commands by kind and result, those in a bulk as well', () => {
    const counted = figures.matchAll(
      /^tillbook_commands_total\{kind="(\w+)",result="([\w-]+)"\} (\d+)$/gm,
    );
    const counts = [...counted].map(([, kind, result, count]) => `${kind} ${result} ${count}`);
    expect(counts.sort()).toEqual([
      'addKey done 1',
      'answerAppeal done 1',
      'approve done 1',
      'bulk done 1',
      'chargebackLost done 1',
      'chargebackWon done 1',
      'closeBatch done 1',
      'closeBatch repeated 1',
      'dayClose done 1',
      'decline done 1',
      'fileAppeal done 1',
      'openChargeback done 2',
      'payoutPaid done 1',
      'payoutReturned unknown-payout 1',
      'putMerchant done 1',
      'putTerminal done 1',
      'recordAcquirerPayment done 1',
      'recordAcquirerPayment repeated 1',
      'refundSale done 1',
      'reverseRequest done 1',
      'revokeKey done 1',
      'revokeKey not-found 1',
      'runPayouts done 1',
      'setClock done 1',
      'settleSale done 1',
      'takeSale currency 1',
      'takeSale done 3',
      'takeSale malformed 1',
      'takeSale repeated 1',
      'voidSale amount-allowed 1',
      'voidSale done 2',
      'voidSale funds-not-settled 1',
    ]);
  });

  test('tell appends and lag', () => {
    expect(figures).toMatch(/^tillbook_append_duration_seconds_count\{result="done"\} \d+$/m);
    expect(figures).toMatch(/^tillbook_view_lag\{view="books"\} \d+$/m);
  });

  if (has('promtool')) {
    test('pass promtool’s check', () => {
      const check = spawnSync('promtool', ['check', 'metrics'], { input: figures });
      const { status, stderr, stdout } = check;
      expect([status, String(stdout), String(stderr)]).toEqual([0, '', '']);
    });
  }
});
