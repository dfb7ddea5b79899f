import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Ledger } from '../../src/compose-ledger.js';
import { minor } from '../../src/ledger/domain/money.js';
import { requestName, streams } from '../../src/ledger/domain/request-name.js';
import { Journal } from '../../src/ledger/journal.js';
import { RequestSweep } from '../../src/sales/request-sweep.js';
import { SALE_TIME, settings } from '../support/facts.js';
import { TestLedger } from '../support/test-ledger.js';

jest.setTimeout(60_000);

const BY = { kind: 'terminal', id: 'SHOP.T1' } as const;
const CARD = { token: 'tok_1', last4: '0001' };

let own: TestLedger;
let ledger: Ledger;
let stan = 0;

beforeAll(async () => {
  own = await TestLedger.open();
  ({ ledger } = own);
  await own.register('SHOP', settings({ voidPolicy: { partial: true } }), { T1: 'S1' });
});

const nextName = () => {
  stan += 1;
  const own = { merchantId: 'SHOP', terminalId: 'T1', batchNo: '000001' };
  return { ...own, stan: String(stan).padStart(6, '0') };
};

const sell = async (): Promise<string> => {
  const content = { ...nextName(), amount: minor(1_000), currency: 'CNY', card: CARD };
  await ledger.sales.take(content, { content, by: BY });
  return requestName(content);
};

/** The log as a crash leaves it that comes between the two writes of a request. */
const takeOnly = async (
  kind: 'void' | 'timeout-reversal',
  target: string,
  more: object,
): Promise<string> => {
  const content = { ...nextName(), ...more };
  const request = requestName(content);
  const fact = { businessDate: SALE_TIME.slice(0, 10), occurredAt: SALE_TIME };
  const data = { request, kind, target, content, ...content, ...fact };
  await new Journal(own.store).append(
    streams.request(request),
    'no-stream',
    [{ type: 'RequestTaken', data }],
    { request, by: BY },
  );
  return request;
};

/** As a node that finds them: each has its own sweep, and no other knowledge than the log. */
const sweep = async (nodes = 1): Promise<void> => {
  await own.caughtUp();
  const { giveBacks, timeoutReversals } = ledger;
  const journal = new Journal(own.store);
  await Promise.all(
    Array.from({ length: nodes }, () =>
      new RequestSweep(journal, own.views, giveBacks, timeoutReversals).run(Date.now()),
    ),
  );
  await own.caughtUp();
};

const outcome = async (name: string) => (await ledger.requestQueries.request(name))?.outcome;

describe('a request that a crash left without an outcome', () => {
  test('is finished once, in the name of who asked, however often the ledger looks', async () => {
    const saleId = await sell();
    const voidId = await takeOnly('void', saleId, { amount: 300, reason: 'mistaken' });
    expect(await outcome(voidId)).toBe('in-progress');

    await sweep(3);
    await sweep();

    expect(await outcome(voidId)).toBe('done');
    const recorded = await ledger.saleQueries.sale(saleId);
    expect(recorded?.sale).toMatchObject({ voided: 300, revision: 1 });
    expect(recorded?.events.at(-1)?.by).toEqual(BY);
    expect(own.views.requests.undecided(Date.now())).toEqual([]);
  });

  test('is finished though hundreds came before it', async () => {
    const requests: string[] = [];
    for (let sale = 0; sale < 201; sale += 1) {
      requests.push(await takeOnly('void', await sell(), { reason: 'mistaken' }));
    }
    await sweep();
    const outcomes = await Promise.all(requests.map(outcome));
    expect(outcomes.filter((each) => each !== 'done')).toEqual([]);
  });

  test('is refused by the ledger when it is no longer possible', async () => {
    const saleId = await sell();
    const voidId = await takeOnly('void', saleId, { reason: 'mistaken' });
    await ledger.settlements.settle(saleId, { kind: 'operator' });

    await sweep();

    expect(await outcome(voidId)).toBe('refused');
  });

  test('is carried out when it is a time-out reversal', async () => {
    const saleId = await sell();
    const original = { batchNo: '000001', stan: saleId.slice(-6) };
    const reversal = await takeOnly('timeout-reversal', saleId, { original });

    await sweep();

    expect(await outcome(reversal)).toBe('done');
    expect(await outcome(saleId)).toBe('reversed');
  });

  test('is left alone while it may still be on its way', async () => {
    const saleId = await sell();
    const voidId = await takeOnly('void', saleId, { reason: 'mistaken' });
    await own.caughtUp();

    await ledger.dueWork.run();

    expect(await outcome(voidId)).toBe('in-progress');
  });
});

describe('a request that its reversal overtook', () => {
  test('has no effect any more, whoever finishes it', async () => {
    const saleId = await sell();
    const voidId = await takeOnly('void', saleId, { reason: 'mistaken' });
    const content = { ...nextName(), original: { batchNo: '000001', stan: voidId.slice(-6) } };
    const reversed = await ledger.timeoutReversals.reverse(content, { content, by: BY });
    expect(reversed).toMatchObject({ answer: { outcome: 'reversed', saleId } });

    await sweep();

    expect(await outcome(voidId)).toBe('reversed');
    expect((await ledger.saleQueries.sale(saleId))?.sale.voided).toBe(0);
  });
});
