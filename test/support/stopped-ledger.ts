import { cpSync } from 'node:fs';
import { Shop } from './shop.js';
import { newFolder } from './store-folder.js';
import { Tillbook } from './tillbook.js';

let made: ReturnType<typeof make> | undefined;

/** The folder of a stopped service, and the shop of which it has a sale, in its log and in its views. */
export async function stoppedWithSale(): ReturnType<typeof make> {
  const stopped = await (made ??= make());
  const folder = newFolder();
  cpSync(stopped.folder, folder, { recursive: true });
  return { ...stopped, folder };
}

async function make(): Promise<{ folder: string; shop: Shop; saleId: string }> {
  const ledger = await Tillbook.start();
  const { folder } = ledger.service;
  const shop = await Shop.open(ledger);
  const { saleId, position } = await shop.sell();
  await ledger.get(`${shop.path}/sales?after=${position}`);
  ledger.close();
  await ledger.service.stop();
  return { folder, shop, saleId: String(saleId) };
}
