import { beforeEach, expect, test } from '@jest/globals';
import { settings } from '../../support/facts.js';
import { back, sell, timeout } from '../../support/requests.js';
import { of } from '../../support/specification.js';
import { newSqliteLog, TestLedger } from '../../support/test-ledger.js';

let ledger: TestLedger;
const saleId = 'M1.T1.000001.000001';

beforeEach(async () => {
  ledger = await TestLedger.open(newSqliteLog());
  await ledger.register('M1', settings({ voidPolicy: { approvalAbove: of(5_000) } }), { T1: 'S1' });
});

const became = (stan: number) => ledger.ledger.requestQueries.request(nameOf(stan));
const nameOf = (stan: number): string => saleId.replace(/\d$/, String(stan));
const lastPosition = async () => (await ledger.log()).at(-1)?.position;

test('a sale that was refused is told under its own name', async () => {
  await ledger.send(sell(1, { currency: 'USD' }));
  expect(await became(1)).toMatchObject({ kind: 'sale', outcome: 'refused', saleId });
});

test('a void that was undone stands where that was written', async () => {
  await ledger.send(sell(1));
  await ledger.send(back('void', 1, 2, { amount: 100 }));
  await ledger.send(timeout(3, 2));
  const position = await lastPosition();
  const reversed = { kind: 'void', outcome: 'reversed', saleId, position };
  expect(await became(2)).toEqual(reversed);
  const done = { kind: 'timeout-reversal', outcome: 'done', reversal: 'reversed' };
  expect(await became(3)).toEqual({ ...done, saleId, position });
});

test('a void that has waited in vain stands where it was declined, and there is nothing of it to undo', async () => {
  await ledger.send(sell(1));
  await ledger.send(back('void', 1, 2));
  await ledger.send({ op: 'decline', approvalId: nameOf(2) });
  expect(await became(2)).toMatchObject({
    ...{ kind: 'void', outcome: 'refused', saleId, refusal: { code: 'approval-declined' } },
    position: await lastPosition(),
  });
  const answer = { outcome: 'never-arrived', saleId };
  expect(await ledger.send(timeout(3, 2))).toMatchObject({ answer });
});
