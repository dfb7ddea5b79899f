import type { HttpClient } from './http-client.js';
import { Shop } from './shop.js';

/** A shop whose one sale of 100.00 has settled, for a fee of 2 %. */
export async function settledSale(ledger: HttpClient, settings: object = {}) {
  const shop = await Shop.open(ledger, { fee: { basisPoints: 200 }, ...settings });
  const { saleId } = await shop.sell({ amount: 10_000 });
  const { body } = await shop.closeBatch();
  shop.batchNo = '000002';
  return { shop, saleId, position: body.position };
}

/** What the acquirer owes the shop and has paid, by batch. */
export async function matchOf(ledger: HttpClient, shop: Shop, position: string) {
  const query = `merchantId=${shop.merchantId}&after=${position}`;
  return (await ledger.get(`/v1/acquirer/settlements?${query}`)).body.settlements;
}

/** The shop's accounts, debit above zero. */
export async function accounts(
  ledger: HttpClient,
  shop: Shop,
  position: string,
): Promise<Record<string, number>> {
  const query = `merchantId=${shop.merchantId}&after=${position}`;
  const { body } = await ledger.get(`/v1/ledger/trial-balance?${query}`);
  const rows = body.accounts as { account: string; debit: number; credit: number }[];
  return Object.fromEntries(rows.map(({ account, debit, credit }) => [account, debit - credit]));
}
