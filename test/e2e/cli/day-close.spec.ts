import { expect, test } from '@jest/globals';
import { Shop } from '../../support/shop.js';
import { newFolder } from '../../support/store-folder.js';
import { Tillbook } from '../../support/tillbook.js';
import { runTool } from '../../support/tool.js';

test('a day-close of a store that is not there is a fault that is told, with a service and without', async () => {
  const folder = newFolder();
  const env = { EVENT_STORE_URL: `file:${folder}` };
  const tillbook = await Tillbook.start({ folder, env });
  const shop = await Shop.open(tillbook);
  await shop.sell();
  const close = (storeId: string) =>
    runTool(folder, ['day-close', shop.merchantId, '--store', storeId], env);
  const unknown = { code: 1, out: '', errors: expect.stringContaining('There is no such store.') };

  expect(await close('TYPO')).toEqual(unknown);
  tillbook.close();
  await tillbook.service.stop();
  expect(await close('TYPO')).toEqual(unknown);
  expect(await close('S1')).toMatchObject({ code: 0, out: expect.stringContaining('1 batch\n') });
});

test('a day-close tells of its batches in the same JSON, with a service and without', async () => {
  const folder = newFolder();
  const env = { EVENT_STORE_URL: `file:${folder}` };
  const tillbook = await Tillbook.start({ folder, env });
  const shop = await Shop.open(tillbook);
  await shop.sell();
  const close = async (): Promise<unknown> =>
    JSON.parse((await runTool(folder, ['day-close', shop.merchantId, '--json'], env)).out);
  const [asked] = (await close()) as object[];
  await shop.sell({ batchNo: '000002' });
  tillbook.close();
  await tillbook.service.stop();

  expect(asked).toMatchObject({ settled: { count: 1, net: 10_000 }, responseCode: '00' });
  const position = expect.any(String);
  expect(await close()).toEqual([{ ...asked, batchNo: '000002', position }]);
});

test('a day-close tells of money in its currency, with a service and without', async () => {
  const folder = newFolder();
  const env = { EVENT_STORE_URL: `file:${folder}` };
  const tillbook = await Tillbook.start({ folder, env });
  const shop = await Shop.open(tillbook);
  await shop.assign('T2', shop.storeId, 'JPY');
  const sell = async (batchNo: string): Promise<void> => {
    await shop.sell({ batchNo });
    await shop.sell({ batchNo, terminalId: 'T2', currency: 'JPY' });
  };
  const close = async (): Promise<string> =>
    (await runTool(folder, ['day-close', shop.merchantId], env)).out;
  const told = (batchNo: string): string =>
    `T1 ${batchNo} closed: 1 sale settled, net EUR 100.00\n` +
    `T2 ${batchNo} closed: 1 sale settled, net JPY 10000\n2 batches\n`;

  await sell('000001');
  expect(await close()).toBe(told('000001'));
  await sell('000002');
  tillbook.close();
  await tillbook.service.stop();
  expect(await close()).toBe(told('000002'));
});
