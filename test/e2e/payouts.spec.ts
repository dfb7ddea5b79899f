import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { XMLParser } from 'fast-xml-parser';
import { has } from '../support/programs.js';
import { Shop } from '../support/shop.js';
import { MORNING, Tillbook } from '../support/tillbook.js';

/** Monday's money is due on Tuesday. */
const [TODAY, TOMORROW] = ['2026-03-02', '2026-03-03'];

let ledger: Tillbook;

const PAYER = {
  PAYER_NAME: 'Acquirer & Co',
  PAYER_ACCOUNT: 'GB29NWBK60161331926819',
  PAYER_BIC: 'NWBKGB2L',
};

beforeAll(async () => {
  ledger = await Tillbook.start({ env: PAYER });
});

const HAS_XMLLINT = has('xmllint');
const SCHEMA = join(import.meta.dirname, '../support/pain.001.001.09.xsd');

/** What a validator finds wrong; nothing where all is right. */
function faultsBySchema(xml: string): string {
  const { stderr, status } = spawnSync('xmllint', ['--noout', '--schema', SCHEMA, '-'], {
    input: xml,
    encoding: 'utf8',
  });
  return status === 0 ? '' : stderr;
}

/** A merchant with 98.00 that is due tomorrow. */
async function settled(settings: object = {}): Promise<Shop> {
  const shop = await Shop.open(ledger, { fee: { basisPoints: 200 }, ...settings });
  await shop.sell({ amount: 10_000 });
  await shop.closeBatch();
  return shop;
}

async function run(date: string) {
  return (await ledger.post('/v1/payouts/run', { date })).body;
}

async function payoutsOf(shop: Shop, query = '') {
  const { position } = await run(TODAY);
  const path = `/v1/payouts?merchantId=${shop.merchantId}${query}&after=${position}`;
  return (await ledger.get(path)).body.payouts;
}

async function balance(shop: Shop) {
  const { position } = await run(TODAY);
  return (await ledger.get(`${shop.path}/balances?after=${position}`)).body[0];
}

describe('a payout run', () => {
  test('pays what is available and due, and nothing before its value date', async () => {
    const shop = await settled();

    expect((await balance(shop)).available).toBe(9_800);
    await run(TOMORROW);

    expect(await payoutsOf(shop)).toEqual([
      {
        payoutId: `${shop.merchantId}.EUR.1`,
        merchantId: shop.merchantId,
        currency: 'EUR',
        amount: 9_800,
        date: TOMORROW,
        status: 'sent',
        sentAt: MORNING,
        changedAt: MORNING,
      },
    ]);
    expect(await balance(shop)).toMatchObject({ available: 0, inTransit: 9_800, paidOut: 0 });
  });

  test('run again, or several times at once, pays nothing more', async () => {
    const shop = await settled();
    const runs = await Promise.all([TOMORROW, TOMORROW, TOMORROW].map(run));
    const again = await run(TOMORROW);

    for (const { payouts } of [...runs, again]) {
      expect(
        payouts.filter((payout: never) => payout['merchantId'] === shop.merchantId),
      ).toHaveLength(1);
    }
    expect(await balance(shop)).toMatchObject({ available: 0, inTransit: 9_800 });
  });

  test('counts refunds against what is due', async () => {
    const shop = await settled();
    const { sales } = (await ledger.get(`${shop.path}/sales`)).body;
    shop.batchNo = '000002';
    await shop.refund(sales[0].saleId, { amount: 3_000 });
    await run(TOMORROW);
    expect((await payoutsOf(shop))[0].amount).toBe(6_800);
  });

  test('holds what is below the merchant’s minimum, and says so', async () => {
    const shop = await settled({ payoutMinimum: 9_801 });
    const { held, payouts } = await run(TOMORROW);
    const { merchantId } = shop;
    expect(held).toContainEqual({
      merchantId,
      currency: 'EUR',
      amount: 9_800,
      reason: 'below-minimum',
    });
    expect(payouts.some((payout: { merchantId: string }) => payout.merchantId === merchantId)).toBe(
      false,
    );
  });

  test('holds the money of a frozen merchant until it is restored', async () => {
    const shop = await settled();
    await ledger.put(`${shop.path}/payout-right`, { status: 'frozen', reason: 'under review' });
    const { held } = await run(TOMORROW);
    expect(held).toContainEqual({
      merchantId: shop.merchantId,
      currency: 'EUR',
      amount: 9_800,
      reason: 'frozen',
    });
    expect((await ledger.get(shop.path)).body.payoutRight).toBe('frozen');

    await ledger.put(`${shop.path}/payout-right`, { status: 'active', reason: 'all is well' });
    await run(TOMORROW);
    expect((await payoutsOf(shop))[0].amount).toBe(9_800);
  });
});

describe('a payout', () => {
  test('that is paid is the merchant’s, once', async () => {
    const shop = await settled();
    await run(TOMORROW);
    const path = `/v1/payouts/${shop.merchantId}.EUR.1`;

    const paid = await ledger.post(`${path}/paid`, { bankReference: 'B17' });
    const again = await ledger.post(`${path}/paid`, { bankReference: 'B17' });

    expect(paid.body).toMatchObject({ status: 'paid', bankReference: 'B17', responseCode: '00' });
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body.position).toBe(paid.body.position);
    expect((await ledger.post(`${path}/paid`, {})).body).toEqual(paid.body);
    const other = await ledger.post(`${path}/paid`, { bankReference: 'B18' });
    expect([other.status, other.body.responseCode]).toEqual([409, '94']);
    expect((await ledger.get(path)).body.status).toBe('paid');
    expect(await balance(shop)).toMatchObject({ available: 0, inTransit: 0, paidOut: 9_800 });
    const statement = await ledger.get(`${shop.path}/statement`);
    const { movements } = statement.body as { movements: { kind: string }[] };
    expect(movements.map(({ kind }) => kind)).toEqual(['sale', 'settlement', 'payout']);
  });

  test.each(['before', 'after'])(
    'that comes back %s it was paid is available again, and is paid by the next run',
    async (when) => {
      const shop = await settled();
      await run(TOMORROW);
      const path = `/v1/payouts/${shop.merchantId}.EUR.1`;
      if (when === 'after') await ledger.post(`${path}/paid`, { bankReference: 'B17' });

      const returned = await ledger.post(`${path}/returned`, { reason: 'account closed' });
      expect(returned.body).toMatchObject({ status: 'returned', returnReason: 'account closed' });
      expect(await balance(shop)).toMatchObject({ available: 9_800, inTransit: 0, paidOut: 0 });

      await run(TOMORROW);
      const [first, second] = await payoutsOf(shop);
      expect([first.status, second.status]).toEqual(['returned', 'sent']);
      expect(first.bankReference).toBe(when === 'after' ? 'B17' : undefined);
      const refused = await ledger.post(`${path}/paid`, {});
      expect([refused.status, refused.body.code]).toEqual([409, 'payout-status']);
    },
  );

  test('that has come back since is answered as when it was paid where that is told again word for word', async () => {
    const shop = await settled();
    await run(TOMORROW);
    const path = `/v1/payouts/${shop.merchantId}.EUR.1`;
    const paid = await ledger.post(`${path}/paid`, { bankReference: 'B17' });
    await ledger.post(`${path}/returned`, {});

    const again = await ledger.post(`${path}/paid`, { bankReference: 'B17' });
    const other = await ledger.post(`${path}/paid`, { bankReference: 'B18' });

    expect([again.status, again.body]).toEqual([200, paid.body]);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect([other.status, other.body.code]).toEqual([409, 'payout-status']);
    expect((await ledger.get(path)).body.status).toBe('returned');
  });

  test('comes back without a word, too, and once though it is told many times at the same moment', async () => {
    const shop = await settled();
    await run(TOMORROW);
    const path = `/v1/payouts/${shop.merchantId}.EUR.1/returned`;
    const answers = await Promise.all(Array.from({ length: 10 }, () => ledger.post(path, {})));
    const [returned, ...more] = answers.filter(
      ({ headers }) => headers['idempotency-replayed'] !== 'true',
    );
    expect([returned?.status, returned?.body.status]).toEqual([200, 'returned']);
    expect(returned?.body).not.toHaveProperty('returnReason');
    expect(more).toEqual([]);
    for (const { body } of answers) expect(body).toEqual(returned?.body);
    expect((await ledger.post(path, { reason: 'account closed' })).body.fields).toEqual(['reason']);
  });

  test('that there never was is not found', async () => {
    const { status, body } = await ledger.post('/v1/payouts/M1.EUR.7/paid', {});
    expect([status, body.code, body.responseCode]).toEqual([404, 'unknown-payout', '25']);
  });
});

describe('the file for the bank', () => {
  const DATE = '2027-01-04';

  test('has what is under way, each payout known by its own name, and nothing that was paid', async () => {
    const own = await Tillbook.start({ env: PAYER });
    const sellAndRun = async (currency: string) => {
      const shop = await Shop.open(own, { fee: { basisPoints: 200 }, currency });
      await shop.sell({ amount: 10_000, currency });
      await shop.closeBatch();
      await own.post('/v1/payouts/run', { date: TOMORROW });
      return `${shop.merchantId}.${currency}.1`;
    };
    const report = async (payoutId: string) => {
      const { body } = await own.post(`/v1/payouts/${payoutId}/paid`, {});
      return `&after=${body.position}`;
    };
    const xml = async (after = '') => {
      const { text } = await own.get(`/v1/payout-file?date=${TOMORROW}${after}`);
      if (HAS_XMLLINT) expect(faultsBySchema(text)).toBe('');
      const all = (name: string): string[] =>
        [...text.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'g'))].map(
          ([, value = '']) => value,
        );
      return {
        message: all('MsgId'),
        names: all('PmtInfId'),
        sums: all('CtrlSum'),
        counts: all('NbOfTxs'),
      };
    };
    const csv = async (after: string) => {
      const accept = { accept: 'text/csv' };
      const { text } = await own.get(`/v1/payout-file?date=${TOMORROW}${after}`, accept);
      return parse<{ payoutId: string }>(text, { columns: true }).map(({ payoutId }) => payoutId);
    };

    const first = await sellAndRun('EUR');
    const alone = await xml();
    expect(alone).toMatchObject({ names: [first], sums: ['98.00', '98.00'], counts: ['1', '1'] });
    expect(await xml()).toEqual(alone);

    const second = await sellAndRun('JPY');
    const both = await xml();
    expect(both.names).toEqual([first, second].sort());
    expect(both.sums[0]).toBe('9898.00');
    expect(both.counts).toEqual(['2', '1', '1']);
    expect(both.message).not.toEqual(alone.message);

    const told = await report(first);
    expect((await xml(told)).names).toEqual([second]);
    expect(await csv(told)).toEqual([second]);

    const allTold = await report(second);
    const none = await own.get(`/v1/payout-file?date=${TOMORROW}${allTold}`);
    const never = await own.get('/v1/payout-file?date=2031-01-01');
    expect([none.status, none.body.code]).toEqual([404, 'unknown-payout']);
    expect(none.body).toMatchObject({ detail: never.body.detail });
  });

  test('tells each payout of a date once, as pain.001.001.09 and as CSV', async () => {
    const iban = 'DE89370400440532013000';
    const shop = await settled({ payoutAccount: { iban, name: 'Müller & Söhne' } });
    await shop.assign('T2', 'S1', 'JPY');
    await shop.sell({ terminalId: 'T2', batchNo: '000009', currency: 'JPY', amount: 500 });
    await shop.dayClose();
    await run(DATE);

    const { text } = await ledger.get(`/v1/payout-file?date=${DATE}`);
    const parser = new XMLParser({
      parseTagValue: false,
      ignoreAttributes: false,
      isArray: (name) => name === 'PmtInf' || name === 'CdtTrfTxInf',
    });
    const { Document } = parser.parse(text);
    expect(Document['@_xmlns']).toBe('urn:iso:std:iso:20022:tech:xsd:pain.001.001.09');
    const { GrpHdr, PmtInf } = Document.CstmrCdtTrfInitn;
    const transfers = PmtInf.flatMap(({ CdtTrfTxInf }: { CdtTrfTxInf: object[] }) => CdtTrfTxInf);
    expect(GrpHdr.NbOfTxs).toBe(String(transfers.length));
    expect(GrpHdr.MsgId).toMatch(/^[0-9a-f]{32}$/);
    const block = (currency: string) =>
      PmtInf.find(
        ({ PmtInfId }: { PmtInfId: string }) => PmtInfId === `${shop.merchantId}.${currency}.1`,
      );
    expect(Object.keys(block('EUR'))).toEqual([
      'PmtInfId',
      'PmtMtd',
      'NbOfTxs',
      'CtrlSum',
      'ReqdExctnDt',
      'Dbtr',
      'DbtrAcct',
      'DbtrAgt',
      'CdtTrfTxInf',
    ]);
    const transfer = (currency: string) =>
      block(currency).CdtTrfTxInf.find(
        ({ PmtId }: { PmtId: { InstrId: string } }) =>
          PmtId.InstrId === `${shop.merchantId}.${currency}.1`,
      );
    expect(transfer('EUR').Amt.InstdAmt).toEqual({ '#text': '98.00', '@_Ccy': 'EUR' });
    expect(transfer('EUR').Cdtr.Nm).toBe('Müller & Söhne');
    expect(transfer('EUR').CdtrAcct).toEqual({ Id: { IBAN: iban } });
    expect(transfer('JPY').Amt.InstdAmt).toEqual({ '#text': '490', '@_Ccy': 'JPY' });
    expect(block('EUR')).toMatchObject({
      Dbtr: { Nm: PAYER.PAYER_NAME },
      DbtrAcct: { Id: { IBAN: PAYER.PAYER_ACCOUNT }, Ccy: 'EUR' },
      DbtrAgt: { FinInstnId: { BICFI: PAYER.PAYER_BIC } },
    });

    const csv = await ledger.get(`/v1/payout-file?date=${DATE}`, { accept: 'text/csv' });
    const rows: Record<string, string>[] = parse(csv.text, { columns: true });
    expect(rows.find(({ payoutId }) => payoutId === `${shop.merchantId}.EUR.1`)).toEqual({
      date: DATE,
      payoutId: `${shop.merchantId}.EUR.1`,
      merchantId: shop.merchantId,
      name: 'Müller & Söhne',
      iban,
      accountNumber: '',
      bic: '',
      currency: 'EUR',
      amount: '98.00',
    });
  });

  if (HAS_XMLLINT) {
    test('has the structure that ISO 20022 publishes, whatever the accounts are', async () => {
      const accounts = [
        {},
        { name: 'A shop', number: '12-345', bic: 'DEUTDEFF500' },
        { iban: 'DE89370400440532013000' },
      ];
      for (const payoutAccount of accounts) await settled({ payoutAccount });
      await run(DATE);
      const { text } = await ledger.get(`/v1/payout-file?date=${DATE}`);
      expect(faultsBySchema(text)).toBe('');
      expect(faultsBySchema(text.replace('<PmtMtd>TRF', '<PmtMtd>CASH'))).toContain('PmtMtd');
    });
  }

  test('is refused as ISO 20022 where nobody has said who pays, and given as CSV', async () => {
    const own = await Tillbook.start();
    const shop = await Shop.open(own);
    await shop.sell({ amount: 10_000 });
    await shop.closeBatch();
    await own.post('/v1/payouts/run', { date: TOMORROW });
    const { status, body } = await own.get(`/v1/payout-file?date=${TOMORROW}`);
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'payer-not-set' });
    const csv = await own.get(`/v1/payout-file?date=${TOMORROW}`, { accept: 'text/csv' });
    expect(csv.status).toBe(200);
  });

  test('of a date without payouts is not found', async () => {
    expect((await ledger.get('/v1/payout-file?date=2031-01-01')).status).toBe(404);
  });
});

describe('by itself the ledger', () => {
  test('closes the day, releases reserve and pays on the value date, before the clock answers', async () => {
    const own = await Tillbook.start();
    const shop = await Shop.open(own, { reserve: { basisPoints: 1_000, days: 2 } });
    await shop.sell({ amount: 10_000 });
    const balanceNow = async () => (await own.get(`${shop.path}/balances`)).body[0];

    await own.setClock('2026-03-03T00:00:00.000Z');
    expect(await balanceNow()).toMatchObject({ available: 0, reserve: 1_000, inTransit: 9_000 });

    await own.setClock('2026-03-03T23:59:59.999Z');
    expect(await balanceNow()).toMatchObject({ available: 0, reserve: 1_000, inTransit: 9_000 });

    await own.setClock('2026-03-04T00:00:00.000Z');
    expect(await balanceNow()).toMatchObject({ available: 0, reserve: 0, inTransit: 10_000 });

    const { body } = await own.get(`/v1/payouts?merchantId=${shop.merchantId}`);
    expect(body.payouts.map(({ date, amount }: never) => [date, amount])).toEqual([
      [TOMORROW, 9_000],
      ['2026-03-04', 1_000],
    ]);
  });

  test('pays what settled at once on the next date, and no sooner', async () => {
    const own = await Tillbook.start();
    const shop = await Shop.open(own);
    const { saleId } = await shop.sell({ amount: 10_000 });
    await own.post(`/v1/sales/${saleId}/settle`);

    await own.setClock('2026-03-02T18:00:00.000Z');
    expect((await own.get(`${shop.path}/balances`)).body[0].available).toBe(10_000);
    await own.setClock('2026-03-03T00:00:00.000Z');
    expect((await own.get(`${shop.path}/balances`)).body[0].inTransit).toBe(10_000);
  });
});
