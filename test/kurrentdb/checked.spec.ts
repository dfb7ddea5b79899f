import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { appendUnreadable } from '../support/card-events.js';
import { Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';
import { openStoreOf, runTool } from '../support/tool.js';

let ledger: Tillbook;
let shop: Shop;
let folder: string;
let saleId: string;

/** A sale of which a part is voided, and another; both settled. */
beforeAll(async () => {
  ledger = await Tillbook.start();
  ({ folder } = ledger.service);
  shop = await Shop.open(ledger, { fee: { basisPoints: 60 }, voidPolicy: { partial: true } });
  ({ saleId } = (await shop.sell()) as { saleId: string });
  await shop.void(saleId, { amount: 3_000 });
  await shop.sell();
  await shop.closeBatch();
});

const tool = (...args: string[]) => runTool(folder, args);

describe('what the tool checks, on EventStoreDB', () => {
  test('finds nothing wrong with the log of a running service, which begins with a head kept elsewhere', async () => {
    const head = join(folder, 'head.json');
    writeFileSync(head, (await ledger.get('/v1/audit/head')).text);
    const { code, out } = await tool('verify', '--head', head, '--json');
    expect([code, JSON.parse(out)]).toMatchObject([0, { faults: 0, undecided: 0 }]);
  });

  test('holds a proof of an event, and not with the event changed', async () => {
    const { body } = await ledger.get(`/v1/audit/events?saleId=${saleId}&type=Sale`);
    const position = String((body.events as { position: string }[])[0]?.position);
    const proof = join(folder, 'proof.json');
    const { text } = await ledger.get(`/v1/audit/proof/${position}`);
    writeFileSync(proof, text);
    expect((await tool('audit', 'check-proof', proof)).code).toBe(0);
    const edited = text.replace('"amount":10000', '"amount":90000');
    expect(edited).not.toBe(text);
    writeFileSync(proof, edited);
    expect((await tool('audit', 'check-proof', proof)).code).toBe(1);
  });

  test('replays the sale step by step, and what its merchant came to', async () => {
    const { out } = await tool('replay', '--sale', saleId, '--follow', '--json');
    const steps = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event?: { type: string } });
    const types = steps.flatMap(({ event }) => event?.type ?? []);
    expect(types.filter((type) => /^(Sale|Void|Settled)$/.test(type))).toEqual([
      'Sale',
      'Void',
      'Settled',
    ]);
    const merchant = await tool('replay', '--merchant', shop.merchantId, '--json');
    const api = await ledger.get(`${shop.path}/balances`);
    expect(JSON.parse(merchant.out)).toMatchObject({
      balances: api.body,
      sales: [{ status: 'settled', count: 2 }],
    });
  });

  test('rebuilds a view through the service, and compares all of them with the log', async () => {
    const rebuilt = await tool('rebuild', 'sales', '--json');
    expect([rebuilt.code, JSON.parse(rebuilt.out)]).toMatchObject([
      0,
      { name: 'sales', status: 'done', compared: { differing: 0 } },
    ]);
    const verified = await tool('rebuild', '--verify', '--json');
    expect(verified.code).toBe(0);
    const views = verified.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(views.length).toBeGreaterThan(1);
    for (const view of views) expect(view).toMatchObject({ compared: { differing: 0 }, rows: [] });
  });

  test('names what others have put into the log by its position', async () => {
    ledger.close();
    await ledger.service.stop();
    const store = await openStoreOf(folder);
    await appendUnreadable(store);
    const position = await store.head();
    await store.close();
    const { code, out } = await tool('verify', '--json');
    const [fault] = out.split('\n').map((line) => JSON.parse(line || '{}') as object);
    expect([code, fault]).toMatchObject([1, { code: 'unreadable', position }]);
    expect((await tool('doctor')).out).toContain(`the log's head is ${position}`);
  });
});
