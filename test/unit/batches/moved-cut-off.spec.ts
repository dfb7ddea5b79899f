import { beforeEach, describe, expect, test } from '@jest/globals';
import { settings } from '../../support/facts.js';
import { expectSameRebuilt } from '../../support/invariants.js';
import { sell } from '../../support/requests.js';
import { BY, newSqliteLog, TestLedger, type TestLog } from '../../support/test-ledger.js';
import { twoNodes } from '../../support/two-nodes.js';

const batch = { merchantId: 'M1', terminalId: 'T1', batchNo: '000001' };

let log: TestLog;
let ledger: TestLedger;

const cutOff = (dayCloseAt: string): Promise<unknown> =>
  ledger.ledger.merchants.put('M1', settings({ dayCloseAt }), BY);

const statusAt = async (time: string): Promise<unknown> => {
  ledger.at(time);
  await ledger.closeDue();
  const found = await ledger.ledger.batches.batch(batch);
  return found?.status;
};

beforeEach(async () => {
  log = newSqliteLog();
  ledger = await TestLedger.open(log);
  await ledger.register('M1', settings({ dayCloseAt: '21:00' }), { T1: 'S1' });
});

describe.each([
  ['later, between two of its sales', '21:00', '22:00'],
  ['earlier, between two of its sales', '22:00', '21:00'],
])('a batch whose cut-off was moved %s', (_, before, after) => {
  beforeEach(async () => {
    await cutOff(before);
    await ledger.send(sell(1));
    await ledger.caughtUp();
    await cutOff(after);
    await ledger.send(sell(2));
  });

  test('stays open until the last of its sales may no longer be voided', async () => {
    expect(await statusAt('2026-11-24T13:59:59.999Z')).toBe('open');
    expect(await statusAt('2026-11-24T14:00:00.000Z')).toBe('closed');
  });

  test.each([
    ['its views built anew', false],
    ['the views that were there', true],
  ])('does so after a restart, too, with %s', async (_, isKept) => {
    const { viewsDir } = ledger;
    await ledger.close();
    ledger = await TestLedger.open(log, isKept ? { viewsDir } : {});

    expect(await statusAt('2026-11-24T13:59:59.999Z')).toBe('open');
    expect(await statusAt('2026-11-24T14:00:00.000Z')).toBe('closed');
  });
});

test('a batch that two nodes have opened on two dates closes at the end of the first', async () => {
  const { one, other, networkOfOther } = await twoNodes();
  await one.register('M1', settings({ dayCloseAt: '21:00' }), { T1: 'S1' });
  one.at('2026-11-24T12:59:59.900Z');
  other.at('2026-11-24T13:00:00.100Z');
  const { sent, letGo } = networkOfOther.holdNext('sale-');
  const next = other.send(sell(2));
  await sent;
  await one.send(sell(1));
  await one.caughtUp();
  letGo();
  expect(await next).toMatchObject({ answer: { businessDate: '2026-11-25' } });

  one.at('2026-11-24T13:00:01.000Z');
  await one.caughtUp();
  await expectSameRebuilt(one);
  await one.closeDue();
  expect(await one.ledger.batches.batch(batch)).toMatchObject({ status: 'closed' });
});

test('a batch lasts as long as the last of its sales may be voided, also of those that another node took', async () => {
  const { one, other } = await twoNodes();
  await one.register('M1', settings({ dayCloseAt: '21:00' }), { T1: 'S1' });
  await one.send(sell(1));
  await one.ledger.merchants.put('M1', settings({ dayCloseAt: '22:00' }), BY);
  await other.send(sell(2));
  await one.caughtUp();

  one.at('2026-11-24T13:30:00.000Z');
  await one.closeDue();
  expect(await one.ledger.batches.batch(batch)).toMatchObject({ status: 'open' });
  one.at('2026-11-24T14:00:00.000Z');
  await one.closeDue();
  expect(await one.ledger.batches.batch(batch)).toMatchObject({ status: 'closed' });
});
