import { beforeAll, describe, expect, test } from '@jest/globals';
import { LiveReader } from '../support/live-reader.js';
import type { TrailEventDto } from '../../src/audit/audit.controller.js';
import { Shop } from '../support/shop.js';
import { newFolder } from '../support/store-folder.js';
import { Tillbook } from '../support/tillbook.js';
import { operatorKey } from '../support/tool.js';

let ledger: Tillbook;
let shop: Shop;
let sold: { saleId: string; position: string }[];

beforeAll(async () => {
  ledger = await Tillbook.start();
  shop = await Shop.open(ledger);
  sold = [await shop.sell(), await shop.sell(), await shop.sell()];
});

describe('GET /v1/audit/events', () => {
  test('says of each event what, when, who, for which request', async () => {
    const sale = sold[0];
    const { body } = await ledger.get(`/v1/audit/events?saleId=${sale?.saleId ?? ''}`);
    expect(body.events).toEqual([
      expect.objectContaining({
        type: 'Sale',
        position: sale?.position,
        occurredAt: '2026-03-02T10:00:00.000Z',
        by: { kind: 'terminal', id: `${shop.merchantId}.T1` },
        request: sale?.saleId,
      }),
    ]);
  });

  test.each([
    ['type=Sale', 3],
    ['type=Sale&terminalId=T1', 3],
    ['type=Sale&terminalId=T2', 0],
    ['type=Sale&from=2026-03-02T10:00:00Z&to=2026-03-02T10:00:01Z', 3],
    ['type=Sale&from=2026-03-02T10:00:01Z', 0],
    ['type=Sale&to=2026-03-02T11:00:00%2B01:00', 0],
  ])('%s finds %i', async (query, count) => {
    expect((await ledger.get(`/v1/audit/events?${query}`)).body.events).toHaveLength(count);
  });

  test('finds by its name a sale that was refused, or reversed before it came', async () => {
    const trade = await Shop.open(ledger, { limits: { single: { sale: 1 } } });
    const [refused, lost] = [trade.request(), trade.request()];
    await trade.trySale({ ...refused, amount: 2 });
    await trade.timeOut(lost);
    const of = async (request: typeof lost) => {
      const saleId = Object.values(request).join('.');
      const { events } = (await ledger.get(`/v1/audit/events?saleId=${saleId}`)).body;
      return (events as TrailEventDto[]).map(({ type }) => type);
    };

    expect(await of(refused)).toEqual(['Refused']);
    expect(await of(lost)).toEqual(['RequestTaken', 'Reversal']);
  });

  test('finds by its merchant whatever is of it, also its line in what an acquirer paid', async () => {
    const [first, second, third] = [
      await Shop.open(ledger),
      await Shop.open(ledger),
      await Shop.open(ledger),
    ];
    const line = { businessDate: '2026-03-02', amount: 100 };
    await ledger.post('/v1/acquirer/payments', {
      ...{ paymentId: 'ofTwo', currency: 'EUR', receivedOn: '2026-03-02' },
      lines: [first, second].map(({ merchantId }) => ({ merchantId, ...line })),
    });
    const of = async ({ merchantId }: Shop) => {
      const { events } = (await ledger.get(`/v1/audit/events?merchantId=${merchantId}`)).body;
      return (events as TrailEventDto[]).map(({ type }) => type);
    };
    const own = ['MerchantRegistered', 'TerminalAssigned'];
    expect(await of(first)).toEqual([...own, 'AcquirerPaid']);
    expect(await of(second)).toEqual([...own, 'AcquirerPaid']);
    expect(await of(third)).toEqual(own);
  });

  test('streams the whole log as NDJSON, as the pages have it', async () => {
    const page = (await ledger.get('/v1/audit/events?limit=1000')).body.events;
    const { text, headers } = await ledger.get('/v1/audit/events', {
      accept: 'application/x-ndjson',
    });
    expect(headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ).toEqual(page);
  });

  test('goes on live as an event stream, from behind the event that a reader saw last', async () => {
    const live = new LiveReader(ledger.url, sold[1]?.position ?? '');
    expect((await live.next()).position).toBe(sold[2]?.position);
    const later = await shop.sell();
    expect((await live.next()).position).toBe(later.position);
    live.close();
  });
});

describe('an entry of the trail', () => {
  let keyed: Tillbook;
  let trade: Shop;
  let entries: TrailEventDto[];

  /** A sale of which a part is voided by its terminal's key, and that settles with its batch. */
  beforeAll(async () => {
    const folder = newFolder();
    const operator = await operatorKey(folder);
    keyed = await Tillbook.start({ folder, key: operator, env: { AUTH: 'keys' } });
    const opened = await Shop.open(keyed, { voidPolicy: { partial: true } });
    const { merchantId, terminalId } = opened;
    const { body } = await keyed.post('/v1/keys', { scope: 'terminal', merchantId, terminalId });
    trade = opened.through(keyed.as(body.key as string));
    const { saleId } = await trade.sell({ operatorId: 'op1' });
    await keyed.setClock('2026-03-02T11:00:00.000Z');
    await trade.void(String(saleId), { amount: 3_000, operatorId: 'op2' });
    await opened.closeBatch();
    entries = (await keyed.get('/v1/audit/events?limit=1000')).body.events as TrailEventDto[];
  });

  const entry = (type: string): TrailEventDto => {
    const found = entries.find((one) => one.type === type);
    if (!found) throw new Error(`there is no ${type} in the trail`);
    return found;
  };

  test('shows nobody but operators the hash of a password, as a proof of its event must', async () => {
    const auditor = keyed.as(
      (await keyed.post('/v1/keys', { scope: 'auditor' })).body.key as string,
    );
    await keyed.put(`${trade.path}/supervisors/ann`, { name: 'Ann', password: 'seven-Tills-4' });
    const { events } = (await auditor.get('/v1/audit/events?type=SupervisorSet')).body;
    const path = `/v1/audit/proof/${events[0].position}`;
    expect(events[0].data).not.toHaveProperty('passwordHash');
    expect((await auditor.get(path)).status).toBe(403);
    expect((await keyed.get(path)).text).toContain('passwordHash');
  });

  test('says what, when it happened and was recorded, by which key, terminal and operator, for which request', () => {
    const { position, recordedAt, id, by, ...sale } = entry('Sale');
    const request = `${trade.merchantId}.T1.000001.500001`;
    expect(sale).toEqual({
      type: 'Sale',
      stream: `sale-${request}`,
      revision: 0,
      occurredAt: '2026-03-02T10:00:00.000Z',
      request,
      data: expect.objectContaining({ amount: 10_000, operatorId: 'op1' }),
    });
    expect(position).toMatch(/^\d{20}$/);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5/);
    const key = entries.filter(({ type }) => type === 'KeyAdded').at(-1)?.data as { keyId: string };
    expect(by).toEqual({ kind: 'terminal', id: `${trade.merchantId}.T1`, key: key.keyId });
    // The sandbox's clock says when it happened, and the machine's when it was written down.
    expect(recordedAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/);
    expect(recordedAt).not.toBe(sale.occurredAt);
  });

  test('is found by the sale that it is about, also in the stream of a request', async () => {
    const { data } = entry('Sale') as { data: { saleId?: string } };
    const { events } = (await keyed.get(`/v1/audit/events?saleId=${data.saleId ?? ''}`)).body;
    const types = (events as TrailEventDto[]).map(({ type }) => type);
    expect(types).toEqual(['Sale', 'RequestTaken', 'Void', 'Settled']);
  });

  test('names the event of the command that caused it', () => {
    const taken = entry('RequestTaken');
    const voided = entry('Void');
    expect(voided).toMatchObject({
      causationId: taken.id,
      request: taken.request,
      occurredAt: '2026-03-02T11:00:00.000Z',
      data: { operatorId: 'op2', terminalId: 'T1' },
    });
    expect(taken.data).toMatchObject({ kind: 'void', content: { amount: 3_000 } });
    expect(taken.causationId).toBeUndefined();
    const close = entry('BatchCloseRequested');
    expect(close.by).toMatchObject({ kind: 'terminal', key: expect.any(String) });
    for (const type of ['Settled', 'BatchClosed']) {
      expect(entry(type)).toMatchObject({ causationId: close.id, by: { kind: 'ledger' } });
    }
  });
});
