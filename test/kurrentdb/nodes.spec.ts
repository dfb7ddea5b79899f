import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { toPosition } from '../../src/event-store/event-store.js';
import { sendBulk } from '../support/bulk.js';
import { Shop } from '../support/shop.js';
import { newFolder } from '../support/store-folder.js';
import { storeSettings } from '../support/store-settings.js';
import { MORNING, Tillbook } from '../support/tillbook.js';

/** A server and two services: a busy machine takes its time. */
const START_MS = 180_000;

/** A node looks for the sales of others so often. */
const LOOKS_EVERY_MS = 500;

/** So many that a close of them takes a while. */
const SALES = 900;

const EVENING = '2026-03-03T00:00:00.000Z';

describe('two nodes on one EventStoreDB', () => {
  const env = { ...storeSettings(newFolder()), VIEWS_DIR: undefined };
  let one: Tillbook;
  let other: Tillbook;
  let shop: Shop;
  /** The shop, sending to the other node. */
  let there: Shop;

  beforeAll(async () => {
    [one, other] = await Promise.all([Tillbook.start({ env }), Tillbook.start({ env })]);
    // No two machines have quite the same time.
    await other.setClock('2026-03-02T10:00:00.250Z');
    shop = await Shop.open(one);
    there = shop.through(other);
  }, START_MS);

  /** Answers again and again until it is as wanted. */
  async function until<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
    for (;;) {
      const answer = await ask();
      if (isWanted(answer)) return answer;
      await pause(100);
    }
  }

  const events = async (type: string, merchantId: string) => {
    const { body } = await one.get(
      `/v1/audit/events?merchantId=${merchantId}&type=${type}&limit=1000`,
    );
    return body.events as { data: Record<string, unknown> }[];
  };

  test('one takes a sale and the other voids it', async () => {
    const { saleId } = await shop.sell();
    const voided = await there.void(saleId);
    expect(voided.status).toBe(201);
    expect((await one.get(`/v1/sales/${saleId}`)).body.status).toBe('voided');
  });

  test('of a void sent to each at once exactly one is done', async () => {
    const { saleId } = await shop.sell();
    const answers = await Promise.all([shop.void(saleId), there.void(saleId)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  test('a repeat at the other node gets the first answer again', async () => {
    const body = shop.saleBody();
    const first = await one.post('/v1/sales', body);
    const again = await other.post('/v1/sales', body);
    expect(again.body).toEqual(first.body);
    expect(again.headers['idempotency-replayed']).toBe('true');
  });

  test('a list on one node shows what was written through the other, when it is asked to wait for it', async () => {
    const { saleId, position } = await shop.sell();
    const { body } = await other.get(`${shop.path}/sales?after=${position}`);
    const sales = body.sales as { saleId: string }[];
    expect(sales.map((sale) => sale.saleId)).toContain(saleId);
  });

  test('what one node sets of a merchant, or closes of a key, the other tells at once', async () => {
    const key = await one.post('/v1/keys', { scope: 'auditor' });
    const keyPath = `/v1/keys/${String(key.body.keyId)}`;
    // In the memory of the other from now on.
    await Promise.all([other.get(shop.path), other.get(keyPath)]);

    await one.put(`${shop.path}/terminals/T7`, { storeId: 'ANNEX' });
    const { body: listed } = await other.get(`${shop.path}/terminals?storeId=ANNEX`);
    expect(listed.terminals).toEqual([{ terminalId: 'T7', storeId: 'ANNEX' }]);

    await one.post(`${keyPath}/revoke`, {});
    expect((await other.get(keyPath)).body).toHaveProperty('revokedAt');
  });

  test('a second swipe at the other node is warned of once its views have the first', async () => {
    const first = await shop.sell({ amount: 4_321 });
    await other.get(`${shop.path}/sales?after=${first.position}`);
    await pause(LOOKS_EVERY_MS);
    const second = await there.sell({ amount: 4_321 });
    expect(second.warnings).toMatchObject([{ code: 'duplicate-swipe', of: first.saleId }]);
    await one.get(`${shop.path}/sales?after=${second.position}`);
    await pause(LOOKS_EVERY_MS);
    const third = await shop.sell({ amount: 4_321 });
    expect(third.warnings).toMatchObject([{ of: second.saleId }]);
  });

  test('a position that the ledger never gave is refused, where the trail is to be read on from it', async () => {
    const { position } = await shop.sell();
    const between = toPosition(BigInt(position) - 1n);
    const { status, body } = await one.get(`/v1/audit/events?after=${between}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'malformed', errors: [{ field: 'after' }] });
    expect((await one.get('/health/ready')).status).toBe(200);
  });

  test('a right that is frozen on one node is soon refused on the other', async () => {
    const { saleId } = await there.sell();
    await one.put(`${shop.path}/void-right`, { status: 'frozen', reason: 'too many voids' });
    const refused = await until(
      async () => (await other.get(shop.path)).body as { voidRight: string },
      ({ voidRight }) => voidRight === 'frozen',
    );
    expect(refused.voidRight).toBe('frozen');
    expect((await there.void(saleId)).body.code).toBe('void-right');
    await one.put(`${shop.path}/void-right`, { status: 'active', reason: 'looked into' });
  });

  test('a batch that one node has closed is soon closed on the other', async () => {
    const till = await Shop.open(one);
    const thereToo = till.through(other);
    await till.sell();
    await thereToo.sell();
    const closed = await till.closeBatch();
    expect(closed.body).toMatchObject({ status: 'closed', totals: { saleCount: 2 } });
    const late = await until(
      () => thereToo.trySale(),
      ({ body }) => body.code !== undefined && body.code !== 'batch-closing',
    );
    expect(late.body).toMatchObject({ code: 'batch-closed', responseCode: '77' });
  });

  test('a sale that slips in behind a close on the other node settles with the next close', async () => {
    const till = await Shop.open(one);
    const thereToo = till.through(other);
    let slipped: { saleId: string } | undefined;
    for (let number = 1; !slipped; number += 1) {
      till.batchNo = String(number).padStart(6, '0');
      thereToo.batchNo = till.batchNo;
      await Promise.all([till.sell(), thereToo.sell()]);
      const [closed, late] = await Promise.all([
        till.closeBatch(),
        pause(5).then(() => thereToo.trySale()),
      ]);
      const totals = closed.body.totals as { saleCount: number };
      if (late.status !== 201 || totals.saleCount === 3) continue;
      expect(closed.body).toMatchObject({ totals: { saleCount: 2 }, settled: { count: 2 } });
      slipped = late.body as { saleId: string };
    }
    till.batchNo = '900000';
    await till.sell();
    const next = await till.closeBatch();
    expect(next.body).toMatchObject({
      totals: { saleCount: 1 },
      settled: { count: 2 },
      carriedForward: [slipped.saleId],
    });
    const settled = await one.get(`/v1/sales/${slipped.saleId}`);
    expect(settled.body.status).toBe('settled');
  });

  test('a day-close asked of one node closes what was opened through the other', async () => {
    const till = await Shop.open(one);
    const thereToo = till.through(other);
    till.batchNo = '000007';
    await till.sell();
    thereToo.batchNo = '000008';
    await thereToo.sell();
    const { body } = await till.dayClose();
    const batches = body.batches as { batchNo: string; status: string }[];
    expect(batches.map(({ batchNo, status }) => [batchNo, status])).toEqual([
      ['000007', 'closed'],
      ['000008', 'closed'],
    ]);
  });

  test('the cut-off closes each batch once, though both nodes wait for it', async () => {
    const till = await Shop.open(one);
    const thereToo = till.through(other);
    await till.sell();
    thereToo.batchNo = '000002';
    await thereToo.sell();
    await Promise.all([one.setClock(EVENING), other.setClock(EVENING)]);
    const closed = await until(
      () => events('BatchClosed', till.merchantId),
      (found) => found.length === 2,
    );
    expect(closed.map(({ data }) => (data['settled'] as { count: number }).count)).toEqual([1, 1]);
    expect(await events('BatchCloseRequested', till.merchantId)).toHaveLength(2);
    expect(await events('Settled', till.merchantId)).toHaveLength(2);
    await Promise.all([one.setClock(MORNING), other.setClock(MORNING)]);
  });

  test('a close whose node is killed in the midst of it is ended by the other, once', async () => {
    let till = await Shop.open(other);
    while (!(await killedInAClose(till))) till = await Shop.open(other);
    const [closed] = await until(
      () => events('BatchClosed', till.merchantId),
      (found) => found.length > 0,
    );
    expect(closed?.data).toMatchObject({
      totals: { saleCount: SALES },
      settled: { count: SALES },
    });
    const settled = await events('Settled', till.merchantId);
    expect(new Set(settled.map(({ data }) => data['saleId'])).size).toBe(SALES);
    expect(settled).toHaveLength(SALES);
  });

  /** Of how many sales a busy server has left it open for now whether they are done. */
  async function untaken(sales: readonly object[]): Promise<number> {
    const statuses = (await sendBulk(other, sales)).map(({ status }) => status);
    expect(statuses).toHaveLength(sales.length);
    const left = statuses.filter((status) => status !== 200 && status !== 201);
    expect(left.filter((status) => status !== 503)).toEqual([]);
    return left.length;
  }

  /** Whether a node of its own was killed when it had settled something, and had not yet closed the batch. */
  async function killedInAClose(till: Shop): Promise<boolean> {
    const dying = await Tillbook.start({ env });
    const sales = Array.from({ length: SALES }, () => ({ op: 'sale', ...till.saleBody() }));
    await until(
      () => untaken(sales),
      (left) => left === 0,
    );
    const path = `${till.batchPath()}/close`;
    const closing = dying.post(path, {}).catch(() => undefined);
    await until(
      () => events('Settled', till.merchantId),
      (found) => found.length > 0,
    );
    await dying.service.kill();
    await closing;
    return (await events('BatchClosed', till.merchantId)).length === 0;
  }
});
