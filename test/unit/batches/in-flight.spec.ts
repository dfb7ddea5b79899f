import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { EventStore } from '../../../src/event-store/event-store.js';
import { StoreUnavailableError } from '../../../src/event-store/event-store.js';
import { settings } from '../../support/facts.js';
import { HeldStore } from '../../support/held-store.js';
import { expectInvariants } from '../../support/invariants.js';
import { addKey } from '../../support/key-events.js';
import { back, close, sell, timeout } from '../../support/requests.js';
import { of } from '../../support/specification.js';
import { BY, newSqliteLog, TestLedger } from '../../support/test-ledger.js';

/** Reads of this stream fail. */
let unreadable: string | undefined;
let ledger: TestLedger;

const failing = (inner: EventStore): EventStore =>
  Object.assign(Object.create(inner) as EventStore, {
    readStream: (stream: string, from?: number, most?: number) =>
      stream === unreadable
        ? Promise.reject(new StoreUnavailableError('the store is away', 'not-done'))
        : inner.readStream(stream, from, most),
  });

beforeEach(async () => {
  unreadable = undefined;
  ledger = await TestLedger.open(newSqliteLog(), { wrap: failing });
  await ledger.register('M1', settings(), { T1: 'S1' });
});

/** For a close that waits for nobody to come to its end. */
async function longEnough(batch: string): Promise<void> {
  for (let turns = 0; turns < 100; turns += 1) {
    await ledger.store.readStream(batch);
    await turn();
  }
}

describe('a close waits for no request', () => {
  test('whose own batch could not be read while it kept that of its original open', async () => {
    await ledger.send(sell(1));
    unreadable = 'batch-M1.T1.000002';
    const name = { merchantId: 'M1', terminalId: 'T1', batchNo: '000002', stan: '000001' };
    const original = { batchNo: '000001', stan: '000001' };
    await expect(ledger.send({ op: 'timeout-reversal', ...name, original })).rejects.toThrow(
      'the store is away',
    );
    expect(await ledger.send(close())).toMatchObject({ answer: { status: 'closed' } });
  });

  test('whose limits could not be read', async () => {
    const limits = { daily: { sale: { count: 9 } } };
    await ledger.register('M1', settings({ limits }), {});
    await ledger.send(sell(1));
    const { daySums } = ledger.views;
    const read = daySums.read.bind(daySums);
    daySums.read = () => {
      throw new Error('the view is away');
    };
    await expect(ledger.send(sell(2))).rejects.toThrow('the view is away');
    daySums.read = read;
    expect(await ledger.send(close())).toMatchObject({ answer: { status: 'closed' } });
  });
});

describe('a request that waits for an approval', () => {
  const waiting = { ...back('void', 1, 1), batchNo: '000002' };
  const approve = { op: 'approve', approvalId: 'M1.T1.000002.000001' } as const;

  beforeEach(async () => {
    await ledger.register('M1', settings({ voidPolicy: { approvalAbove: of(0) } }), {});
    await ledger.send(sell(1));
    expect(await ledger.send(waiting)).toMatchObject({ answer: { status: 'awaiting-approval' } });
  });

  test('to void a sale is told in the same turn that the sale has settled', async () => {
    expect(await ledger.send(close())).toMatchObject({ answer: { settled: { count: 1 } } });
    const onSale = await ledger.store.readStream('sale-M1.T1.000001.000001');
    expect(onSale.slice(-2).map(({ type }) => type)).toEqual(['Settled', 'ApprovalDeclined']);
  });

  test('keeps no batch open once it is approved', async () => {
    expect(await ledger.send(approve)).toMatchObject({
      answer: { approval: { status: 'approved' } },
    });
    expect(await ledger.send(close('000002'))).toMatchObject({ answer: { status: 'closed' } });
  });
});

describe('a close that comes while a time-out reversal is on its way', () => {
  test.each(['void', 'refund'] as const)(
    'settles the sale of which a %s had left a part',
    async (op) => {
      const network = new HeldStore();
      ledger = await TestLedger.open(newSqliteLog(), { wrap: network.wrap });
      const refundPolicy = { whileVoidable: 'allow' } as const;
      await ledger.register('M1', settings({ refundPolicy }), { T1: 'S1' });
      await ledger.send(sell(1));
      await ledger.send(back(op, 1, 2, { amount: 4_000 }));
      const reversal = network.holdNext('sale-M1.T1.000001.000001');
      const reversing = ledger.send(timeout(3, 2));
      await reversal.sent;
      const closing = ledger.send(close());
      while ((await ledger.store.readStream('batch-M1.T1.000001')).length === 0) await turn();
      reversal.letGo();

      expect(await reversing).toMatchObject({ answer: { outcome: 'reversed' } });
      const closed = await closing;
      expect(closed).toMatchObject({ answer: { settled: { count: 1, amount: '10000' } } });
      expect(closed).not.toHaveProperty('answer.carriedForward');
      await expectInvariants(ledger);
    },
  );
});

describe('a close that comes while a void is on its way', () => {
  test('counts it in the batch that let it in, though others were not let in meanwhile', async () => {
    const network = new HeldStore();
    ledger = await TestLedger.open(newSqliteLog(), { wrap: network.wrap });
    await ledger.register('M1', settings(), { T1: 'S1', T2: 'S2' });
    await ledger.send(sell(1));
    const { sent, letGo } = network.holdNext('sale-M1.T1.000001.000001');
    const voiding = ledger.send(back('void', 1, 1, { terminalId: 'T2', amount: 4_000 }));
    await sent;
    const closing = ledger.send(close('000001', { terminalId: 'T2' }));
    while ((await ledger.store.readStream('batch-M1.T2.000001')).length === 0) await turn();
    const elsewhere = { terminalId: 'T2' };
    const late = [sell(7, elsewhere), back('void', 1, 8, elsewhere), timeout(9, 6)];
    for (const sending of late) {
      const refused = await ledger.send({ ...sending, ...elsewhere });
      expect(refused).toMatchObject({ refusal: { responseCode: '90' } });
    }
    await longEnough('batch-M1.T2.000001');
    letGo();

    expect(await voiding).toHaveProperty('answer');
    expect(await closing).toMatchObject({
      answer: { totals: { voidCount: 1, voidAmount: '4000' } },
    });
    await expectInvariants(ledger);
  });
});

describe('a sale that is put back while its batch is being closed', () => {
  test('settles alone only once the close has said what settled', async () => {
    const network = new HeldStore();
    ledger = await TestLedger.open(newSqliteLog(), { wrap: network.wrap });
    await ledger.register('M1', settings(), { T1: 'S1', T2: 'S2' });
    await ledger.send(sell(1));
    await ledger.send(back('void', 1, 1, { terminalId: 'T2' }));
    const asked = network.holdNext('batch-M1.T1.000001');
    const closing = ledger.send(close());
    await asked.sent;
    const told = network.holdNext('batch-M1.T1.000001');
    asked.letGo();
    await told.sent;
    await ledger.send({ ...timeout(2, 1), terminalId: 'T2' });
    const settle = { op: 'settle', saleId: 'M1.T1.000001.000001' } as const;

    expect(await ledger.send(settle)).toMatchObject({
      refusal: { code: 'batch-closing', responseCode: '90', nextStep: 'wait' },
    });
    told.letGo();
    expect(await closing).toMatchObject({ answer: { settled: { count: 0 } } });
    expect(await ledger.send(settle)).toMatchObject({ answer: { sale: { revision: 3 } } });
    await expectInvariants(ledger);
  });

  test('keeps it from closing while it settles alone', async () => {
    const network = new HeldStore();
    ledger = await TestLedger.open(newSqliteLog(), { wrap: network.wrap });
    await ledger.register('M1', settings(), { T1: 'S1', T2: 'S2' });
    await ledger.send(sell(1));
    const alone = network.holdNext('sale-M1.T1.000001.000001');
    const settling = ledger.send({ op: 'settle', saleId: 'M1.T1.000001.000001' });
    await alone.sent;
    const closing = ledger.send(close());
    await longEnough('batch-M1.T1.000001');
    alone.letGo();

    expect(await settling).toMatchObject({
      answer: { sale: { settlement: { kind: 'instant' } } },
    });
    expect(await closing).toMatchObject({ answer: { settled: { count: 1 } } });
  });
});

describe('where a view has stopped that has no part in it', () => {
  beforeEach(async () => {
    for (const stream of ['key-a', 'key-b']) await addKey(ledger.store, stream);
    await expect(ledger.caughtUp()).rejects.toThrow(/view keys/);
  });

  test('sales are taken and batches closed', async () => {
    expect(await ledger.send(sell(1))).toMatchObject({ answer: { status: 'open' } });
    expect(await ledger.send(close())).toMatchObject({ answer: { settled: { count: 1 } } });
  });

  test('the end of the business date closes what is open', async () => {
    await ledger.send(sell(1));
    ledger.at('2026-11-24T16:00:00Z');
    await ledger.closeDue();
    const types = (await ledger.log()).map(({ event }) => event.type);
    expect(types.filter((type) => type.startsWith('Batch'))).toEqual([
      'BatchCloseRequested',
      'BatchClosed',
    ]);
  });
});

describe('where a view has stopped of which a close has need', () => {
  beforeEach(async () => {
    await ledger.send(sell(1));
    await ledger.send(back('void', 1, 2, { amount: 4_000 }));
  });

  /** Writes down a fact about the sale once more, which some views can't digest. */
  async function repeatOnSale(type: string, stream: string): Promise<void> {
    const onSale = await ledger.store.readStream('sale-M1.T1.000001.000001');
    const fact = onSale.find((event) => event.type === type);
    if (!fact) throw new Error(`there is no ${type}`);
    await ledger.store.append(stream, 'any', [{ ...fact, id: randomUUID() }]);
    await ledger.caughtUp().catch(() => undefined);
  }

  test.each([
    ['sales', 'Sale', 'sale-M1.T1.000001.000009'],
    ['batches', 'Void', 'sale-M1.T1.000001.000001'],
  ])(
    '%s, the batch stays closing, and nothing is said of what has settled',
    async (view, ...of) => {
      await repeatOnSale(...of);
      const stopped = ledger.views.state().filter(({ status }) => status === 'stopped');
      expect(stopped.map(({ name }) => name)).toContain(view);

      await ledger.ledger.batches.close(sell(1), {}, BY).catch(() => undefined);

      const types = (await ledger.log()).map(({ event }) => event.type);
      expect(types.filter((type) => type.startsWith('Batch'))).toEqual(['BatchCloseRequested']);
    },
  );
});
