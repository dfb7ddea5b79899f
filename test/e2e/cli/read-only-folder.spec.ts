import { chmodSync, cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Shop } from '../../support/shop.js';
import { newFolder, readOnly } from '../../support/store-folder.js';
import { Tillbook } from '../../support/tillbook.js';
import { runTool, runToolAsNobody, type ToolRun } from '../../support/tool.js';

/** A backup of a ledger with a sale in it: of one that was stopped, or as a snapshot of the disk has it. */
async function backup(of: 'stopped' | 'running'): Promise<string> {
  const ledger = await Tillbook.start();
  const shop = await Shop.open(ledger);
  const { position } = await shop.sell();
  await ledger.get(`${shop.path}/balances?after=${position}`);
  ledger.close();
  if (of === 'stopped') await ledger.service.stop();
  const folder = newFolder();
  cpSync(ledger.service.folder, folder, { recursive: true });
  return folder;
}

/** The verbs that read, each where the folder can only be read. */
async function readAll(run: (verb: readonly string[]) => Promise<ToolRun>): Promise<void> {
  for (const verb of [
    ['verify'],
    ['replay'],
    ['export'],
    ['export', '--format', 'hledger'],
    ['doctor'],
  ]) {
    const { code, out, errors } = await run(verb);
    expect([verb, code, out, errors]).toEqual([verb, 0, expect.anything(), expect.anything()]);
  }
  expect((await run(['doctor'])).out).toMatch(/^warn +disk: .* this user can't write to$/m);
  expect((await run(['export'])).out).toContain('"type":"Sale"');
}

const mayMount = readOnly(newFolder()) !== undefined;
if (!mayMount) test.skip('left out: this process may not mount a folder', () => undefined);

const isRoot = process.getuid?.() === 0;
if (!isRoot) test.skip('left out: only root starts others as another user', () => undefined);

describe.each(['stopped', 'running'] as const)('of a service that was %s', (of) => {
  let folder: string;
  beforeAll(async () => {
    folder = await backup(of);
  });

  if (mayMount) {
    test('verbs that read do so in a folder that can only be read', async () => {
      const place = readOnly(folder) ?? '';
      await readAll((verb) => runTool(place, verb));
    });
  }

  if (isRoot) {
    test('they do so for a user who may only read the folder', async () => {
      chmodSync(folder, 0o755);
      await readAll((verb) => runToolAsNobody(folder, verb));
    });

    test.each([
      ['log.db', "the log can't be read: EACCES: permission denied"],
      ['view-trail.1.db', "view-trail.1.db can't be opened: unable to open database file"],
    ])('a file that this user may not read is named: %s', async (file, told) => {
      const place = newFolder();
      cpSync(folder, place, { recursive: true });
      chmodSync(place, 0o755);
      chmodSync(join(place, file), 0o600);
      const { code, errors } = await runToolAsNobody(place, ['verify']);
      expect([code, errors]).toEqual([1, expect.stringContaining(told)]);
    });

    test('views in a folder that this user may not look into are done without, or the folder is named', async () => {
      const place = newFolder();
      const views = join(place, 'views');
      cpSync(folder, place, { recursive: true });
      mkdirSync(views, { mode: 0 });
      chmodSync(place, 0o755);
      const run = (...verb: string[]) => runToolAsNobody(place, verb, { VIEWS_DIR: views });
      expect((await run('replay')).code).toBe(0);
      expect((await run('keys', 'list')).code).toBe(0);
      const { code, errors } = await run('verify');
      const told = `the views in ${views} can't be read: EACCES`;
      expect([code, errors]).toEqual([1, expect.stringContaining(told)]);
    });

    test('a log in a folder that this user may not look into is not said to be missing', async () => {
      chmodSync(folder, 0o700);
      const { code, errors } = await runToolAsNobody(folder, ['export']);
      expect([code, errors]).toEqual([1, expect.stringContaining('EACCES: permission denied')]);
    });
  }
});
