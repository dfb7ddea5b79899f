import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Settings } from 'luxon';
import { faultsOf, TradeImport } from '../../../src/cli/import.js';
import { planMerchants } from '../../../src/cli/import-merchants.js';
import { COLUMNS, KINDS, readTrade } from '../../../src/cli/import-rows.js';
import { type HeldMerchant, OwnLedger, type PlayedLedger } from '../../../src/cli/played-ledger.js';
import { withLedger } from '../../../src/cli/tool.js';
import { readSettings } from '../../../src/config.js';
import { settingsOf } from '../../../src/merchants/merchants.dto.js';
import { statusOf } from '../../../src/sales/domain/sale.js';
import { newFolder } from '../../support/store-folder.js';

const TRADE = `invoice,datetime,country,amount
S1,2026-03-02T10:00:00,France,10000
S2,2026-03-02T10:01:00,Japan,7000
S3,2026-03-02T10:02:00,Japan,500`;

const LAYOUT = { columns: COLUMNS, kinds: KINDS, delimiter: ',', timeZone: 'UTC', decimals: 0 };

const MERCHANT = settingsOf({ name: '', currency: 'GBP', timeZone: 'UTC' });

function readText(text: string, layout: Parameters<typeof readTrade>[1] = LAYOUT) {
  const file = join(newFolder(), 'trade.csv');
  writeFileSync(file, text);
  return readTrade(file, layout);
}

function newLedger() {
  const folder = newFolder();
  return readSettings({ EVENT_STORE_URL: `file:${folder}`, VIEWS_DIR: folder });
}

/** Says of a sale of 70.00 that it was taken, and loses it. */
function losing(ledger: PlayedLedger): PlayedLedger {
  const take: PlayedLedger['take'] = (sale) =>
    sale.amount === 7_000 ? Promise.resolve({ kind: 'sale', replayed: false }) : ledger.take(sale);
  return Object.assign(Object.create(ledger) as PlayedLedger, { take });
}

test.each([
  ['a column twice', 'invoice,datetime,country,amount,amount', {}, /more than one column amount/],
  [
    'no column that was named',
    'invoice,datetime,country,amount',
    { match: 'why' },
    /no column why/,
  ],
])('a file that has %s is not read by guess', async (_what, header, named, message) => {
  const layout = { ...LAYOUT, columns: { ...COLUMNS, ...named } };
  const text = `${header}\nS1,2026-03-02T10:00:00,France,10000`;
  await expect(readText(text, layout)).rejects.toThrow(message);
});

const HEADER = 'invoice,datetime,country,amount,kind,original_invoice,match';

test.each([
  ['no invoice', ',2026-03-02T10:00:00,France,100,sale', 'empty'],
  ['no country', 'S1,2026-03-02T10:00:00, ,100,sale', 'empty'],
  ['a sale below zero', 'S1,2026-03-02T10:00:00,France,-100,sale', 'kind'],
  ['another kind', 'S1,2026-03-02T10:00:00,France,100,loan', 'kind'],
  ['an amount of nothing', 'S1,2026-03-02T10:00:00,France,0,sale', 'amount'],
  ['more than an amount can be', 'S1,2026-03-02T10:00:00,France,1000000000000,sale', 'amount'],
])('a row with %s is no trade', async (_what, row, why) => {
  expect(await readText(`${HEADER}\n${row}`)).toEqual([{ line: 2, why }]);
});

test('a byte-order mark, empty lines and spaces around what a cell says say nothing', async () => {
  const rows = [
    'S1,2026-03-02T10:00:00,France,100,sale,,',
    '',
    ' C1 , 2026-03-02 11:00:00 , France , -100 , cancel , S1 ; S2; , full',
  ];
  const [, cancellation] = await readText(`\ufeff${[HEADER, ...rows, ''].join('\n')}`);
  expect(cancellation).toEqual({
    ...{ line: 4, kind: 'cancel', invoice: 'C1', customer: '', country: 'France', amount: 100 },
    ...{ at: Date.parse('2026-03-02T11:00:00Z'), originals: ['S1', 'S2'] },
  });
});

describe('the merchants of a file', () => {
  const tradeOf = (...rows: readonly (readonly [invoice: string, country: string])[]) =>
    rows.map(([invoice, country], index) => ({
      ...({
        line: index + 2,
        kind: 'sale',
        invoice,
        country,
        at: 0,
        customer: '',
        amount: 1,
      } as const),
      originals: [],
    }));
  const plan = async (trades: ReturnType<typeof tradeOf>, held?: HeldMerchant) => {
    const planned = await planMerchants(trades, MERCHANT, { find: () => Promise.resolve(held) });
    return [...planned].map(([country, { merchantId }]) => [country, merchantId]);
  };

  test('are as many as countries, also where two names make the same, and none of a row that is not played', async () => {
    expect(await plan(tradeOf(['S1', '日本'], ['S2', 'مصر'], ['S1', 'Peru']))).toEqual([
      ['日本', 'merchant'],
      ['مصر', 'merchant2'],
    ]);
  });

  test.each([
    ['in another store', { storeId: 'OTHER' }],
    ['in a currency of its own', { storeId: 'MAIN', currency: 'EUR' }],
  ])('are not used with a terminal %s', async (_what, terminal) => {
    const held = { settings: { ...MERCHANT, name: 'Peru' }, terminal };
    await expect(plan(tradeOf(['S1', 'Peru']), held)).rejects.toThrow('makes: terminal T1.');
  });
});

test.each([
  ['closed at its end', false, 'settled'],
  ['left open where that is asked for', true, 'open'],
])('the last day is %s', async (_what, leaveOpen, status) => {
  const rows = await readText(TRADE);
  const recorded = await withLedger(async (tool) => {
    const trade = new TradeImport(new OwnLedger(tool), MERCHANT, { isPressed: false });
    await trade.run(rows, { at: () => undefined }, leaveOpen);
    return tool.ledger.saleQueries.sale('France.T1.260302.000001');
  }, newLedger());
  expect(recorded && statusOf(recorded.sale)).toBe(status);
  expect(recorded?.sale.data.card).toEqual({ token: 'guest-S1', last4: '0001' });
});

describe('a time that the clocks showed twice', () => {
  const now = Settings.now;
  afterEach(() => {
    Settings.now = now;
  });
  const timesOf = async (times: readonly string[], dateFormat?: string) => {
    const rows = times.map((time, index) => `S${index},${time},France,10000`);
    const layout = { ...LAYOUT, timeZone: 'Europe/London', ...(dateFormat && { dateFormat }) };
    const trades = await readText(['invoice,datetime,country,amount', ...rows].join('\n'), layout);
    return trades.map((trade) => ('at' in trade ? new Date(trade.at).toISOString() : trade.why));
  };

  test.each(['2026-01-15T12:00:00Z', '2026-07-15T12:00:00Z'])(
    'is the first of the two, also in an import of %s',
    async (today) => {
      Settings.now = () => Date.parse(today);
      const first = ['2010-10-31T00:30:00.000Z'];
      expect(await timesOf(['2010-10-31T01:30:00'])).toEqual(first);
      expect(await timesOf(['31/10/2010 01:30'], 'dd/MM/yyyy HH:mm')).toEqual(first);
    },
  );
  test('is the one that its offset names', async () => {
    expect(
      await timesOf([
        '2010-10-31T01:30:00+01:00',
        '2010-10-31T01:30:00+00:00',
        '2010-10-31T01:30Z',
      ]),
    ).toEqual(['2010-10-31T00:30:00.000Z', '2010-10-31T01:30:00.000Z', '2010-10-31T01:30:00.000Z']);
  });
});

test('books that lack an accepted sale are a fault, told with the merchant and the amounts', async () => {
  const rows = await readText(TRADE);
  const settings = newLedger();
  const play = (through: (ledger: PlayedLedger) => PlayedLedger) =>
    withLedger((tool) => {
      const trade = new TradeImport(through(new OwnLedger(tool)), MERCHANT, { isPressed: false });
      return trade.run(rows, { at: () => undefined }, false);
    }, settings);
  expect(faultsOf(await play(losing))).toEqual([
    'FAULT: the books of Japan went from 0 to 500, but its sales less what was given back are 7500.',
  ]);
  const summary = await play((ledger) => ledger);
  expect(faultsOf(summary)).toEqual([]);
  const merchants = summary.merchants.slice(0, 1).map((one) => ({ ...one, books: one.books + 1n }));
  expect(faultsOf({ ...summary, merchants, unaccounted: 2 })).toEqual([
    expect.stringMatching(/^FAULT: the books of .* went from/),
    'FAULT: 2 rows are not accounted for.',
  ]);
});

test('what waits for an approval is counted as that, and gives nothing back', async () => {
  const rows = await readText(`${HEADER}
S1,2026-03-02T10:00:00,France,10000,sale,,
C1,2026-03-02T11:00:00,France,-10000,cancel,S1,full`);
  const voidPolicy = { approvalAbove: 0 };
  const merchant = settingsOf({ name: '', currency: 'GBP', timeZone: 'UTC', voidPolicy });
  const summary = await withLedger((tool) => {
    const trade = new TradeImport(new OwnLedger(tool), merchant, { isPressed: false });
    return trade.run(rows, { at: () => undefined }, false);
  }, newLedger());
  expect(summary).toMatchObject({ sales: 1, voids: 0, awaitingApproval: 1, unaccounted: 0 });
  expect(summary.merchants).toMatchObject([{ merchantId: 'France', net: 10_000n }]);
  expect(faultsOf(summary)).toEqual([]);
});
