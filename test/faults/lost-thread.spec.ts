import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { newFolder } from '../support/store-folder.js';
import { Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';

/** Preloaded into every thread of the service, it ends one of them. */
const LOSE_THREAD = join(import.meta.dirname, '../support/lose-thread.js');

test.each([
  { thread: 'that writes the log', startedWith: 'folder' },
  { thread: 'that keeps the views', startedWith: 'viewsDir' },
])('a service that loses the thread $thread ends, and the next one goes on', async (lost) => {
  const folder = newFolder();
  const env = { NODE_OPTIONS: `--import=${LOSE_THREAD}`, LOSE_THREAD: lost.startedWith };
  const tillbook = await Tillbook.start({ folder, env });
  const sale = await (await Shop.open(tillbook)).sell();

  writeFileSync(join(folder, 'lose'), '');

  expect(await tillbook.service.exit()).toBe(1);
  expect(tillbook.service.output).toMatch(
    /Tillbook ends, to be started again: .*no memory is left/,
  );
  rmSync(join(folder, 'lose'));
  const next = await Tillbook.start({ folder });
  const read = await next.get(`/v1/sales/${String(sale.saleId)}`);
  expect(read).toMatchObject({ status: 200, body: { amount: 10_000 } });
});
