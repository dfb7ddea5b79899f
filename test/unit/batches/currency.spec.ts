import { beforeEach, expect, test } from '@jest/globals';
import { minor } from '../../../src/ledger/domain/money.js';
import { settings } from '../../support/facts.js';
import { expectInvariants } from '../../support/invariants.js';
import { back, close, sell } from '../../support/requests.js';
import { BY, newSqliteLog, TestLedger } from '../../support/test-ledger.js';
import { twoNodes } from '../../support/two-nodes.js';

const log = newSqliteLog();
let ledger: TestLedger;

/** A sale in CNY, in a batch of T1, which sells in USD from then on. */
beforeEach(async () => {
  ledger = await TestLedger.open();
  await ledger.register('M1', settings(), { T1: 'S1', T2: 'S1' });
  await ledger.send(sell(1));
  await sellsIn('USD');
});

async function sellsIn(currency: string, terminalId = 'T1'): Promise<void> {
  const terminal = { terminalId, storeId: 'S1', currency };
  await ledger.ledger.merchants.assignTerminal('M1', terminal, BY);
}

const SALE = 'M1.T1.000001.000001';
const OTHER = { batchNo: '000002' };
const dollars = { ...OTHER, currency: 'USD' };
const refusedToVoid = { refusal: { code: 'batch-currency', nextStep: 'void' } };
const refused = { refusal: { code: 'batch-currency', responseCode: '77', nextStep: 'retry' } };

test('a batch takes sales in its own currency only, and another takes the rest', async () => {
  expect(await ledger.send(sell(2, { currency: 'USD' }))).toMatchObject(refused);
  expect(await ledger.send(sell(2, dollars))).toHaveProperty('answer');
  expect(await ledger.send(close())).toMatchObject({ answer: { settled: { amount: '10000' } } });
});

test('a sale is voided and refunded in its own currency, at whatever terminal, in a batch of that', async () => {
  await ledger.send(sell(2, dollars));
  const wrong = await ledger.send(back('void', SALE, 3, OTHER));
  expect(wrong).toMatchObject(refusedToVoid);
  const part = { amount: 4_000 };
  expect(await ledger.send(back('void', SALE, 4, part))).toHaveProperty('answer');
  expect(await ledger.send(back('void', SALE, 1, { ...part, terminalId: 'T2' }))).toHaveProperty(
    'answer',
  );
  await ledger.send(close());
  expect(
    await ledger.send(back('refund', SALE, 1, { amount: 1_000, batchNo: '000003' })),
  ).toHaveProperty('answer');
});

test('what is refused in a batch does not give it a currency', async () => {
  expect(await ledger.send(sell(2, { ...OTHER, currency: 'EUR' }))).toMatchObject({
    refusal: { code: 'currency' },
  });
  await ledger.send(back('void', SALE, 3, { ...OTHER, amount: 99_999 }));
  expect(await ledger.send(sell(4, dollars))).toHaveProperty('answer');
});

test('a sale that was taken is answered again, whatever its terminal sells in by then', async () => {
  expect(await ledger.send(sell(1))).toMatchObject({ answer: {}, replayed: true });
});

test('a ledger that has started again knows the currencies of its batches', async () => {
  const first = await TestLedger.open(log);
  await first.register('M1', settings(), { T1: 'S1' });
  await first.send(sell(1));
  await first.close();
  ledger = await TestLedger.open(log);
  await sellsIn('USD');
  expect(await ledger.send(sell(2, { currency: 'USD' }))).toMatchObject(refused);
});

test('a ledger that has started again can still approve what waits, in the currency that it waits in', async () => {
  const own = newSqliteLog();
  const first = await TestLedger.open(own);
  const asking = settings({ voidPolicy: { approvalAbove: minor(0) } });
  await first.register('M1', asking, { T1: 'S1', T2: 'S1' });
  await first.send(sell(1));
  const waiting = back('void', SALE, 1, { terminalId: 'T2' });
  expect(await first.send(waiting)).toMatchObject({ answer: { status: 'awaiting-approval' } });
  await first.close();
  ledger = await TestLedger.open(own);
  await sellsIn('USD', 'T2');
  const dollarsThere = sell(2, { terminalId: 'T2', currency: 'USD' });
  expect(await ledger.send(dollarsThere)).toMatchObject(refused);
  const approvalId = 'M1.T2.000001.000001';
  expect(await ledger.send({ op: 'approve', approvalId })).toMatchObject({
    answer: { approval: { status: 'approved' } },
  });
});

test('a batch that one node holds without money has the currency in which another sells into it', async () => {
  const { one, other } = await twoNodes();
  await one.register('M1', settings(), { T1: 'S1' });
  expect(await one.send(sell(1, { currency: 'EUR' }))).toHaveProperty('refusal');
  await other.send(sell(2));
  await one.caughtUp();
  await one.closeDue();

  const terminal = { terminalId: 'T1', storeId: 'S1', currency: 'USD' };
  await one.ledger.merchants.assignTerminal('M1', terminal, BY);
  expect(await one.send(sell(3, { currency: 'USD' }))).toMatchObject(refused);
});

test('a refusal for the currency of money that came to nothing opens the batch, on its date', async () => {
  await sellsIn('CNY', 'T2');
  // A sale that never came is barred, and so leaves nothing in its batch when it comes.
  const name = { merchantId: 'M1', terminalId: 'T2', batchNo: '000008', stan: '000090' };
  const original = { batchNo: '000005', stan: '000007' };
  await ledger.send({ op: 'timeout-reversal', ...name, original });
  await ledger.send(sell(2, dollars));
  const there = { terminalId: 'T2', batchNo: '000005' };
  const [late, voided] = await Promise.all([
    ledger.send(sell(7, there)),
    ledger.send(back('void', 'M1.T1.000002.000002', 8, there)),
  ]);
  expect(late).toMatchObject({ refusal: { code: 'reversed' } });
  expect(voided).toMatchObject(refusedToVoid);

  ledger.at('2026-11-25T03:00:00.000Z');
  expect(await ledger.send(sell(9, there))).toMatchObject({ refusal: { code: 'batch-date' } });
  await expectInvariants(ledger);
});
