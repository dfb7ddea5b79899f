import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Shop } from '../support/shop.js';
import { newFolder } from '../support/store-folder.js';
import { Tillbook } from '../support/tillbook.js';

test('what the image is made of serves, explains itself and has the tool, with nothing of the project beside it', async () => {
  const program = newFolder();
  execFileSync(process.execPath, ['scripts/image.js', program]);
  const tool = (eventStoreUrl: string, ...args: string[]) =>
    spawnSync(process.execPath, [join(program, 'dist/bundle/ledger.js'), ...args], {
      cwd: program,
      env: { EVENT_STORE_URL: eventStoreUrl },
      encoding: 'utf8',
    });

  const tillbook = await Tillbook.start({ program });
  await (await Shop.open(tillbook)).sell();
  const page = await fetch(`${tillbook.url}/docs/swagger-ui-bundle.js`);
  await tillbook.service.stop();

  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(page.status).toBe(200);
  expect(tool('', '--version')).toMatchObject({ status: 0, stdout: `${version}\n` });
  expect(tool(`file:${tillbook.service.folder}`, 'verify')).toMatchObject({ status: 0 });
  expect(tool('kurrentdb://127.0.0.1:1?tls=false', 'verify').stderr).toMatch(/can't read the log/);
});
