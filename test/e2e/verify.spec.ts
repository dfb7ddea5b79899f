import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { toPosition } from '../../src/event-store/event-store.js';
import { logFile } from '../../src/event-store/sqlite/log-file.js';
import { Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';
import { runTool } from '../support/tool.js';

let ledger: Tillbook;
let shop: Shop;

beforeAll(async () => {
  ledger = await Tillbook.start();
  shop = await Shop.open(ledger, { fee: { basisPoints: 60 } });
  const { saleId } = await shop.sell();
  await shop.void(String(saleId), {});
  await shop.sell();
  await shop.closeBatch();
  await untilSigned();
});

/** A closed batch is signed within a second or two, not before its answer. */
async function untilSigned(): Promise<void> {
  const head = '/v1/audit/events?type=HeadSigned';
  while (((await ledger.get(head)).body.events as object[]).length === 0) await sleep(20);
}

test('a running service is verified, and so is what it exports, against a head kept elsewhere', async () => {
  const { folder } = ledger.service;
  const head = join(folder, 'head.json');
  writeFileSync(head, (await ledger.get('/v1/audit/head')).text);
  const onFolder = await runTool(folder, ['verify', '--head', head]);
  expect([onFolder.out, onFolder.code]).toEqual([expect.stringMatching(/\nno faults\n$/), 0]);
  expect(onFolder.out).toMatch(
    /\n1 signed head; the first \d+ events as signed at position \d{20}\n/,
  );
  const file = join(folder, 'log.ndjson');
  await runTool(folder, ['export', '--out', file]);
  const onFile = await runTool(folder, ['verify', file, '--head', head, '--json']);
  expect(onFile.code).toBe(0);
  expect(JSON.parse(onFile.out)).toMatchObject({ faults: 0, undecided: 0 });
});

test('a log without its heads is a fault to who asks for the signatures of a key, and noted to others', async () => {
  const { folder } = ledger.service;
  const file = join(folder, 'unsigned.ndjson');
  await runTool(folder, ['export', '--out', file]);
  const lines = readFileSync(file, 'utf8').split('\n');
  const written = lines.filter((line) => !line.includes('"type":"HeadSigned"')).join('\n');
  writeFileSync(file, written.replace(/"recordedAt":"\d{4}/, '"recordedAt":"2001'));
  const { publicKey } = (await ledger.get('/v1/audit/head')).body as { publicKey: string };
  const asked = await runTool(folder, ['verify', file, '--public-key', publicKey]);
  expect(asked.code).toBe(1);
  expect(asked.out).toMatch(/^the log: unsigned: .*\n {4}nothing shows that this is the log/);
  const unasked = await runTool(folder, ['verify', file]);
  expect([unasked.code, unasked.out]).toEqual([
    0,
    expect.stringMatching(
      /\nnote: \d+ events behind all that was signed, recorded from 2001-.* to .*\./,
    ),
  ]);
});

test('a stopped folder that was edited is told by position and meaning, with exit code 1', async () => {
  const { folder } = ledger.service;
  ledger.close();
  await ledger.service.stop();
  const log = new Database(logFile(folder));
  const edit = log.prepare(
    `UPDATE events SET data = replace(data, '10000', '90000') WHERE type = 'Sale' RETURNING position`,
  );
  const [first] = edit.pluck().all() as number[];
  log.close();
  const { code, out } = await runTool(folder, ['verify', '--json']);
  const faults = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(code).toBe(1);
  expect(faults[0]).toEqual({
    code: 'altered',
    position: toPosition(first ?? 0),
    detail: expect.stringContaining('checksum'),
    means: expect.any(String),
  });
  const plain = await runTool(folder, ['verify']);
  expect(plain.out).toMatch(/^position 0{18}\d\d?: altered: .*\n {4}the row was changed/);
});

test('what is no head, and a file that is not there, are wrong usage, said in a sentence', async () => {
  const { folder } = ledger.service;
  const noHead = join(folder, 'no-head.json');
  writeFileSync(noHead, '{}');
  const wrong = await runTool(folder, ['verify', '--head', noHead]);
  expect([wrong.code, wrong.errors]).toEqual([
    2,
    `${noHead} has no signed head: it lacks treeSize\n`,
  ]);
  writeFileSync(noHead, '{"head": {"treeSize": 1, "treeSize": 2}}');
  expect((await runTool(folder, ['verify', '--head', noHead])).errors).toBe(
    `${noHead} has no signed head: it has treeSize twice in one object\n`,
  );
  const gone = await runTool(folder, ['verify', join(folder, 'gone.ndjson')]);
  expect([gone.code, gone.errors]).toEqual([2, expect.stringMatching(/no such file/)]);
});
