import { expect, test } from '@jest/globals';
import { BytesCheck } from '../../../src/audit/verify/bytes-check.js';
import { Verification } from '../../../src/audit/verify/verification.js';
import type { StoredEvent } from '../../../src/event-store/event-store.js';
import type { LedgerEvent } from '../../../src/ledger/domain/ledger-event.js';
import { Journal } from '../../../src/ledger/journal.js';
import { requestRefusals } from '../../../src/sales/domain/request-refusals.js';
import { eventfulLog, saidBy } from '../../support/eventful-log.js';
import { settings } from '../../support/facts.js';
import { HeldStore } from '../../support/held-store.js';
import { back, sell, timeout } from '../../support/requests.js';
import { covered } from '../../support/tampering.js';
import { BY, newSqliteLog, TestLedger } from '../../support/test-ledger.js';
import { twoNodes } from '../../support/two-nodes.js';

const OUTCOMES = ['Void', 'Refund', 'ApprovalRequested', 'Refused', 'Reversal', 'NothingToReverse'];

/** How many requests had no outcome behind each event: those that were taken, but for those of which something became. */
function undecidedBehindEach(log: readonly StoredEvent[]): number[] {
  const waiting = new Set<unknown>();
  return log.map((event) => {
    const { request, of } = saidBy(event);
    if (event.type === 'RequestTaken') waiting.add(request);
    // A bar against a request that was refused is not what became of it.
    else if (OUTCOMES.includes(event.type) && request !== of)
      [request, of].forEach((each) => waiting.delete(each));
    return waiting.size;
  });
}

/** What is counted behind each. */
function countedBehindEach(log: readonly StoredEvent[]): number[] {
  const bytes = new BytesCheck({});
  const verification = new Verification();
  const counted = log.map((event) => {
    verification.take(bytes.take({ events: [event], faults: [] }));
    return verification.verified({ rootHash: '', heads: 0, findings: [] }).undecided;
  });
  verification.close();
  bytes.close();
  return counted;
}

test('requests without an outcome are counted, wherever the log ends', async () => {
  const log = covered(await eventfulLog());
  const counted = countedBehindEach(log);
  expect(Math.max(...counted)).toBeGreaterThan(0);
  expect(counted).toEqual(undecidedBehindEach(log));
});

test('one that is reversed as its effect is on its way has its outcome, and no other where an older version wrote it refused', async () => {
  const network = new HeldStore();
  const ledger = await TestLedger.open(newSqliteLog(), { wrap: network.wrap });
  await ledger.register('M1', settings(), { T1: 'S1' });
  await ledger.send(sell(1));
  const effect = network.holdNext('sale-M1.T1.000001.000001');
  const voiding = ledger.send(back('void', 1, 2));
  await effect.sent;
  await ledger.send(back('void', 1, 3, { amount: 1 }));
  const read = network.holdNextRead('sale-M1.T1.000001.000001', 1);
  effect.letGo();
  await read.sent;
  expect(await ledger.send(timeout(4, 2))).toMatchObject({ answer: { outcome: 'reversed' } });
  read.letGo();
  expect(await voiding).toMatchObject({ refusal: { responseCode: '12' } });
  const taken = (await ledger.log()).find(({ stream }) => stream === 'sale-M1.T1.000001.000002');
  const data = { ...taken?.event.data, refusal: requestRefusals.reversed() };
  await new Journal(ledger.store).append(
    'sale-M1.T1.000001.000002',
    0,
    [{ type: 'Refused', data } as LedgerEvent],
    { request: 'M1.T1.000001.000002', by: BY },
  );
  const log = await ledger.store.readAll({ limit: 100 });
  const last = log.slice(-3).map(({ type }) => type);
  expect(last).toEqual(['RequestTaken', 'Reversal', 'Refused']);
  expect(countedBehindEach(log).slice(-3)).toEqual([2, 0, 0]);
});

test('one that is barred from its sale has its outcome once it is refused', async () => {
  const { one, other, network } = await twoNodes();
  await one.register('M1', settings(), { T1: 'S1' });
  await one.send(sell(1));
  const effect = network.holdNext('sale-M1.T1.000001.000001');
  const voiding = one.send(back('void', 1, 2));
  await effect.sent;
  await other.send(back('void', 1, 3));
  effect.letGo();
  expect(await voiding).toMatchObject({ refusal: { code: 'amount-remaining' } });
  const log = await one.store.readAll({ limit: 100 });
  const last = log.slice(-5).map(({ type }) => type);
  expect(last).toEqual(['RequestTaken', 'RequestTaken', 'Void', 'Reversal', 'Refused']);
  expect(countedBehindEach(log).slice(-5)).toEqual([1, 2, 1, 1, 0]);
});

test('a sale that is refused never waited for an outcome', async () => {
  const ledger = await TestLedger.open();
  await ledger.register('M1', settings(), { T1: 'S1' });
  await ledger.send(sell(1, { currency: 'USD' }));
  const log = await ledger.store.readAll({ limit: 100 });
  expect(log.at(-1)?.type).toBe('Refused');
  expect(countedBehindEach(log)).toEqual(log.map(() => 0));
});
