import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { newFolder } from '../../support/store-folder.js';
import { Tillbook } from '../../support/tillbook.js';
import { interruptTool, openStoreOf, runTool } from '../../support/tool.js';

jest.setTimeout(240_000);

const RECORDED = join(import.meta.dirname, '../../../../shared/data/online-retail-invoices.csv');

const HEADER = 'invoice,datetime,customer,country,amount,kind,original_invoice,match';

/** Every kind of row, not in the order of its times. */
const TRADE = [
  HEADER,
  'S1,2026-03-02T10:00:00,1001,France,10000,sale,,',
  'S2,2026-03-02T10:05:00,1002,France,5000,sale,,',
  'C1,2026-03-02T11:00:00,1001,France,-3000,cancel,S1,partial',
  'C2,2026-03-03T09:00:00,1002,France,-2000,cancel,S2,partial',
  'S3,2026-03-02T12:00:00,,Japan,7000,sale,,',
  'C3,2026-03-03T10:00:00,1001,France,-8000,cancel,S1;S2,multi',
  'C4,2026-03-03T10:01:00,1001,France,-100,cancel,,none:no-customer',
  'C5,2026-03-03T10:02:00,,Japan,-9000,cancel,S3,partial',
  'C6,2026-03-03T10:03:00,,Japan,-10,cancel,S9,partial',
  'C7,2026-03-03T10:04:00,1002,France,-10000,cancel,S1;S2,multi',
  'C8,2026-03-03T10:05:00,1002,France,-5000,cancel,S2,full',
  'S4,2026-03-03T12:00:00,1003,France,12345,sale,,',
  'S1,2026-03-03T13:00:00,1001,France,10000,sale,,',
  'S5,2026-03-03T14:00:00,4111111111111111,France,100,sale,,',
  'S6,yesterday,1001,France,100,sale,,',
  'S7,2026-03-03T14:00:00,1001,France,12.5,sale,,',
  'S8,2026-03-03T14:00:00,1001,4111111111111111,100,sale,,',
  'C9,2026-10-01T10:00:00,,Japan,-7000,cancel,S3,full',
].join('\n');

const NETS = [
  { merchantId: 'France', net: 12_345, books: 12_345 },
  { merchantId: 'Japan', net: 7_000, books: 7_000 },
];

/** On the embedded store: each test has its own. */
const runImport = (folder: string, ...args: string[]) =>
  runTool(folder, ['import', ...args], onFile(folder));

const onFile = (folder: string) => ({ EVENT_STORE_URL: `file:${folder}` });

function fileOf(text: string): string {
  const file = join(newFolder(), 'trade.csv');
  writeFileSync(file, text);
  return file;
}

describe('recorded trade', () => {
  it('is played row by row, each is counted, and a second run changes nothing', async () => {
    const folder = newFolder();
    const file = fileOf(TRADE);
    const { code, out } = await runImport(folder, file, '--json');
    expect(JSON.parse(out)).toMatchObject({
      rows: 18,
      rowsInFile: 18,
      sales: 4,
      voids: 1,
      refunds: 4,
      split: { rows: 2, requests: 3 },
      refused: {
        'amount-allowed': 1,
        'amount-remaining': 1,
        'within-refund-window': 1,
        malformed: 1,
      },
      notSent: {
        'names no sale: none:no-customer': 1,
        'its sale was not taken': 1,
        'rest of a split cancellation: above what is left': 1,
        'its invoice was in an earlier row': 1,
        'unreadable: datetime': 1,
        'unreadable: amount': 1,
        'unreadable: country': 1,
      },
      unreadLines: [16, 17, 18],
      unaccounted: 0,
      changedTheLedger: true,
      merchants: NETS,
    });
    expect(out).not.toContain('4111111111111111');
    expect(code).toBe(0);
    const again = await runImport(folder, file, '--json');
    expect(again.code).toBe(0);
    expect(JSON.parse(again.out)).toMatchObject({
      sales: 4,
      replayed: 4 + 1 + 4 + 3,
      unaccounted: 0,
      changedTheLedger: false,
      merchants: NETS,
    });
  });

  it('is settled at its own day’s end, and another file’s trade beside it is told and is no fault', async () => {
    const folder = newFolder();
    await runImport(folder, fileOf(TRADE));
    const more = `${HEADER}\nT1,2026-11-02T10:00:00,1001,France,55,sale,,`;
    const { code, out } = await runImport(folder, fileOf(more));
    expect(out).toContain('France holds 12345 of other trade.');
    expect(out).toContain('to the minor unit');
    expect(code).toBe(0);
    const tillbook = await Tillbook.start({ folder, clock: 'running', env: onFile(folder) });
    const sale = await tillbook.get('/v1/sales/France.T1.260302.000001');
    expect(sale.body).toMatchObject({
      occurredAt: '2026-03-02T10:00:00.000Z',
      status: 'refunded',
      settlement: { occurredAt: '2026-03-03T00:00:00.000Z' },
    });
    const balances = await tillbook.get('/v1/merchants/France/balances');
    expect(balances.body).toMatchObject([{ pending: 0, available: 0, inTransit: 12_400 }]);
  });

  it('may have other columns, times, amounts and kinds', async () => {
    const text = [
      'Shop;When;Receipt;What;Refers to;Total',
      'Lyon;02/03/2026 10:00;1;Charge;;12.50',
      'Lyon;02/03/2026 10:30;2;Refund;1;2.05',
      'Paris;02/03/2026 23:59;3;Charge;;7',
    ].join('\n');
    const { code, out } = await runImport(
      newFolder(),
      ...[fileOf(text), '--json', '--delimiter', ';', '--decimal'],
      ...['--columns', 'country=Shop,datetime=When,invoice=Receipt,kind=What'],
      ...['--columns', 'original=Refers to,amount=Total'],
      ...['--kinds', 'sale=Charge,cancel=Refund', '--date-format', 'dd/MM/yyyy HH:mm'],
      ...['--currency', 'EUR', '--time-zone', 'Europe/Paris', '--fee-basis-points', '60'],
    );
    expect(JSON.parse(out)).toMatchObject({
      rows: 3,
      voids: 1,
      unaccounted: 0,
      merchants: [
        { name: 'Lyon', net: 1_045, books: 1_045 },
        { name: 'Paris', net: 700, books: 700 },
      ],
    });
    expect(code).toBe(0);
  });

  it.each([
    ['a file that is not there', ['no-such.csv'], 'no-such.csv can’t be read'],
    ['an empty file', [fileOf('\n')], 'the file is empty'],
    ['a file without its columns', [fileOf('a,b\n1,2')], 'has no column invoice'],
    [
      'a file that is no CSV',
      [fileOf(`${HEADER}\nS1,2026-03-02,x 4111111111111111"y`)],
      'no CSV at line 2',
    ],
    [
      'a file without a header',
      [fileOf('S1,4111111111111111\n')],
      '(what looks like a card number)',
    ],
    ['a column that is not known', [fileOf(TRADE), '--columns', 'price=Total'], 'price=Total'],
    ['a delimiter of two', ['any.csv', '--delimiter', ';;'], 'One character'],
    ['no such zone', ['any.csv', '--time-zone', 'Europe/Nowhere'], 'Not an IANA time zone'],
    ['no such currency', ['any.csv', '--currency', 'XXX'], 'Not a currency'],
    ['a fee above all', ['any.csv', '--fee-basis-points', '10001'], 'from 0 to 10000'],
  ])('%s is wrong usage', async (_what, args, message) => {
    const { code, errors } = await runImport(newFolder(), ...args);
    expect(errors.replaceAll("'", '’')).toContain(message);
    expect(errors).not.toContain('4111111111111111');
    expect(code).toBe(2);
  });
});

describe('a merchant that is there', () => {
  const tradeOf = (country: string) =>
    fileOf(`${HEADER}\nS1,2026-03-02T10:00:00,1001,${country},10000,sale,,`);
  const headOf = async (folder: string) => {
    const store = await openStoreOf(folder);
    try {
      return await store.head();
    } finally {
      await store.close();
    }
  };

  it('as another country’s is left alone: the next number is taken, and found again', async () => {
    const folder = newFolder();
    const [japan, egypt] = [tradeOf('日本'), tradeOf('مصر')];
    const merchantsOf = async (file: string) =>
      JSON.parse((await runImport(folder, file, '--json')).out);
    expect(await merchantsOf(japan)).toMatchObject({
      merchants: [{ merchantId: 'merchant', name: '日本', net: 10_000, books: 10_000 }],
    });
    expect(await merchantsOf(egypt)).toMatchObject({
      merchants: [{ merchantId: 'merchant2', name: 'مصر', net: 10_000, books: 10_000 }],
    });
    for (const [file, merchantId] of [
      [egypt, 'merchant2'],
      [japan, 'merchant'],
    ] as const) {
      expect(await merchantsOf(file)).toMatchObject({
        replayed: 1,
        changedTheLedger: false,
        merchants: [{ merchantId, books: 10_000 }],
      });
    }
  });

  it('and trades at a counter keeps its settings and its books, with a service and without', async () => {
    const folder = newFolder();
    const tillbook = await Tillbook.start({ folder, env: onFile(folder) });
    const path = '/v1/merchants/TEAHOUSE';
    const settings = { name: 'Tea House', currency: 'CNY', timeZone: 'Asia/Shanghai' };
    await tillbook.put(path, settings);
    const before = await tillbook.get(path);
    const file = tradeOf('TEAHOUSE');
    const merchants = [{ merchantId: 'TEAHOUSE2', net: 10_000, books: 10_000 }];
    const first = JSON.parse((await runImport(folder, file, '--json')).out);
    expect(first).toMatchObject({ replayed: 0, merchants });
    expect((await tillbook.get(path)).body).toEqual(before.body);
    expect((await tillbook.get(`${path}/balances`)).body).toEqual([]);
    const served = JSON.parse((await runImport(folder, file, '--json')).out);
    expect(served).toMatchObject({ replayed: 1, changedTheLedger: false, merchants });
    tillbook.close();
    await tillbook.service.stop();
    const own = JSON.parse((await runImport(folder, file, '--json')).out);
    expect(own).toMatchObject({ replayed: 1, changedTheLedger: false, merchants });
  });

  it('of the country’s own name, with other settings, stops the import before anything is written', async () => {
    const folder = newFolder();
    await runImport(folder, tradeOf('France'));
    const before = await headOf(folder);
    const file = fileOf(`${TRADE}\nS9,2026-03-01T10:00:00,1001,Peru,10000,sale,,`);
    const other = ['--currency', 'EUR', '--fee-basis-points', '60'];
    const { code, out, errors } = await runImport(folder, file, ...other);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(errors).toContain('the merchant France, France, is there already');
    expect(errors).toContain('currency, fee.');
    expect(errors).toContain('Nothing was written.');
    expect(await headOf(folder)).toBe(before);
  });

  it('is used where an import does not set what was set of it since, which stays', async () => {
    const folder = newFolder();
    const file = tradeOf('France');
    await runImport(folder, file);
    const tillbook = await Tillbook.start({ folder, env: onFile(folder) });
    const path = '/v1/merchants/France';
    const { name, currency, timeZone, fee, voidPolicy } = (await tillbook.get(path)).body;
    const settings = { name, currency, timeZone, fee, voidPolicy, payoutMinimum: 5 };
    expect((await tillbook.put(path, settings)).status).toBe(200);
    const again = JSON.parse((await runImport(folder, file, '--json')).out);
    expect(again).toMatchObject({ replayed: 1, changedTheLedger: false });
    expect((await tillbook.get(path)).body).toMatchObject({ payoutMinimum: 5 });
  });
});

it('a row with more cells than columns is unreadable, and its line is told', async () => {
  const rows = [
    'S1,2026-03-02T10:00:00,1001,France,10000,sale,,',
    'S2,2026-03-02T10:00:00,1001,France,10000,sale,,,more',
    'S3,2026-03-02T10:00:00,1001,France,10000',
  ];
  const { code, out } = await runImport(
    newFolder(),
    fileOf([HEADER, ...rows].join('\n')),
    '--json',
  );
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    rows: 3,
    sales: 2,
    notSent: { 'unreadable: more cells than columns': 1 },
    unreadLines: [3],
    unaccounted: 0,
  });
});

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s', (signal, exitCode) => {
  it('stops between two rows, and the next run goes on from there', async () => {
    const folder = newFolder();
    const pairs = Array.from({ length: 100 }, (_, pair) => {
      const time = new Date(Date.UTC(2026, 2, 2, 10) + pair * 60_000).toISOString().slice(0, 19);
      return [
        `S${pair},${time},1001,France,1000,sale,,`,
        `C${pair},${time},1001,France,-400,cancel,S${pair},partial`,
      ];
    });
    const file = fileOf([HEADER, ...pairs.flat()].join('\n'));
    const interrupted = await interruptTool(folder, ['import', file, '--json'], signal);
    expect(interrupted.code).toBe(exitCode);
    const before = JSON.parse(interrupted.out);
    expect(before).toMatchObject({ isInterrupted: true, unaccounted: 0, rowsInFile: 200 });
    expect(before.rows).toBeLessThan(200);
    const { code, out } = await runImport(folder, file, '--json');
    expect(code).toBe(0);
    const after = JSON.parse(out);
    expect(after).toMatchObject({ rows: 200, sales: 100, replayed: before.rows });
    expect(after.merchants).toMatchObject([{ net: 60_000, books: 60_000 }]);
  });
});

describe('a folder that a service owns', () => {
  it('is imported into through the service, where its clock can be set', async () => {
    const folder = newFolder();
    const tillbook = await Tillbook.start({ folder, env: onFile(folder) });
    const { code, out } = await runImport(folder, fileOf(TRADE), '--json');
    expect(JSON.parse(out)).toMatchObject({ sales: 4, voids: 1, refunds: 4, merchants: NETS });
    expect(code).toBe(0);
    const sale = await tillbook.get('/v1/sales/Japan.T1.260302.000001');
    expect(sale.body).toMatchObject({ occurredAt: '2026-03-02T12:00:00.000Z', status: 'settled' });
  });

  it('is not touched where the clock is the service’s own, and the tool says what to do', async () => {
    const folder = newFolder();
    const env = { ...onFile(folder), SANDBOX: 'off' };
    const tillbook = await Tillbook.start({ folder, env, clock: 'running' });
    const { code, out, errors } = await runImport(folder, fileOf(TRADE));
    expect(errors).toContain('start it with SANDBOX=on, or import into a ledger of its own');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    const { body } = await tillbook.get('/v1/projections');
    expect(body.projections[0].head).toBe('00000000000000000000');
  });
});

describe('the recorded trade of a web shop', () => {
  if (!existsSync(RECORDED)) {
    it.skip('left out: no ../shared/data/online-retail-invoices.csv', () => undefined);
    return;
  }
  it('gives each merchant its accepted sales less what was given back', async () => {
    const part = readFileSync(RECORDED, 'utf8').split('\n').slice(0, 121).join('\n');
    const { code, out } = await runImport(newFolder(), fileOf(part), '--json');
    expect(code).toBe(0);
    const rows = parse<Record<string, string>>(part, { columns: true });
    const single = rows.filter((row) => /^(sale|full|partial)$/.test(row['match'] || 'sale'));
    const summary = JSON.parse(out);
    expect(summary.merchants.length).toBe(new Set(rows.map((row) => row['country'])).size);
    for (const { name, net, books } of summary.merchants) {
      const mine = single.filter((row) => row['country'] === name);
      expect(books).toBe(net);
      if (!rows.some((row) => row['country'] === name && row['match'] === 'multi')) {
        expect(net).toBe(mine.reduce((sum, row) => sum + Number(row['amount']), 0));
      }
    }
  });
});
