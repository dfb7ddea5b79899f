import { expect, test } from '@jest/globals';
import { Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';

/** As many as fit into a body, and with what the event says beside them no more into what the server takes at once. */
const ITEMS = 24_380;

test('a close of more than the server takes at once is refused, and the next is done', async () => {
  const ledger = await Tillbook.start();
  const shop = await Shop.open(ledger);
  await shop.sell();
  const items = Array.from({ length: ITEMS }, (_, index) => ({
    stan: String(index + 1).padStart(6, '0'),
    kind: 'sale',
    amount: 1,
  }));

  const refused = await shop.closeBatch({ items });
  expect([refused.status, refused.body.code]).toEqual([413, 'too-large']);
  expect((await ledger.get('/health/ready')).status).toBe(200);
  const closed = await shop.closeBatch({ items: items.slice(0, 20_000) });
  expect([closed.status, closed.body['differences']]).toEqual([200, expect.any(Array)]);
  expect(closed.body).toMatchObject({ status: 'closed', differencesLeftOut: 15_000 });
});
