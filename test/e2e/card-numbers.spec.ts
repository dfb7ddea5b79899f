import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { CARD, Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';

let ledger: Tillbook;
let shop: Shop;

beforeAll(async () => {
  ledger = await Tillbook.start({ env: { LOG_LEVEL: 'trace' } });
  shop = await Shop.open(ledger);
});

/** The schemes' own test numbers, and their digits as they may be written. */
const NUMBERS = [
  '4222222222222',
  '378282246310005',
  '4242424242424242',
  '6304000000000000000',
  '4242 4242 4242 4242',
  '4242-4242-4242-4242',
  '4242_4242_4242_4242',
  '4242 – 4242 – 4242 – 4242',
  '4242;4242;4242;4242',
  '3782:822463:10005',
  '４２４２４２４２４２４２４２４２',
  '٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢',
  'on 2026-03-02 4242424242424242 was charged twice, 7 EUR',
];

const SUPERVISOR = { name: 'Ann', password: 'seven-Tills-4' };

describe('a card number', () => {
  test.each(NUMBERS)('written as %s is taken nowhere', async (number) => {
    const { saleId } = await shop.sell();
    const compact = number.replace(/[ –_;:-]/g, '');
    const card = (wrong: object) => ({ card: { ...CARD, ...wrong } });
    const answers = await Promise.all([
      shop.trySale(card({ token: compact })),
      shop.trySale(card({ token: number })),
      shop.trySale(card({ scheme: number })),
      shop.trySale({ operatorId: number }),
      shop.trySale({ authCode: number }),
      shop.trySale({ [number]: 1 }),
      shop.trySale({ card: { ...CARD, [number]: number } }),
      shop.void(saleId, { reason: number }),
      shop.void(saleId, { evidenceRef: number }),
      shop.void(saleId, { operatorId: number }),
      shop.void(saleId, { card: { token: compact } }),
      shop.set({ name: number }),
      ledger.put(`${shop.path}/void-right`, { status: 'frozen', reason: number }),
      ledger.put(`${shop.path}/supervisors/${encodeURIComponent(compact)}`, SUPERVISOR),
      shop.void(saleId, { supervisor: { id: compact, password: SUPERVISOR.password } }),
      ledger.put(`/v1/cards/${encodeURIComponent(compact)}/status`, { status: 'lost' }),
      ledger.get(`/v1/sales/${encodeURIComponent(number)}`),
      ledger.get(`/v1/sales/${encodeURIComponent(number)}/voidability`),
      ledger.get(`/v1/${encodeURIComponent(number)}`),
      ledger.get(`${shop.path}/sales?after=${encodeURIComponent(number)}`),
      ledger.get(`/v1/audit/events?${encodeURIComponent(number)}=1`),
    ]);

    for (const { status, text } of answers) {
      expect([400, 404]).toContain(status);
      expect(text).not.toContain(number);
      expect(text).not.toContain(compact);
    }
  });

  test('is neither logged nor stored', () => {
    const { output, folder } = ledger.service;
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));

    for (const number of NUMBERS.slice(0, -1)) {
      expect(output).not.toContain(number);
      for (const file of files) expect(file).not.toContain(number);
    }
    expect(files.some((file) => file.includes(CARD.token))).toBe(true);
  });
});

describe('what only looks like one', () => {
  test.each([
    '4242424242424241',
    '123456789012',
    '42424242424242424242',
    'invoice 20260302 for 12 seats',
    'tel +49 30 1234567',
    '4,242,424.24 EUR at 12:30:45, not 2,424,242.42',
  ])('as %s is free text', async (reason) => {
    const { saleId } = await shop.sell();

    expect((await shop.void(saleId, { reason })).status).toBe(201);
  });
});
