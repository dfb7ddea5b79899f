import { beforeAll, describe, expect, test } from '@jest/globals';
import { LiveReader } from '../support/live-reader.js';
import { Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';

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
