import { expect, test } from '@jest/globals';
import { BytesCheck } from '../../../src/audit/verify/bytes-check.js';
import { Verification } from '../../../src/audit/verify/verification.js';
import type { StoredEvent } from '../../../src/event-store/event-store.js';
import { eventfulLog, saidBy } from '../../support/eventful-log.js';
import { settings } from '../../support/facts.js';
import { sell } from '../../support/requests.js';
import { covered } from '../../support/tampering.js';
import { TestLedger } from '../../support/test-ledger.js';

const OUTCOMES = ['Void', 'Refund', 'ApprovalRequested', 'Refused', 'Reversal', 'NothingToReverse'];

/** How many requests had no outcome behind each event: those that were taken, but for those of which something became. */
function undecidedBehindEach(log: readonly StoredEvent[]): number[] {
  const waiting = new Set<unknown>();
  return log.map((event) => {
    const { request, of } = saidBy(event);
    if (event.type === 'RequestTaken') waiting.add(request);
    // A bar against a request that was refused is not what became of it.
    else if (OUTCOMES.includes(event.type) && request !== of) waiting.delete(request);
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

test('a sale that is refused never waited for an outcome', async () => {
  const ledger = await TestLedger.open();
  await ledger.register('M1', settings(), { T1: 'S1' });
  await ledger.send(sell(1, { currency: 'USD' }));
  const log = await ledger.store.readAll({ limit: 100 });
  expect(log.at(-1)?.type).toBe('Refused');
  expect(countedBehindEach(log)).toEqual(log.map(() => 0));
});
