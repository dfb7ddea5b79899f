import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Account } from '../../src/accounting/domain/chart-of-accounts.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { CrashingStore } from '../support/crashing-store.js';
import { settings } from '../support/facts.js';
import { expectInvariants, expectSameRebuilt } from '../support/invariants.js';
import { back, close, sell } from '../support/requests.js';
import { BY, newKurrentDbLog, TestLedger } from '../support/test-ledger.js';

jest.setTimeout(120_000);

const REFUNDED = 4_000;
const shop = settings({ refundPolicy: { whileVoidable: 'allow' } });

/** A node that does not hear what others write, as in the moment before it asks. */
const deaf = (inner: EventStore): EventStore =>
  Object.assign(Object.create(inner) as EventStore, {
    readAll: (options: Parameters<EventStore['readAll']>[0]) =>
      options.prefixes ? Promise.resolve([]) : inner.readAll(options),
  });

describe('behind a close on another node', () => {
  let closing: TestLedger;
  let late: TestLedger;

  beforeEach(async () => {
    const log = newKurrentDbLog();
    closing = await TestLedger.open(log);
    await closing.register('M1', shop, { T1: 'S1' });
    late = await TestLedger.open(log, { wrap: deaf });
    await late.send(sell(1));
    await late.send(sell(2));
  });

  /** On the side on which the account grows. */
  async function balanceOf(account: Account, ledger: TestLedger): Promise<bigint> {
    await ledger.caughtUp();
    const sums = ledger.views.books.trialBalance().filter((sum) => sum.account === account);
    return sums.reduce((balance, { debit, credit }) => balance + credit - debit, 0n);
  }

  const closedAnswer = async (batchNo: string) =>
    ((await closing.send(close(batchNo))) as { answer: Record<string, unknown> }).answer;

  test('a refund is cleared by the terminal’s next close, which lists it', async () => {
    const first = await closedAnswer('000001');
    const refunded = await late.send(back('refund', 1, 3, { amount: REFUNDED }));
    expect(refunded).toMatchObject({ answer: { kind: 'refund' } });
    expect(await closedAnswer('000001')).toEqual(first);
    expect(await balanceOf('refund_payable', closing)).toBe(BigInt(REFUNDED));

    await closing.send(sell(1, { batchNo: '000002' }));
    expect(await closedAnswer('000002')).toMatchObject({
      totals: { saleCount: 1, refundCount: 0 },
      carriedForward: ['M1.T1.000001.000003'],
    });
    expect(await balanceOf('refund_payable', closing)).toBe(0n);

    await closing.send(sell(1, { batchNo: '000003' }));
    expect(await closedAnswer('000003')).not.toHaveProperty('carriedForward');
    expect(await balanceOf('refund_payable', closing)).toBe(0n);
    await expectSameRebuilt(closing);
  });

  test('the reversal of a refund that was cleared is taken off what the next close clears', async () => {
    await late.send(back('refund', 1, 3, { amount: REFUNDED }));
    await closing.caughtUp();
    await closedAnswer('000001');
    const command = { merchantId: 'M1', terminalId: 'T1', batchNo: '000001', stan: '000004' };
    const original = { batchNo: '000001', stan: '000003' };
    const content = { ...command, original };
    const reversed = await late.ledger.timeoutReversals.reverse(content, { content, by: BY });
    // The sale has settled with the refund taken off: its money is not put back.
    expect(reversed).toMatchObject({ refusal: { code: 'settled-since' } });
    expect(await balanceOf('refund_payable', closing)).toBe(0n);

    await closing.send(back('refund', 2, 5, { batchNo: '000002', amount: REFUNDED }));
    await late.ledger.batches.batch({ ...command, batchNo: '000002' });
    await closedAnswer('000002');
    const later = { ...command, batchNo: '000002', stan: '000006' };
    const again = { ...later, original: { batchNo: '000002', stan: '000005' } };
    expect(
      await late.ledger.timeoutReversals.reverse(again, { content: again, by: BY }),
    ).toMatchObject({ answer: { outcome: 'reversed' } });
    expect(await balanceOf('refund_payable', closing)).toBe(BigInt(-REFUNDED));

    await closing.send(sell(1, { batchNo: '000003' }));
    await closedAnswer('000003');
    expect(await balanceOf('refund_payable', closing)).toBe(0n);
    await expectSameRebuilt(closing);
  });
});

/**
 * Places of a close of two sales, one of them refunded in part, at which its node may die: before each append, which
 * leaves the same log as behind the one before it, and behind the last.
 */
const PLACES = [
  ...[1, 2, 3, 4].map((at) => ({ at, loses: 'append' as const })),
  { at: 4, loses: 'answer' as const },
];

test('a close whose node dies, wherever it does, is ended by the terminal’s repeat through another', async () => {
  for (const { at, loses } of PLACES) {
    const log = newKurrentDbLog();
    const other = await TestLedger.open(log);
    await other.register('M1', shop, { T1: 'S1' });
    await other.send(sell(1));
    await other.send(sell(2));
    await other.send(back('refund', 1, 3, { amount: REFUNDED }));
    const dying = await TestLedger.open(log, {
      wrap: (inner) => new CrashingStore(inner, { at, loses }),
    });
    await dying.send(close()).catch(() => undefined);
    expect(dying.store).toMatchObject({ isDead: true, appends: at });

    expect(await other.send(close())).toMatchObject({
      answer: { status: 'closed', settled: { count: 2, amount: String(20_000 - REFUNDED) } },
    });
    const types = (await other.log()).map(({ event }) => event.type);
    const times = (type: string) => types.filter((each) => each === type).length;
    expect([times('BatchCloseRequested'), times('Settled'), times('BatchClosed')]).toEqual([
      ...[1, 2, 1],
    ]);
    await expectInvariants(other);
    await Promise.all([dying.close(), other.close()]);
  }
});
