import { beforeAll, describe, expect, test } from '@jest/globals';
import { expectStatus, requestOf, Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';

let ledger: Tillbook;
let shop: Shop;
let saleId: string;
let voidId: string;

beforeAll(async () => {
  ledger = await Tillbook.start();
  shop = await Shop.open(ledger, {
    name: '街角 <商店> & Söhne, a name that is longer than any paper is wide',
    timeZone: 'Asia/Shanghai',
    voidPolicy: { partial: true },
  });
  ({ saleId } = await shop.sell({ authCode: 'A1B2C3', operatorId: 'op7' }));
  ({ voidId } = (await shop.void(saleId, { amount: 2_550 })).body);
});

/** Columns that a terminal's font takes. */
const columns = (line: string): number =>
  [...line].reduce((sum, character) => sum + (/[⺀-鿿＀-｠]/u.test(character) ? 2 : 1), 0);

const rowsOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const [, label, value] = /^(\S.*?) {2,}(\S.*)$|^(\S+) (\S.*)$/.exec(line) ?? [];
      return label === undefined || value === undefined ? [] : [[label, value]];
    }),
  );

describe('the receipt of a sale', () => {
  test('says what a terminal prints, with the card masked, what remains and until when a void is possible', async () => {
    const sale = (await ledger.get(`/v1/sales/${saleId}`)).body;
    const { status, text, headers } = await ledger.get(`/v1/sales/${saleId}/receipt?width=80`);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(text).toMatch(/^ +SALE$/m);
    expect(rowsOf(text)).toMatchObject({
      Merchant: shop.merchantId,
      Terminal: 'T1',
      Operator: 'op7',
      Card: '**** **** **** 4242',
      Batch: '000001',
      'Trace no.': '000001',
      Reference: sale.rrn,
      Approval: 'A1B2C3',
      Time: '2026-03-02 18:00:00',
      AMOUNT: 'EUR 100.00',
      Remaining: 'EUR 74.50',
      'Void until': '2026-03-03 00:00:00',
    });
  });

  test.each([
    [58, 'en', 32],
    [80, 'en', 48],
    [58, 'zh', 32],
    [80, 'zh', 48],
  ])(
    'for paper of %d mm in %s has no line wider than %d columns',
    async (width, language, most) => {
      const path = `/v1/sales/${saleId}/receipt?width=${width}&language=${language}`;
      const { text } = await ledger.get(path);
      const lines = text.trimEnd().split('\n');
      expect(Math.max(...lines.map(columns))).toBe(most);
      expect(text).toContain(language === 'zh' ? '金额' : 'AMOUNT');
      expect(text).not.toContain(language === 'zh' ? 'AMOUNT' : '金额');
    },
  );

  test('no longer offers a void once the sale has settled', async () => {
    const own = await Shop.open(ledger);
    const settled = await own.sell();
    await own.closeBatch();
    const { text } = await ledger.get(`/v1/sales/${settled.saleId}/receipt`);
    expect(text).not.toContain('Void until');
  });

  test('says that it was reversed, and that nothing remains', async () => {
    const own = await Shop.open(ledger);
    const { saleId } = await own.sell();
    await own.timeOut(requestOf(saleId));
    const { text } = await ledger.get(`/v1/sales/${saleId}/receipt`);
    expect(text).toMatch(/^ +SALE \(reversed\)$/m);
    expect(rowsOf(text)).toMatchObject({ Remaining: 'EUR 0.00' });
  });

  test('comes as HTML where that is asked for, with nothing of the shop’s name as markup', async () => {
    const path = `/v1/sales/${saleId}/receipt?language=zh`;
    const { text, headers } = await ledger.get(path, { accept: 'text/html' });
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(text).toContain('<html lang="zh">');
    expect(text).toContain('街角 &lt;商店&gt; &amp; Söhne');
    expect(text).toContain('<dt>金额</dt><dd>EUR 100.00</dd>');
    const plain = await ledger.get(path, { accept: 'text/html;q=0.1, text/plain' });
    expect(plain.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      vary: 'Accept',
    });
  });
});

describe('the receipt of a void or a refund', () => {
  test('says its amount, the sale it is of, and whether it was reversed', async () => {
    const { rrn } = (await ledger.get(`/v1/sales/${saleId}`)).body;
    const path = `/v1/sales/${saleId}/voids/${voidId}/receipt?width=80`;
    const { text } = await ledger.get(path);
    expect(text).toMatch(/^ +VOID$/m);
    expect(rowsOf(text)).toMatchObject({
      AMOUNT: 'EUR 25.50',
      'Original ref.': rrn,
      'Sale amount': 'EUR 100.00',
      'Trace no.': '000002',
    });
    await shop.timeOut({ batchNo: '000001', stan: '000002' });
    expect((await ledger.get(path)).text).toMatch(/^ +VOID \(reversed\)$/m);
  });

  test('says what was left after it, whatever came since', async () => {
    const own = await Shop.open(ledger, { voidPolicy: { partial: true } });
    const sale = await own.sell();
    const first = (await own.void(sale.saleId, { amount: 3_000 })).body;
    const second = (await own.void(sale.saleId, { amount: 3_000 })).body;
    await own.closeBatch();
    own.batchNo = '000002';
    const refund = (await own.refund(sale.saleId, { amount: 1_000 })).body;
    const path = `/v1/sales/${sale.saleId}`;
    const left = async (of: string) =>
      rowsOf((await ledger.get(`${path}${of}/receipt?width=80`)).text)['Remaining'];
    const reference = async ({ voidId }: { voidId: string }) =>
      rowsOf((await ledger.get(`${path}/voids/${voidId}/receipt?width=80`)).text)['Reference'];
    expect([first.rrn, second.rrn]).toEqual([await reference(first), await reference(second)]);
    expect([first.remaining, second.remaining, refund.remaining]).toEqual([7_000, 4_000, 3_000]);
    expect(await left(`/voids/${first.voidId}`)).toBe('EUR 70.00');
    expect(await left(`/voids/${second.voidId}`)).toBe('EUR 40.00');
    expect(await left(`/refunds/${refund.refundId}`)).toBe('EUR 30.00');
    expect(await left('')).toBe('EUR 30.00');
  });

  test('says until when the rest may be voided, as long as it may', async () => {
    const limits = { daily: { void: { count: 2 } } };
    const own = await Shop.open(ledger, { voidPolicy: { partial: true }, limits });
    const { saleId } = await own.sell();
    const { voidId } = (await own.void(saleId, { amount: 3_000 })).body;
    const untils = () =>
      Promise.all(
        ['', `/voids/${voidId}`].map(async (of) => {
          const { text } = await ledger.get(`/v1/sales/${saleId}${of}/receipt?width=80`);
          return rowsOf(text)['Void until'];
        }),
      );
    expect(await untils()).toEqual(['2026-03-03 00:00:00', '2026-03-03 00:00:00']);
    await own.void(saleId, { amount: 3_000 });
    expect(await untils()).toEqual([undefined, undefined]);
  });

  test('keeps its name, reference and times when the merchant’s settings change', async () => {
    const policy = { voidPolicy: { partial: true } };
    const own = await Shop.open(ledger, { ...policy, timeZone: 'Asia/Shanghai' });
    const sale = await own.sell();
    const { voidId } = (await own.void(sale.saleId, { amount: 3_000 })).body;
    const paths = ['', `/voids/${voidId}`].map((of) => `/v1/sales/${sale.saleId}${of}/receipt`);
    const printed = () => Promise.all(paths.map(async (path) => (await ledger.get(path)).text));
    const before = await printed();
    expect(before[1]).toContain('18:00:00');
    const changed = { ...policy, timeZone: 'America/New_York', name: 'Another shop' };
    expectStatus(await own.set(changed), 200);
    expect(await printed()).toEqual(before);
    const later = (await own.void(sale.saleId, { amount: 1_000 })).body;
    const receipt = await ledger.get(`/v1/sales/${sale.saleId}/voids/${later.voidId}/receipt`);
    expect(receipt.text).toContain('05:00:00');
    expect(receipt.text).toContain('Another shop');
  });

  test('is not there while it waits for an approval, which is told from a sale that is not', async () => {
    const policy = { approvalAbove: 0 };
    const own = await Shop.open(ledger, { voidPolicy: policy, refundPolicy: policy });
    const sale = await own.sell();
    const { voidId } = expectStatus(await own.void(sale.saleId), 202).body;
    const path = `/v1/sales/${sale.saleId}`;
    const voiding = await ledger.get(`${path}/voids/${voidId}/receipt`);
    const refunding = await ledger.get(`${path}/refunds/${voidId}/receipt`);
    const absent = await ledger.get(
      `/v1/sales/${own.merchantId}.T1.000001.999999/voids/${voidId}/receipt`,
    );
    expect(
      [voiding, refunding, absent].map(({ status, body }) => [status, body.responseCode]),
    ).toEqual(Array(3).fill([404, '25']));
    expect(voiding.body.message).toEqual({
      en: 'The sale has no such void.',
      zh: '原消费无此撤销交易。',
    });
    expect(refunding.body.message).toEqual({
      en: 'The sale has no such refund.',
      zh: '原消费无此退货交易。',
    });
    expect(absent.body.message.en).toBe('There is no such approved sale.');
  });

  test('is there under its own kind only', async () => {
    const own = await Shop.open(ledger);
    const sale = await own.sell();
    await own.closeBatch();
    own.batchNo = '000002';
    const { refundId } = (await own.refund(sale.saleId)).body;
    const path = `/v1/sales/${sale.saleId}`;
    expect((await ledger.get(`${path}/refunds/${refundId}/receipt`)).text).toContain('REFUND');
    expect((await ledger.get(`${path}/voids/${refundId}/receipt`)).status).toBe(404);
    expect((await ledger.get('/v1/sales/M1.T1.000001.000001/receipt')).status).toBe(404);
  });

  test('says who made it, where and when, whatever its sale says of that', async () => {
    const own = await Shop.open(ledger, { voidPolicy: { partial: true } });
    expectStatus(await own.assign('T2', own.storeId), 201);
    const { saleId } = await own.sell({ authCode: 'A1B2C3', operatorId: 'op7' });
    await ledger.setClock('2026-03-02T11:00:00.000Z');
    const elsewhere = { terminalId: 'T2', batchNo: '000007', operatorId: 'op8' };
    const { voidId } = (await own.void(saleId, { ...elsewhere, amount: 1_000 })).body;
    const { text } = await ledger.get(`/v1/sales/${saleId}/voids/${voidId}/receipt?width=80`);
    const rows = rowsOf(text);
    expect(rows).toMatchObject({
      Terminal: 'T2',
      Operator: 'op8',
      Scheme: 'visa',
      Batch: '000007',
      Time: '2026-03-02 11:00:00',
    });
    expect(rows).not.toHaveProperty('Approval');
  });
});
