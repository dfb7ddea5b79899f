import { beforeAll, expect, test } from '@jest/globals';
import { requestOf, Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';

let ledger: Tillbook;

beforeAll(async () => {
  ledger = await Tillbook.start();
});

/** A sale with a void of it that was refused, and what an appeal against that says. */
async function refusedVoid() {
  const shop = await Shop.open(ledger);
  const { saleId } = await shop.sell();
  const own = shop.request();
  const refused = await shop.void(saleId, { ...own, originalAmount: 1 });
  expect(refused.status).toBe(422);
  const appeal = { ...own, reason: 'the slip was misread', evidenceRef: 'photo 3' };
  return { shop, saleId, appeal, path: `/v1/sales/${saleId}/appeals` };
}

test('a refused void is appealed once, and a reviewer answers once', async () => {
  const { shop, saleId, appeal, path } = await refusedVoid();

  const filed = await ledger.post(path, appeal);
  const again = await ledger.post(path, appeal);

  expect(filed.status).toBe(201);
  expect(filed.body).toMatchObject({
    saleId,
    kind: 'void',
    code: 'amount-allowed',
    status: 'open',
    evidenceRef: 'photo 3',
  });
  expect([again.headers['idempotency-replayed'], again.body]).toEqual(['true', filed.body]);
  const { location } = filed.headers;
  expect((await ledger.get(location as string)).body).toEqual(filed.body);
  for (const field of ['reason', 'evidenceRef', 'operatorId']) {
    const other = await ledger.post(path, { ...appeal, [field]: 'another' });
    expect([other.status, other.body.fields]).toEqual([409, [field]]);
  }
  const another = (await shop.sell()).saleId as string;
  const elsewhere = await ledger.post(`/v1/sales/${another}/appeals`, appeal);
  expect([elsewhere.status, elsewhere.body.fields]).toEqual([409, ['saleId']]);

  const { appealId } = filed.body;
  const said = { outcome: 'upheld', reason: 'void it again', operatorId: 'rev1' };
  const answered = await ledger.post(`/v1/appeals/${appealId}/answer`, said);
  const repeat = await ledger.post(`/v1/appeals/${appealId}/answer`, said);

  expect(answered.body).toMatchObject({ status: 'upheld', answer: said });
  expect([repeat.status, repeat.body]).toEqual([200, answered.body]);
  expect((await ledger.get(location as string)).body).toEqual(answered.body);
  for (const late of [{ reason: 'no' }, { outcome: 'rejected' }, { operatorId: 'rev2' }]) {
    const changed = await ledger.post(`/v1/appeals/${appealId}/answer`, { ...said, ...late });
    expect([changed.status, changed.body.code]).toEqual([409, 'appeal-status']);
    expect(changed.body.message.zh).toBe('申诉已获支持。');
  }
  const { position } = answered.body;
  const list = await ledger.get(`/v1/appeals?merchantId=${shop.merchantId}&after=${position}`);
  expect(list.body.appeals).toMatchObject([{ appealId, status: 'upheld' }]);
  const open = await ledger.get(`/v1/appeals?merchantId=${shop.merchantId}&status=open`);
  expect(open.body.appeals).toEqual([]);
  expect((await ledger.get(path)).body.appeals).toMatchObject([{ appealId, answer: said }]);
});

test('appeals about a sale come in pages, each once and none left out', async () => {
  const { shop, saleId, appeal, path } = await refusedVoid();
  const another = shop.request();
  await shop.void(saleId, { ...another, originalAmount: 1 });
  const first = (await ledger.post(path, appeal)).body;
  const second = (await ledger.post(path, { ...another, reason: 'so was this' })).body;
  await ledger.get(`${path}?after=${second.position}`);

  const page = (await ledger.get(`${path}?limit=1`)).body;
  const rest = (await ledger.get(`${path}?limit=1&after=${page.next}`)).body;

  expect(page.appeals).toMatchObject([{ appealId: first.appealId }]);
  expect(rest.appeals).toMatchObject([{ appealId: second.appealId }]);
  expect(rest.next).toBeUndefined();
});

test('a refused sale can not be appealed: there is nothing yet to give back', async () => {
  const shop = await Shop.open(ledger);
  const sale = shop.saleBody({ currency: 'USD' });
  const { merchantId, terminalId, batchNo, stan } = sale;
  expect((await ledger.post('/v1/sales', sale)).status).toBe(422);

  const path = `/v1/sales/${merchantId}.${terminalId}.${batchNo}.${stan}/appeals`;
  const appeal = { merchantId, terminalId, batchNo, stan, reason: 'dollars will do' };
  const { status, body } = await ledger.post(path, appeal);

  expect([status, body.code]).toEqual([409, 'nothing-refused']);
});

test('a refused time-out reversal can not be appealed: it says what became of a request', async () => {
  const shop = await Shop.open(ledger);
  const { saleId } = await shop.sell();
  await ledger.post(`/v1/sales/${saleId}/settle`);
  const own = shop.request();
  const { batchNo, stan } = requestOf(saleId);
  const refused = await ledger.post('/v1/timeout-reversals', {
    ...own,
    original: { batchNo, stan },
  });
  expect(refused.status).toBe(409);

  const { status, body } = await ledger.post(`/v1/sales/${saleId}/appeals`, {
    ...own,
    reason: 'it never was',
  });

  expect([status, body.code]).toEqual([409, 'nothing-refused']);
});

test('appeals about a sale that there is not are not found, and of one without any there are none', async () => {
  const { shop, path } = await refusedVoid();
  const unknown = await ledger.get(`/v1/sales/${shop.merchantId}.T1.000001.999999/appeals`);

  expect([unknown.status, unknown.body.responseCode]).toEqual([404, '25']);
  expect([(await ledger.get(path)).status, (await ledger.get(path)).body]).toEqual([
    200,
    { appeals: [] },
  ]);
});

test('what was not refused, or is of another sale, can not be appealed', async () => {
  const { shop, appeal } = await refusedVoid();
  const other = await shop.sell({ amount: 1_234 });
  const done = shop.request();
  await shop.void(other.saleId, done);

  for (const wrong of [appeal, { ...appeal, ...done }, { ...appeal, ...shop.request() }]) {
    const { status, body } = await ledger.post(`/v1/sales/${other.saleId}/appeals`, wrong);
    expect([status, body.code]).toEqual([409, 'nothing-refused']);
  }
  const nobody = `${shop.merchantId}.T1.000001.999999`;
  const unknown = await ledger.get(`/v1/appeals/${nobody}`);
  expect([unknown.status, unknown.body.code]).toEqual([404, 'unknown-appeal']);
  const answered = await ledger.post(`/v1/appeals/${nobody}/answer`, {
    outcome: 'upheld',
    reason: 'why not',
  });
  expect([answered.status, answered.body.code]).toEqual([404, 'unknown-appeal']);
});
