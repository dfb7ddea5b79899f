import { expect, test } from '@jest/globals';
import type { Answer } from '../support/http-client.js';
import { Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';

test('a batch keeps sums exact that no double holds', async () => {
  const ledger = await Tillbook.start();
  const shop = await Shop.open(ledger, { fee: { basisPoints: 60 } });
  const amount = 999_999_999_999;
  const count = 9_011;
  const sales = Array.from({ length: count }, () => ({ op: 'sale', ...shop.saleBody({ amount }) }));
  await ledger.post('/v1/bulk', sales.map((line) => JSON.stringify(line)).join('\n'), {
    'content-type': 'application/x-ndjson',
  });
  const saleAmount = BigInt(amount) * BigInt(count);
  const totals = `{"saleCount":${count},"saleAmount":${saleAmount},"voidCount":0,"voidAmount":0,"refundCount":0,"refundAmount":0}`;

  let closed: Answer['body'];
  do {
    ({ body: closed } = await ledger.post(`${shop.batchPath()}/close`, `{"totals":${totals}}`));
    // A view that is behind so many sales says so, and asks to come again.
  } while (closed.status === 'closing' || closed.status === 503);
  let balances: Answer;
  do {
    balances = await ledger.get(`${shop.path}/balances?after=${String(closed.position)}`);
  } while (balances.status === 503);

  expect(saleAmount).toBeGreaterThan(2n ** 53n);
  expect(closed.reconciliation).toBe('matched');
  expect(closed.totals.saleAmount).toBe(saleAmount);
  const { fee, net } = closed.settled as Record<'fee' | 'net', number | bigint>;
  expect(BigInt(fee) + BigInt(net)).toBe(saleAmount);
  expect(BigInt(balances.body[0].available as number | bigint)).toBe(BigInt(net));
});
