import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { Shop } from '../support/shop.js';
import { MORNING, Tillbook } from '../support/tillbook.js';

type Row = Record<string, unknown>;

let ledger: Tillbook;

beforeAll(async () => {
  ledger = await Tillbook.start();
});

/** Sells 100.00, voids 30.00, settles the rest by a day-close: the example of the posting table. */
async function settledShop(settings: object = {}) {
  const shop = await Shop.open(ledger, {
    fee: { basisPoints: 60 },
    reserve: { basisPoints: 500, days: 30 },
    voidPolicy: { partial: true },
    ...settings,
  });
  const sale = await shop.sell({ amount: 10_000 });
  const voided = await shop.void(sale.saleId, { amount: 3_000 });
  const closed = await shop.closeBatch();
  return { shop, sale, voided: voided.body, closed: closed.body };
}

describe('the books', () => {
  test('a sale, a void and a settlement stand where the table of postings says', async () => {
    const { shop, closed } = await settledShop();

    const { body } = await ledger.get(
      `/v1/ledger/trial-balance?merchantId=${shop.merchantId}&after=${closed.position}`,
    );

    const of = { merchantId: shop.merchantId, currency: 'EUR' };
    expect(body.accounts).toEqual([
      { ...of, account: 'acquirer_receivable', debit: 7_000, credit: 0 },
      { ...of, account: 'merchant_available', debit: 0, credit: 6_608 },
      { ...of, account: 'merchant_reserve', debit: 0, credit: 350 },
      { ...of, account: 'mdr_revenue', debit: 0, credit: 42 },
    ]);
    expect(body.totals).toEqual([{ currency: 'EUR', debit: 7_000, credit: 7_000 }]);
  });

  test('the trial balance by account has a line for each account over all merchants, and the same totals', async () => {
    const { closed } = await settledShop();
    const after = `after=${closed.position}`;
    const all = (await ledger.get(`/v1/ledger/trial-balance?${after}`)).body;
    const summed = (await ledger.get(`/v1/ledger/trial-balance?by=account&${after}`)).body;

    expect(summed.totals).toEqual(all.totals);
    const names = (summed.accounts as Row[]).map(({ currency, account }) =>
      [currency, account].join(' '),
    );
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('EUR acquirer_receivable');
  });

  test('balances as of a time may have a void before its sale, where clocks differ', async () => {
    const shop = await Shop.open(ledger);
    await ledger.setClock('2026-03-02T10:00:01.000Z');
    const { saleId } = await shop.sell({ amount: 10_000 });
    await ledger.setClock(MORNING);
    const { position } = (await shop.void(saleId)).body;

    const { status, body } = await ledger.get(
      `${shop.path}/balances?at=${MORNING}&after=${position}`,
    );

    expect([status, (body as Row[])[0]]).toMatchObject([200, { pending: -10_000 }]);
  });

  test('balances as of a position are those of then', async () => {
    const { shop, sale, voided, closed } = await settledShop();
    const at = async (position: string) => {
      const query = `position=${position}&after=${closed.position}`;
      const { body } = await ledger.get(`${shop.path}/balances?${query}`);
      return (body as Row[])[0] as Row;
    };

    expect((await at(sale.position))['pending']).toBe(10_000);
    expect((await at(voided.position))['pending']).toBe(7_000);
    expect(await at(closed.position)).toEqual({
      currency: 'EUR',
      pending: 0,
      available: 6_608,
      receivable: 0,
      reserve: 350,
      inTransit: 0,
      paidOut: 0,
    });
  });

  test('balances as of a moment have no currency that nothing had moved in by then', async () => {
    const { shop, sale, closed } = await settledShop();
    const before = String(BigInt(sale.position) - 1n).padStart(20, '0');

    for (const then of [`position=${before}`, 'at=2026-03-01T00:00:00Z']) {
      const balances = await ledger.get(`${shop.path}/balances?${then}&after=${closed.position}`);
      expect([balances.status, balances.body]).toEqual([200, []]);
    }
  });

  test.each(['balances', 'trial balance'])(
    '%s as of a position that the log has not reached nobody can say: 400',
    async (what) => {
      const { shop, closed } = await settledShop();
      const path = what === 'balances' ? `${shop.path}/balances` : '/v1/ledger/trial-balance';
      const later = String(BigInt(closed.position) + 1_000_000n).padStart(20, '0');

      const { status, body } = await ledger.get(`${path}?position=${later}`);

      expect([status, body.code]).toEqual([400, 'malformed']);
      expect(body.errors).toEqual([{ field: 'position', message: 'is beyond the end of the log' }]);
    },
  );

  test('balances as of a moment have what occurred at that very moment', async () => {
    const { shop, closed } = await settledShop();
    const query = `at=${encodeURIComponent(MORNING)}&after=${closed.position}`;
    const { body } = await ledger.get(`${shop.path}/balances?${query}`);
    expect(body).toMatchObject([{ pending: 0, available: 6_608, reserve: 350 }]);
  });

  test('a merchant that sells in several currencies has books of its own for each', async () => {
    const shop = await Shop.open(ledger);
    await shop.assign('T2', 'S1', 'JPY');
    await shop.sell({ amount: 100 });
    const { position } = await shop.sell({ terminalId: 'T2', currency: 'JPY', amount: 250 });

    const { body } = await ledger.get(`${shop.path}/balances?after=${position}`);
    const yen = await ledger.get(`${shop.path}/statement?currency=JPY`);

    expect((body as Row[]).map(({ currency, pending }) => [currency, pending])).toEqual([
      ['EUR', 100],
      ['JPY', 250],
    ]);
    expect(yen.body.closing.balance).toBe(250);
    expect(yen.body.movements).toHaveLength(1);
  });

  test('the largest sales there are add up to the unit', async () => {
    const shop = await Shop.open(ledger);
    let position = '';
    for (let count = 0; count < 3; count += 1) {
      position = (await shop.sell({ amount: 999_999_999_999 })).position;
    }
    const { body } = await ledger.get(`${shop.path}/balances?after=${position}`);
    expect(body[0].pending).toBe(2_999_999_999_997);
  });
});

describe('a statement', () => {
  test('has one row a movement, with the sale it belongs to and the balance behind it', async () => {
    const { shop, sale, voided, closed } = await settledShop();

    const { body } = await ledger.get(`${shop.path}/statement?after=${closed.position}`);

    expect(body.opening).toEqual({ balance: 0, pending: 0, available: 0, reserve: 0 });
    expect(body.closing).toEqual({ balance: 6_958, pending: 0, available: 6_608, reserve: 350 });
    expect(
      (body.movements as Row[]).map((row) => [
        row['kind'],
        row['saleId'],
        row['reference'],
        row['amount'],
        row['balance'],
      ]),
    ).toEqual([
      ['sale', sale.saleId, sale.saleId, 10_000, 10_000],
      ['void', sale.saleId, voided.voidId, -3_000, 7_000],
      ['settlement', sale.saleId, `${shop.merchantId}.T1.000001`, -42, 6_958],
    ]);
    expect(body.movements[2].change).toEqual({ pending: -7_000, available: 6_608, reserve: 350 });
  });

  test('names the original sale on each refund row, in JSON and in CSV', async () => {
    const { shop, sale } = await settledShop({ refundPolicy: { feeReturn: 'proportional' } });
    shop.batchNo = '000002';
    const first = await shop.refund(sale.saleId, { amount: 3_000 });
    const rest = await shop.refund(sale.saleId, { amount: 4_000 });

    const after = `after=${rest.body.position}`;
    const { text, headers } = await ledger.get(`${shop.path}/statement?${after}`, {
      accept: 'text/csv',
    });

    expect(headers['content-type']).toMatch(/^text\/csv/);
    const rows: Record<string, string>[] = parse(text, { columns: true });
    const refunds = rows.filter(({ kind }) => kind === 'refund' || kind === 'fee-return');
    expect(
      refunds.map((row) => [row['kind'], row['saleId'], row['reference'], row['amount']]),
    ).toEqual([
      ['refund', sale.saleId, first.body.refundId, '-3000'],
      ['fee-return', sale.saleId, first.body.refundId, '18'],
      ['refund', sale.saleId, rest.body.refundId, '-4000'],
      ['fee-return', sale.saleId, rest.body.refundId, '24'],
    ]);
    expect(rows[0]).toMatchObject({ kind: 'opening', balance: '0' });
    expect(rows.at(-1)).toMatchObject({ kind: 'closing', balance: '0', available: '-350' });
  });

  test('goes on from page to page, and refuses what is no cursor', async () => {
    const { shop, closed } = await settledShop();
    const first = await ledger.get(`${shop.path}/statement?limit=2&after=${closed.position}`);
    const second = await ledger.get(`${shop.path}/statement?limit=2&after=${first.body.next}`);
    const wrong = await ledger.get(`${shop.path}/statement?after=yesterday`);

    expect(first.body.movements).toHaveLength(2);
    expect(second.body.movements).toHaveLength(1);
    expect(second.body.next).toBeUndefined();
    const later = `from=2026-03-03&after=${first.body.next}`;
    expect((await ledger.get(`${shop.path}/statement?${later}`)).body.movements).toEqual([]);
    expect(second.body.movements[0].balance).toBe(6_958);
    expect(wrong.status).toBe(400);
  });

  test('of a later date opens with what the dates before left', async () => {
    const { shop } = await settledShop();
    const { body } = await ledger.get(`${shop.path}/statement?from=2026-03-03&to=2026-03-09`);
    expect(body.opening).toEqual(body.closing);
    expect(body.opening.available).toBe(6_608);
    expect(body.movements).toEqual([]);
  });
});
