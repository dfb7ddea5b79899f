import { beforeEach, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { payoutXml } from '../../../src/payouts/payout-file.js';
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

test('a payout that came back is not told to the bank again', async () => {
  expect((await payoutTo({}))['payoutId']).toBe('M1.CNY.1');
  await ledger.send({ op: 'payout-returned', payoutId: 'M1.CNY.1' });
  await ledger.caughtUp();
  expect(await ledger.ledger.payoutFiles.file(DATE, 'csv')).toMatchObject({
    refusal: { code: 'unknown-payout' },
  });
});

test('a merchant of whom no account is known is paid by its own number', () => {
  const payer = { name: 'Acquirer', account: '1' };
  const payout = { payoutId: 'M1.CNY.1', merchantId: 'M1', name: 'A shop', currency: 'CNY' };
  const accountOf = (account: object) =>
    /<CdtrAcct>\s*(<Id>[^]*?)\s*<\/CdtrAcct>/
      .exec(payoutXml(DATE, [{ ...payout, account, amount: 1n }], payer, 0))?.[1]
      ?.replace(/\s/g, '');
  expect(accountOf({})).toBe('<Id><Othr><Id>M1</Id></Othr></Id>');
  expect(accountOf({ number: '7' })).toBe('<Id><Othr><Id>7</Id></Othr></Id>');
});
