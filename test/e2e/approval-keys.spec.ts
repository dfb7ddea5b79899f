import { expect, test } from '@jest/globals';
import { Shop } from '../support/shop.js';
import { newFolder } from '../support/store-folder.js';
import { Tillbook } from '../support/tillbook.js';
import { operatorKey } from '../support/tool.js';

test('a key that asked can not approve, and another merchant’s finds nothing', async () => {
  const folder = newFolder();
  const operator = await operatorKey(folder);
  const keyed = await Tillbook.start({ folder, key: operator, env: { AUTH: 'keys' } });
  const shop = await Shop.open(keyed, { voidPolicy: { approvalAbove: 0 } });
  const other = await Shop.open(keyed);
  const key = async (merchantId: string) =>
    keyed.as((await keyed.post('/v1/keys', { scope: 'merchant', merchantId })).body.key);
  const [mine, theirs, stranger] = [
    await key(shop.merchantId),
    await key(shop.merchantId),
    await key(other.merchantId),
  ];
  const { saleId } = await shop.sell();
  const asked = await mine.post(`/v1/sales/${saleId}/voids`, {
    ...shop.request(),
    reason: 'wrong',
  });
  const path = `/v1/approvals/${asked.body.voidId}`;

  const own = await mine.post(`${path}/approve`, {});
  expect([own.status, own.body.code]).toEqual([403, 'same-person']);
  const foreign = await stranger.post(`${path}/approve`, {});
  expect([foreign.status, foreign.body.code]).toEqual([404, 'unknown-approval']);
  expect((await theirs.post(`${path}/approve`, {})).body.status).toBe('approved');
  expect((await theirs.get(path)).body.decidedBy.kind).toBe('merchant');
});
