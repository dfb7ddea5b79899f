import { beforeEach, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { settings } from '../../support/facts.js';
import { close, sell } from '../../support/requests.js';
import { TestLedger } from '../../support/test-ledger.js';

const DATE = '2026-11-24';

let ledger: TestLedger;

beforeEach(async () => {
  ledger = await TestLedger.open();
});

/** What the file has of one payout to a merchant whose settings are written to the log as they are here. */
async function payoutTo(more: Parameters<typeof settings>[0]): Promise<Record<string, string>> {
  await ledger.register('M1', settings({ settlementCycle: 'T0', ...more }), { T1: 'S1' });
  await ledger.send(sell(1));
  await ledger.send(close());
  await ledger.send({ op: 'payouts', date: DATE });
  await ledger.caughtUp();
  const file = await ledger.ledger.payoutFiles.file(DATE, 'csv');
  const text = 'text' in file ? file.text : '';
  const [row = {}] = parse<Record<string, string>>(text, { columns: true });
  return row;
}

test('a name of an earlier version’s log has a sign for what XML can’t hold', async () => {
  expect((await payoutTo({ name: 'Corner\uffffshop' }))['name']).toBe('Corner\ufffdshop');
});

test('an IBAN that an earlier version’s log has as it was spelled is in its electronic form', async () => {
  const payoutAccount = { name: 'A shop', iban: 'de89 3704 0044 0532 0130-00' };
  const row = await payoutTo({ payoutAccount });
  expect([row['name'], row['iban']]).toEqual(['A shop', 'DE89370400440532013000']);
});
