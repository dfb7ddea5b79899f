import { chmodSync, cpSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Shop } from '../../support/shop.js';
import { newFolder, readOnly } from '../../support/store-folder.js';
import { Tillbook } from '../../support/tillbook.js';
import { runTool, runToolAsNobody, type ToolRun } from '../../support/tool.js';

/** A ledger with a sale in it that was stopped, or as a snapshot of the disk has it. */
const made = { stopped: make('stopped'), running: make('running') };

async function backup(of: 'stopped' | 'running'): Promise<string> {
  const folder = newFolder();
  cpSync(await made[of], folder, { recursive: true });
  return folder;
}

async function make(of: 'stopped' | 'running'): Promise<string> {
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
  expect((await run(['export'])).out).toContain('"type":"Sale"');
}

if (readOnly(newFolder()) === undefined) {
  test.skip('left out: this process may not mount a folder', () => undefined);
} else {
  test.each(['stopped', 'running'] as const)(
    'verbs that read do so in a folder that can only be read, of a service that was %s',
    async (of) => {
      const folder = readOnly(await backup(of)) ?? '';
      await readAll((verb) => runTool(folder, verb));
    },
  );
}

if (process.getuid?.() !== 0) {
  test.skip('left out: only root starts others as another user', () => undefined);
} else {
  test.each(['stopped', 'running'] as const)(
    'they do so for a user who may only read the folder, of a service that was %s',
    async (of) => {
      const folder = await backup(of);
      chmodSync(folder, 0o755);
      await readAll((verb) => runToolAsNobody(folder, verb));
    },
  );
}
