import { beforeEach, describe, expect, test } from '@jest/globals';
import { composeLedger } from '../../../src/compose-ledger.js';
import type { Outcome } from '../../../src/sales/sales.commands.js';
import { CrashingStore } from '../../support/crashing-store.js';
import { settings } from '../../support/facts.js';
import { back, name, sell, send } from '../../support/requests.js';
import { BY, newSqliteLog, TestLedger } from '../../support/test-ledger.js';

let ledger: TestLedger;

beforeEach(async () => {
  ledger = await TestLedger.open();
  await ledger.register('M1', settings(), { T1: 'S1', T2: 'S1' });
});

const refusedWith = (code: string, more: object = {}) => ({ refusal: { code, ...more } });

/** What it writes: the types of the events, in their order. */
async function writing(task: () => Promise<unknown>): Promise<string[]> {
  const before = (await ledger.log()).length;
  await task();
  return (await ledger.log()).slice(before).map(({ event }) => event.type);
}

describe('a name is used up by whatever used it first', () => {
  test('a sale’s by a void, and the fields that differ are named', async () => {
    await ledger.send(sell(1));
    await ledger.send(sell(2));
    const outcome = await ledger.send(back('void', 1, 2));
    expect(outcome).toMatchObject({
      refusal: { code: 'request-name-used', responseCode: '94' },
      replayed: false,
    });
    expect('refusal' in outcome && outcome.refusal.fields).toEqual([
      'amount',
      'card.last4',
      'card.token',
      'currency',
      'kind',
      'reason',
      'saleId',
    ]);
  });
  test('a void’s by a sale, and by a void of another amount, sale or kind', async () => {
    await ledger.send(sell(1));
    await ledger.send(sell(2));
    await ledger.send(back('void', 1, 3, { amount: 100 }));
    const wrote = await writing(async () => {
      const used = refusedWith('request-name-used');
      expect(await ledger.send(sell(3))).toMatchObject(used);
      for (const other of [
        back('void', 1, 3, { amount: 101 }),
        back('void', 1, 3),
        back('void', 2, 3, { amount: 100 }),
        back('refund', 1, 3, { amount: 100 }),
        back('reversal', 1, 3, { amount: 100 }),
        back('void', 1, 3, { amount: 100, reason: 'other' }),
      ]) {
        expect(await ledger.send(other)).toMatchObject(used);
      }
    });
    expect(wrote).toEqual([]);
  });
  test('a refused sale’s, also by a void; and a refused void’s by a sale', async () => {
    await ledger.send(sell(1));
    await ledger.send(sell(2, { currency: 'USD' }));
    await ledger.send(back('void', 'M1.T1.000001.000099', 3));
    expect(await ledger.send(back('void', 1, 2))).toMatchObject(refusedWith('request-name-used'));
    expect(await ledger.send(sell(3))).toMatchObject(refusedWith('request-name-used'));
  });
  test('only one of two that come at the same moment gets it', async () => {
    await ledger.send(sell(1));
    const outcomes = await Promise.all([
      ledger.send(sell(2)),
      ledger.send(back('void', 1, 2)),
      ledger.send(sell(2, { amount: 5 })),
      ledger.send(back('refund', 1, 2)),
    ]);
    const used = outcomes.filter(
      (outcome) => 'refusal' in outcome && outcome.refusal.code === 'request-name-used',
    );
    expect(used).toHaveLength(3);
  });
});

describe('a repeat', () => {
  test('of a sale, a void and a refund gets the first answer again and writes nothing', async () => {
    const requests = [sell(1), back('void', 1, 2, { amount: 100 }), back('refund', 1, 3)];
    const first: Outcome<unknown>[] = [];
    for (const request of requests) first.push(await ledger.send(request));
    const wrote = await writing(async () => {
      for (const [index, request] of requests.entries()) {
        expect(await ledger.send(request)).toEqual({ ...first[index], replayed: true });
      }
    });
    expect(wrote).toEqual([]);
  });
  test('gets the answer as it was, whatever has become of the sale since', async () => {
    await ledger.send(sell(1));
    const first = await ledger.send(back('void', 1, 2, { amount: 100 }));
    await ledger.send(back('void', 1, 3));
    await ledger.send({ op: 'day-close', merchantId: 'M1' });
    expect(await ledger.send(back('void', 1, 2, { amount: 100 }))).toEqual({
      ...first,
      replayed: true,
    });
  });
  test('of a refused request gets the same refusal, though it would be done now', async () => {
    await ledger.send(sell(1));
    await ledger.ledger.merchants.setRight('M1', 'void', 'frozen', 'checked', BY);
    const refused = await ledger.send(back('void', 1, 2));
    expect(refused).toMatchObject(refusedWith('void-right'));
    await ledger.ledger.merchants.setRight('M1', 'void', 'active', 'checked', BY);
    expect(await ledger.send(back('void', 1, 2))).toEqual({ ...refused, replayed: true });
    expect(await ledger.send(back('void', 1, 3))).toMatchObject({ answer: { status: 'voided' } });
  });
  test('of a refused sale gets the same refusal, also in a batch that is closed by now', async () => {
    const refused = await ledger.send(sell(1, { currency: 'USD' }));
    await ledger.send({ op: 'day-close', merchantId: 'M1' });
    expect(await ledger.send(sell(1, { currency: 'USD' }))).toEqual({ ...refused, replayed: true });
  });
  test('of ten at the same moment, one is done and the others get its answer', async () => {
    await ledger.send(sell(1));
    const request = back('void', 1, 2, { amount: 100 });
    const wrote = await writing(async () => {
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => ledger.send(request)));
      expect(outcomes.filter(({ replayed }) => !replayed)).toHaveLength(1);
      for (const outcome of outcomes) expect({ ...outcome, replayed: true }).toEqual(outcomes[9]);
    });
    expect(wrote).toEqual(['RequestTaken', 'Void']);
  });
});

describe('refusals', () => {
  test('by the rules are written down, apart from the sale', async () => {
    await ledger.send(sell(1));
    const wrote = await writing(async () => {
      await ledger.send(sell(2, { currency: 'USD' }));
      await ledger.send(back('refund', 1, 3));
      await ledger.send(back('void', 1, 4, { amount: 10_001 }));
    });
    expect(wrote).toEqual(['Refused', 'RequestTaken', 'Refused', 'RequestTaken', 'Refused']);
    const sale = await ledger.ledger.saleQueries.sale('M1.T1.000001.000001');
    expect(sale?.events).toHaveLength(1);
  });
  test('of an unknown merchant or terminal are not: the name stays free', async () => {
    const wrote = await writing(async () => {
      expect(await ledger.send(sell(1, { merchantId: 'M9' }))).toMatchObject(
        refusedWith('unknown-merchant', { responseCode: '03' }),
      );
      expect(await ledger.send(back('void', 1, 1, { terminalId: 'T9' }))).toMatchObject(
        refusedWith('unknown-terminal', { responseCode: '97' }),
      );
    });
    expect(wrote).toEqual([]);
    await ledger.ledger.merchants.assignTerminal('M1', { terminalId: 'T9', storeId: 'S1' }, BY);
    expect(await ledger.send(sell(1, { terminalId: 'T9' }))).toHaveProperty('answer');
  });
});

describe('If-Match', () => {
  test('is asked after the content: a repeat gets its answer, another content 94', async () => {
    await ledger.send(sell(1));
    const request = back('void', 1, 2, { amount: 100, ifMatch: 0 });
    const first = await ledger.send(request);
    expect(first).toMatchObject({ answer: { revision: 1 } });
    expect(await ledger.send(request)).toEqual({ ...first, replayed: true });
    expect(await ledger.send({ ...request, amount: 101 })).toMatchObject(
      refusedWith('request-name-used'),
    );
  });
  test('that fails leaves the name free', async () => {
    await ledger.send(sell(1));
    await ledger.send(back('void', 1, 2, { amount: 100 }));
    const wrote = await writing(async () => {
      expect(await ledger.send(back('void', 1, 3, { ifMatch: 0 }))).toMatchObject(
        refusedWith('revision'),
      );
    });
    expect(wrote).toEqual([]);
    expect(await ledger.send(back('void', 1, 3, { ifMatch: 1 }))).toHaveProperty('answer');
  });
  test('that fails leaves a batch that nobody has used yet as it was', async () => {
    await ledger.send(sell(1));
    await ledger.send(back('void', 1, 2, { batchNo: '000002', ifMatch: 7 }));
    ledger.at('2026-11-25T04:00:00.000Z');
    expect(await ledger.send(sell(1, { batchNo: '000002' }))).toHaveProperty('answer');
  });
  test('that fails in a race is a refusal, final for the request', async () => {
    await ledger.send(sell(1));
    const requests = [2, 3, 4].map((stan) => back('void', 1, stan, { amount: 100, ifMatch: 0 }));
    const outcomes = await Promise.all(
      requests.map(async (request) => ({ request, outcome: await ledger.send(request) })),
    );
    const lost = outcomes.filter(({ outcome }) => 'refusal' in outcome);
    expect(lost).toHaveLength(2);
    for (const { request, outcome } of lost) {
      expect(outcome).toMatchObject({ ...refusedWith('revision'), position: expect.any(String) });
      const repeated = await ledger.send({ ...request, ifMatch: 1 });
      expect(repeated).toEqual({ ...outcome, replayed: true });
    }
  });
  test('holds for a request that a crash left without its effect, whatever its repeat names: it is refused', async () => {
    const log = newSqliteLog();
    const request = back('void', 1, 2, { amount: 100, ifMatch: 0 });
    const crashing = await TestLedger.open(log, {
      wrap: (store) => new CrashingStore(store, { at: 6, loses: 'append' }),
    });
    await crashing.register('M1', settings(), { T1: 'S1', T2: 'S1' });
    await crashing.send(sell(1));
    await expect(crashing.send(request)).rejects.toThrow('the process is dead');
    await crashing.close();

    ledger = await TestLedger.open(log);
    expect((await ledger.log()).at(-1)?.event.type).toBe('RequestTaken');
    await ledger.send(back('void', 1, 3, { amount: 1 }));
    const refused = await ledger.send({ ...request, ifMatch: 1 });
    expect(refused).toMatchObject({ ...refusedWith('revision'), position: expect.any(String) });
    expect(await ledger.send(request)).toEqual({ ...refused, replayed: true });
  });
});

test('two nodes that get the same void at the same moment void once', async () => {
  const { store, views, clock } = ledger;
  const other = composeLedger({ store, views, clock });
  for (let round = 1; round <= 5; round += 1) {
    const terminal = { terminalId: 'T2' };
    const sale = sell(round, terminal);
    await ledger.send(sale);
    const saleId = `M1.T2.000001.${name(round).stan}`;
    const request = back('void', saleId, round, { amount: 100 });
    const answers = await Promise.all([ledger.send(request), send(other, request, BY)]);
    const [first, second] = answers.map((outcome) =>
      'answer' in outcome ? outcome.answer : outcome,
    );
    expect(first).toEqual(second);
    expect((await ledger.ledger.saleQueries.sale(saleId))?.sale.voided).toBe(100);
  }
});
