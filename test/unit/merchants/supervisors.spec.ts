import { describe, expect, test } from '@jest/globals';
import { settings } from '../../support/facts.js';
import { FlakyStore } from '../../support/flaky-store.js';
import { back, sell } from '../../support/requests.js';
import { BY, newSqliteLog, TestLedger } from '../../support/test-ledger.js';
import { twoNodes } from '../../support/two-nodes.js';

const RIGHT = 'seven-Tills-4';
const SET_ANEW = 'eight-Tills-5';

async function openShop(node: TestLedger): Promise<void> {
  await node.register('M1', settings({ voidPolicy: { partial: true } }), { T1: 'S1' });
  await setAnn(node, RIGHT);
  await node.send(sell(1));
}

async function setAnn(node: TestLedger, password: string): Promise<void> {
  await node.ledger.merchants.setSupervisor('M1', 'ann', { name: 'Ann', password }, BY);
}

const voidBy = (node: TestLedger, stan: number, password: string) =>
  node.send(back('void', 1, stan, { amount: 1, supervisor: { id: 'ann', password } }));

async function guess(node: TestLedger, times: number): Promise<void> {
  for (let stan = 10; stan < 10 + times; stan += 1) {
    expect(await voidBy(node, stan, 'a guess')).toMatchObject({ refusal: { responseCode: '55' } });
  }
}

async function locks(node: TestLedger): Promise<number> {
  return (await node.log()).filter(({ event }) => event.type === 'SupervisorLocked').length;
}

test('guesses at a password that another node has set anew meanwhile lock nobody out of the new one', async () => {
  const { one, other, network } = await twoNodes();
  await openShop(one);
  const news = network.holdNews();
  await setAnn(other, SET_ANEW);
  await guess(one, 5);
  news.letGo();

  expect(await voidBy(other, 2, SET_ANEW)).toMatchObject({ answer: { status: 'open' } });
  expect(await locks(one)).toBe(0);
});

test('a lock that the store did not take is written with the next wrong password', async () => {
  const flaky = new FlakyStore();
  const ledger = await TestLedger.open(newSqliteLog(), { wrap: flaky.wrap });
  await openShop(ledger);
  await guess(ledger, 4);
  flaky.failNext('merchant-M1', 'not-done');
  await expect(voidBy(ledger, 20, 'a guess')).rejects.toThrow('the disk is away');
  expect(await locks(ledger)).toBe(0);

  await voidBy(ledger, 21, 'a guess');
  expect(await locks(ledger)).toBe(1);
  expect(await voidBy(ledger, 22, RIGHT)).toMatchObject({ refusal: { responseCode: '55' } });
});

describe('passwords that come together', () => {
  const together = (node: TestLedger, passwords: readonly string[]) =>
    Promise.all(passwords.map((password, index) => voidBy(node, 10 + index, password)));

  test('are all let through when they are right', async () => {
    const ledger = await TestLedger.open();
    await openShop(ledger);

    const outcomes = await together(ledger, Array<string>(8).fill(RIGHT));

    for (const outcome of outcomes) expect(outcome).toMatchObject({ answer: { amount: 1 } });
    expect(await locks(ledger)).toBe(0);
  });

  test('are no more than five guesses: the next one is not even compared', async () => {
    const ledger = await TestLedger.open();
    await openShop(ledger);

    const outcomes = await together(ledger, [...Array<string>(5).fill('a guess'), RIGHT]);

    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ refusal: { responseCode: '55' } });
    expect(await locks(ledger)).toBe(1);
  });
});
