import { beforeAll, describe, expect, test } from '@jest/globals';
import type { HttpClient } from '../support/http-client.js';
import { type Operation, operationsIn } from '../support/operations.js';
import { Shop } from '../support/shop.js';
import { newFolder } from '../support/store-folder.js';
import { Tillbook } from '../support/tillbook.js';
import { operatorKey } from '../support/tool.js';

/**
 * Who may call what: t its terminal, m its merchant, o an operator, a an auditor, `anyone` without a key. Every
 * operation of the OpenAPI document must be here: a new one is not forgotten.
 */
const MAY_CALL: Readonly<Record<string, string>> = {
  'POST /v1/sales': 't m o',
  'POST /v1/bulk': 't m o',
  'GET /v1/sales/{saleId}': 't m o a',
  'GET /v1/sales/{saleId}/voidability': 't m o a',
  'GET /v1/sales/{saleId}/history': 't m o a',
  'GET /v1/sales/{saleId}/receipt': 't m o a',
  'GET /v1/sales/{saleId}/voids/{voidId}/receipt': 't m o a',
  'GET /v1/sales/{saleId}/refunds/{refundId}/receipt': 't m o a',
  'POST /v1/sales/{saleId}/voids': 't m o',
  'POST /v1/sales/{saleId}/refunds': 't m o',
  'POST /v1/sales/{saleId}/reversals': 't m o',
  'POST /v1/sales/{saleId}/settle': 'o',
  'POST /v1/timeout-reversals': 't m o',
  'POST /v1/sales/{saleId}/appeals': 't m o',
  'GET /v1/sales/{saleId}/appeals': 't m o a',
  'GET /v1/appeals': 'm o a',
  'GET /v1/appeals/{appealId}': 't m o a',
  'POST /v1/appeals/{appealId}/answer': 'o',
  'POST /v1/failures': 't m o',
  'GET /v1/reports/refusals': 'm o a',
  'GET /v1/approvals': 'm o a',
  'GET /v1/approvals/{approvalId}': 'm o a',
  'POST /v1/approvals/{approvalId}/approve': 'm o',
  'POST /v1/approvals/{approvalId}/decline': 'm o',
  'GET /v1/requests/{merchantId}/{terminalId}/{batchNo}/{stan}': 't m o a',
  'POST /v1/merchants/{merchantId}/terminals/{terminalId}/batches/{batchNo}/close': 't m o',
  'GET /v1/merchants/{merchantId}/terminals/{terminalId}/batches/{batchNo}': 't m o a',
  'POST /v1/merchants/{merchantId}/day-close': 'm o',
  'GET /v1/merchants/{merchantId}/batches': 'm o a',
  'GET /v1/merchants': 'o a',
  'PUT /v1/merchants/{merchantId}': 'o',
  'GET /v1/merchants/{merchantId}': 't m o a',
  'GET /v1/merchants/{merchantId}/terminals': 'm o a',
  'PUT /v1/merchants/{merchantId}/terminals/{terminalId}': 'o',
  'GET /v1/merchants/{merchantId}/terminals/{terminalId}': 't m o a',
  'PUT /v1/merchants/{merchantId}/stores/{storeId}': 'o',
  'GET /v1/merchants/{merchantId}/stores/{storeId}': 'm o a',
  'PUT /v1/merchants/{merchantId}/void-right': 'o',
  'PUT /v1/merchants/{merchantId}/refund-right': 'o',
  'GET /v1/merchants/{merchantId}/supervisors': 'm o a',
  'PUT /v1/merchants/{merchantId}/supervisors/{supervisorId}': 'm o',
  'GET /v1/merchants/{merchantId}/sales': 'm o a',
  'GET /v1/merchants/{merchantId}/balances': 'm o a',
  'GET /v1/merchants/{merchantId}/statement': 'm o a',
  'GET /v1/ledger/trial-balance': 'o a',
  'PUT /v1/merchants/{merchantId}/payout-right': 'o',
  'GET /v1/merchants/{merchantId}/settlements': 'm o a',
  'POST /v1/merchants/{merchantId}/write-offs': 'o',
  'POST /v1/payouts/run': 'o',
  'GET /v1/payouts': 'm o a',
  'GET /v1/payouts/{payoutId}': 'm o a',
  'POST /v1/payouts/{payoutId}/paid': 'o',
  'POST /v1/payouts/{payoutId}/returned': 'o',
  'GET /v1/payout-file': 'o a',
  'POST /v1/acquirer/payments': 'o',
  'GET /v1/acquirer/payments': 'o a',
  'GET /v1/acquirer/payments/{paymentId}': 'o a',
  'GET /v1/acquirer/settlements': 'o a',
  'GET /v1/chargebacks': 'm o a',
  'POST /v1/sales/{saleId}/chargebacks': 'o',
  'POST /v1/sales/{saleId}/chargebacks/{chargebackId}/won': 'o',
  'POST /v1/sales/{saleId}/chargebacks/{chargebackId}/lost': 'o',
  'GET /v1/cards/{token}/status': 'o a',
  'PUT /v1/cards/{token}/status': 'o',
  'GET /v1/projections': 'o a',
  'POST /v1/projections/{name}/rebuild': 'o',
  'GET /v1/projections/{name}/rebuild': 'o a',
  'DELETE /v1/projections/{name}/rebuild': 'o',
  'POST /v1/projections/{name}/skips': 'o',
  'GET /v1/audit/events': 'o a',
  'GET /v1/audit/head': 'o a',
  'GET /v1/audit/proof/{position}': 'o a',
  'GET /v1/audit/consistency': 'o a',
  'POST /v1/keys': 'o',
  'GET /v1/keys': 'o a',
  'GET /v1/keys/{keyId}': 'o a',
  'POST /v1/keys/{keyId}/revoke': 'o',
  'GET /v1/sandbox/clock': 'o',
  'PUT /v1/sandbox/clock': 'o',
  'GET /health/live': 'anyone',
  'GET /health/ready': 'anyone',
  'GET /metrics': 'o a',
};

const SCOPES = { t: 'terminal', m: 'merchant', o: 'operator', a: 'auditor' } as const;

interface Place {
  readonly merchantId: string;
  readonly terminalId: string;
}

let ledger: Tillbook;
let operations: Operation[];
let mine: Shop;
let other: Shop;
const keys: Record<string, string> = {};
const clients: Record<string, HttpClient> = {};

beforeAll(async () => {
  const folder = newFolder();
  const operator = await operatorKey(folder);
  ledger = await Tillbook.start({ folder, key: operator, env: { AUTH: 'keys' } });
  mine = await Shop.open(ledger);
  other = await Shop.open(ledger);
  await mine.assign('T2', 'S1');
  const { merchantId, terminalId } = mine;
  keys['operator'] = operator;
  keys['auditor'] = await newKey({ scope: 'auditor' });
  keys['merchant'] = await newKey({ scope: 'merchant', merchantId });
  keys['terminal'] = await newKey({ scope: 'terminal', merchantId, terminalId });
  for (const [scope, key] of Object.entries(keys)) clients[scope] = ledger.as(key);
  operations = operationsIn((await ledger.get('/openapi.json')).body);
});

async function newKey(body: object): Promise<string> {
  const { status, body: added, text } = await ledger.post('/v1/keys', body);
  if (status !== 201) throw new Error(text);
  return added.key as string;
}

function client(scope: string): HttpClient {
  const found = clients[scope];
  if (!found) throw new Error(`no client of scope ${scope}`);
  return found;
}

/** The operation asked about a place: names in the path, in the query and in the body are all of it. */
function ask(asker: HttpClient, operation: Operation, place: Place) {
  const { merchantId, terminalId } = place;
  const values: Record<string, string> = {
    merchantId,
    terminalId,
    saleId: `${merchantId}.${terminalId}.000001.999999`,
    approvalId: `${merchantId}.${terminalId}.000001.999998`,
    appealId: `${merchantId}.${terminalId}.000001.999997`,
    payoutId: `${merchantId}.EUR.999999`,
    batchNo: '999999',
    stan: '999999',
    token: 'tok_nobody',
    keyId: 'nosuchkey000',
  };
  const address = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? 'none');
  const query = operation.query.includes('merchantId') ? `?merchantId=${merchantId}` : '';
  // No terminal is named where the merchant as a whole is meant: the body is malformed then, and changes nothing.
  const body = operation.hasBody ? { merchantId, terminalId } : undefined;
  return asker.send(operation.method, address + query, body ? { body } : {});
}

describe('who may call what', () => {
  test('every operation of the OpenAPI document has a rule here, and none here is without one', () => {
    expect(operations.map(({ name }) => name).sort()).toEqual(Object.keys(MAY_CALL).sort());
  });

  test.each(Object.entries(MAY_CALL))('%s: %s', async (name, allowed) => {
    const operation = operations.find((known) => known.name === name);
    if (!operation) throw new Error('the document does not have it');
    const anonymous = await ask(ledger.as('nobody'), operation, mine);
    expect(anonymous.status === 401).toBe(allowed !== 'anyone');
    for (const [letter, scope] of Object.entries(SCOPES)) {
      const isAllowed = allowed === 'anyone' || allowed.split(' ').includes(letter);
      const isHeld = allowed !== 'anyone' && (letter === 't' || letter === 'm');
      const own = await ask(client(scope), operation, mine);
      expect([scope, own.status === 403 && own.body.code === 'not-allowed']).toEqual([
        scope,
        !isAllowed,
      ]);
      expect([scope, own.status]).not.toEqual([scope, 401]);
      if (!isAllowed) continue;
      expect([scope, own.body?.code]).not.toEqual([scope, 'unknown-merchant']);

      // Of a bulk each line is held to its own merchant: bulk.spec.ts.
      if (!isHeld || operation.path === '/v1/bulk') continue;
      const foreign = await ask(client(scope), operation, other);
      const unknown = await ask(client(scope), operation, { ...other, merchantId: 'NOBODY' });
      expect([scope, foreign.status]).toEqual([scope, 404]);
      expect(foreign.body).toEqual(unknown.body);
      const places = name.includes('terminalId') || operation.path === '/v1/sales';
      if (letter !== 't' || !places) continue;
      const elsewhere = await ask(client(scope), operation, { ...mine, terminalId: 'T2' });
      expect([elsewhere.status, elsewhere.body.code]).toEqual([404, 'unknown-terminal']);
    }
  });
});

describe('what is of another merchant', () => {
  test.each(['approvals', 'appeals', 'chargebacks', 'payouts', 'reports/refusals'])(
    'is not among %s: a merchant’s key says whose it asks for',
    async (list) => {
      const { status, body } = await client('merchant').get(`/v1/${list}`);
      expect([status, body.errors]).toMatchObject([400, [{ field: 'merchantId' }]]);
      expect((await client('auditor').get(`/v1/${list}`)).status).toBe(200);
    },
  );

  test('does not show: a real sale of it is told as one that never was', async () => {
    const { saleId } = await other.sell();
    const merchant = client('merchant');
    const nothing = await merchant.get(`/v1/sales/${other.merchantId}.T1.000001.999999`);

    for (const path of ['', '/history', '/voidability']) {
      const { status, body } = await merchant.get(`/v1/sales/${saleId}${path}`);
      expect([status, body]).toEqual([404, nothing.body]);
    }
  });

  test.each(['voids', 'refunds', 'reversals'])(
    'can not be given back: %s of it are refused as of none, and written down for who asked',
    async (route) => {
      const { saleId } = await other.sell();
      const merchant = client('merchant');
      const never = `${other.merchantId}.T1.000001.999999`;
      const said = { reason: 'not mine' };
      const own = mine.request();

      const refused = await merchant.post(`/v1/sales/${saleId}/${route}`, { ...own, ...said });
      const again = await merchant.post(`/v1/sales/${saleId}/${route}`, { ...own, ...said });
      const none = await merchant.post(`/v1/sales/${never}/${route}`, {
        ...mine.request(),
        ...said,
      });

      const { position, ...told } = refused.body;
      expect([refused.status, told.code, told.responseCode]).toEqual([404, 'sale-approved', '25']);
      expect(none.body).toEqual({ ...told, position: none.body.position });
      expect([again.body, again.headers['idempotency-replayed']]).toEqual([refused.body, 'true']);
      const became = await merchant.get(
        `/v1/requests/${own.merchantId}/${own.terminalId}/${own.batchNo}/${own.stan}`,
      );
      expect(became.body).toMatchObject({ outcome: 'refused', position });
      expect((await ledger.get(`/v1/sales/${saleId}`)).body.remaining).toBe(10_000);
    },
  );

  test('a terminal voids a sale of another terminal of its merchant, and the key stands on the event', async () => {
    const { saleId } = await mine.sell({ terminalId: 'T2' });
    const body = { ...mine.request(), reason: 'wrong amount' };

    const { status } = await client('terminal').post(`/v1/sales/${saleId}/voids`, body);

    expect(status).toBe(201);
    const { events } = (await client('auditor').get(`/v1/sales/${saleId}/history`)).body;
    expect(events[1].by).toEqual({
      kind: 'terminal',
      id: `${mine.merchantId}.T1`,
      key: keys['terminal']?.split('_')[1],
    });
  });
});

test('an operator sends the time-out reversal for a terminal that can not, and its key stands on the event', async () => {
  const lost = mine.saleBody();
  const { saleId } = (await client('terminal').post('/v1/sales', lost)).body;
  const { batchNo, stan } = lost;
  const sent = { ...mine.request(), original: { batchNo, stan } };

  const { status, body } = await client('operator').post('/v1/timeout-reversals', sent);

  expect([status, body.outcome]).toEqual([200, 'reversed']);
  const { events } = (await client('auditor').get(`/v1/sales/${saleId}/history`)).body;
  const [sale, reversal] = events.map(({ by }: { by: object }) => by);
  const terminal = { kind: 'terminal', id: `${mine.merchantId}.T1` };
  expect(sale).toEqual({ ...terminal, key: keys['terminal']?.split('_')[1] });
  expect(reversal).toEqual({ ...terminal, key: keys['operator']?.split('_')[1] });
});
