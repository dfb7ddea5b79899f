import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  createWriteStream,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { exported, ndjson } from '../../../src/audit/export.js';
import { SqliteEventStore } from '../../../src/event-store/sqlite/sqlite-event-store.js';
import { reportCards } from '../../support/card-events.js';
import { stoppedWithSale } from '../../support/stopped-ledger.js';
import { newFolder, removeFolder } from '../../support/store-folder.js';
import { alterLog, positionAt } from '../../support/tampering.js';
import {
  interruptTool,
  openStoreOf,
  runTool,
  runToolOntoFullDisk,
  terminateTool,
} from '../../support/tool.js';

let exportFile: string;

beforeAll(async () => {
  const store = await SqliteEventStore.open(newFolder(), 'inline');
  await reportCards(store, 30_000);
  exportFile = join(newFolder(), 'log.ndjson');
  await pipeline(Readable.from(ndjson(exported(store, undefined))), createWriteStream(exportFile));
  await store.close();
});

test('a restore that is interrupted says so, and that the store has only part of the log', async () => {
  const { code, errors } = await interruptTool(newFolder(), ['restore', exportFile, '--json']);
  expect(code).toBe(130);
  expect(errors).toContain('interrupted; the store has only part of the log now');
});

test.each<[string, (line: string) => string, string]>([
  ['is no event', () => '{}', '.+'],
  [
    'stands where the one before it does',
    (line) => line.replace(/"position":"\d+"/, `"position":"${String(1_500).padStart(20, '0')}"`),
    'position 0+1500 is not behind 0+1500',
  ],
])(
  'a restore that stops at a line that %s says what is in the store by then',
  async (_what, bad, why) => {
    const all = readFileSync(exportFile, 'utf8').split('\n');
    const file = join(newFolder(), 'bad.ndjson');
    writeFileSync(file, all.with(1_500, bad(all[1_500] ?? '')).join('\n'));
    const { code, errors } = await runTool(newFolder(), ['restore', file]);
    expect(code).toBe(1);
    expect(errors).toMatch(new RegExp(`line 1501: ${why}; the store has only part of the log now`));
  },
);

test('an empty file is no log, neither to restore nor to verify', async () => {
  const folder = newFolder();
  const file = join(folder, 'empty.ndjson');
  writeFileSync(file, '');
  const restored = await runTool(folder, ['restore', file]);
  expect([restored.code, restored.errors]).toEqual([
    1,
    'the file is empty: it has no event to restore\n',
  ]);
  const verified = await runTool(folder, ['verify', file]);
  expect([verified.code, verified.out]).toEqual([
    1,
    expect.stringMatching(/^the log: missing: the file is empty\n/),
  ]);
});

test('a damaged log is mended, as the docs say, by the lines of a backup, and proven to be what was written', async () => {
  const { folder: backup } = await stoppedWithSale();
  const { folder } = await stoppedWithSale();
  alterLog(folder, "UPDATE events SET data = replace(data, '10000', '90000') WHERE type = 'Sale'");
  const linesOf = async (of: string) => (await runTool(of, ['export'])).out.split('\n');
  const whole = await linesOf(backup);
  const at = whole.findIndex((line) => line.includes('"type":"Sale"'));
  const verified = await runTool(folder, ['verify']);
  expect([verified.code, verified.out]).toEqual([
    1,
    expect.stringMatching(new RegExp(`^position ${positionAt(at)}: altered: `, 'm')),
  ]);

  const mended = (await linesOf(folder)).with(at, whole[at] ?? '').join('\n');
  const restored = newFolder();
  const file = join(restored, 'mended.ndjson');
  writeFileSync(file, mended);

  expect((await runTool(restored, ['verify', file])).code).toBe(0);
  expect((await runTool(restored, ['restore', file])).code).toBe(0);
  expect(await linesOf(restored)).toEqual(whole);
});

test('an export of which the disk takes but a part is not done', async () => {
  const folder = newFolder();
  const store = await SqliteEventStore.open(folder, 'inline');
  await reportCards(store, 900);
  await store.close();

  const { code, errors } = await runToolOntoFullDisk(folder, ['export']);

  expect([code, errors]).toEqual([1, 'EFBIG: file too large, write\n']);

  const out = join(folder, 'log.ndjson');
  const named = await runToolOntoFullDisk(folder, ['export', '--out', out]);
  const told = `${out} can't be written: EFBIG: file too large, write\n`;
  expect([named.code, named.errors]).toEqual([1, told]);
  expect(readdirSync(folder).filter((name) => name.startsWith('log.ndjson'))).toEqual([]);
});

test.each([
  ['restore', 'none.ndjson'],
  ['verify', 'none.ndjson'],
  ['audit', 'check-proof', 'none.json'],
  ['demo', '--start', '2026-13-01'],
  ['demo', '--start', '9900-12-26'],
  ['demo', '--start', '9999-12-30'],
  ['demo', '--start', '1969-12-31'],
  ['demo', '--start', '0001-01-01'],
])('a file or date that there is not is wrong usage: %s %s %s', async (...args) => {
  const { code, errors } = await runTool(newFolder(), args);
  expect(code).toBe(2);
  expect(errors).toMatch(/none\.|date/);
  expect(errors).not.toContain('    at ');
});

test.each([
  'keys list',
  'keys revoke abc',
  'skip books 1 --reason x',
  'day-close M1',
  'rebuild',
  'rebuild --verify',
  'export',
  'replay',
])(
  'where there is no log it is not begun by who reads, or changes what is not there: %s',
  async (verb) => {
    const folder = newFolder();
    const { code, errors } = await runTool(folder, verb.split(' '), {
      EVENT_STORE_URL: `file:${folder}`,
    });
    expect([code, errors]).toEqual([1, expect.stringContaining('there is no log in')]);
    expect(readdirSync(folder)).toEqual([]);
  },
);

const UNSIGNED = JSON.stringify({
  kind: 'inclusion',
  event: {},
  leafIndex: 0,
  path: [],
  head: { treeSize: 1, rootHash: '0'.repeat(64) },
});

test.each(['{}', '[]', '{"head":{"treeSize":1}}', UNSIGNED, 'no JSON'])(
  'what is no proof is said to be none: %s',
  async (text) => {
    const file = join(newFolder(), 'proof.json');
    writeFileSync(file, text);
    const { code, out } = await runTool(newFolder(), ['audit', 'check-proof', file]);
    expect([code, out.trim()]).toEqual([1, `${file} is no proof of inclusion or consistency`]);
  },
);

test('a log is exported where there are no views, and nothing else is left', async () => {
  const folder = newFolder();
  await runTool(folder, ['restore', exportFile]);
  const file = join(folder, 'again.ndjson');
  const env = { VIEWS_DIR: join(folder, 'none') };
  expect((await runTool(folder, ['export', '--out', file], env)).code).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe(readFileSync(exportFile, 'utf8'));
  expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test('an export is for its owner alone, and a file that it replaces for whom it was', async () => {
  const folder = newFolder();
  await runTool(folder, ['restore', exportFile]);
  const file = join(newFolder(), 'log.ndjson');
  const modeOfExport = async (): Promise<number> => {
    await runTool(folder, ['export', '--out', file]);
    return statSync(file).mode & 0o777;
  };

  expect(await modeOfExport()).toBe(0o600);
  chmodSync(file, 0o640);
  expect(await modeOfExport()).toBe(0o640);
});

test('two exports to one file at once leave a whole one, and nothing else', async () => {
  const folder = newFolder();
  await runTool(folder, ['restore', exportFile]);
  const place = newFolder();
  const file = join(place, 'log.ndjson');
  const runs = await Promise.all([1, 2].map(() => runTool(folder, ['export', '--out', file])));
  expect(runs.map(({ code }) => code)).toEqual([0, 0]);
  expect(readFileSync(file, 'utf8')).toBe(readFileSync(exportFile, 'utf8'));
  expect(readdirSync(place)).toEqual(['log.ndjson']);
});

test.each([
  [['restore', 'folder'], "folder can't be read: it is a folder"],
  [['verify', 'folder'], "folder can't be read: it is a folder"],
  [['export', '--out', 'folder'], "folder can't be written: EISDIR"],
  [['export', '--out', ''], 'the name of the file to write is empty'],
  [['export', '--out', 'none/log.ndjson'], "none/log.ndjson can't be written: ENOENT"],
])(
  'a place that can not be read, or written to, is named and is wrong usage: %j',
  async (args, why) => {
    const folder = newFolder();
    mkdirSync(join(folder, 'folder'));
    await (await openStoreOf(folder)).close();
    const { code, errors } = await runTool(folder, args);
    expect([code, errors]).toEqual([2, expect.stringContaining(why)]);
  },
);

describe('an export to what is no file of its own', () => {
  let folder: string;
  beforeAll(async () => {
    folder = newFolder();
    await runTool(folder, ['restore', exportFile]);
  });

  test.each(['a file', 'nothing yet'])(
    'through a link goes to where that points: %s',
    async (to) => {
      const place = newFolder();
      const [link, file] = [join(place, 'link'), join(place, 'kept.ndjson')];
      if (to === 'a file') writeFileSync(file, 'of yesterday');
      symlinkSync('kept.ndjson', link);
      expect((await runTool(folder, ['export', '--out', link])).code).toBe(0);
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
      expect(readFileSync(file, 'utf8')).toBe(readFileSync(exportFile, 'utf8'));
      expect(readdirSync(place).sort()).toEqual(['kept.ndjson', 'link']);
    },
  );

  test('to a pipe is read at its other end', async () => {
    const pipe = pipeIn(newFolder());
    const [run, read] = await Promise.all([
      runTool(folder, ['export', '--out', pipe]),
      readFile(pipe, 'utf8'),
    ]);
    // On a slow machine it says how far it is.
    expect([run.code, run.errors.replace(/^export: \d+.*\n/gm, '')]).toEqual([0, '']);
    expect(read).toBe(readFileSync(exportFile, 'utf8'));
    expect(lstatSync(pipe).isFIFO()).toBe(true);
  });

  test('to a pipe that nobody reads can be ended, as one to a file, of which nothing is left', async () => {
    const pipe = pipeIn(newFolder());
    const waiting = terminateTool(folder, ['export', '--out', pipe], waited(10_000));
    expect(await waiting).toMatchObject({ code: 143, errors: 'interrupted\n' });

    const place = newFolder();
    const file = join(place, 'log.ndjson');
    const writing = terminateTool(
      folder,
      ['export', '--out', file],
      () => readdirSync(place).length > 0,
    );
    expect((await writing).code).toBe(143);
    expect(readdirSync(place)).toEqual([]);
  });
});

describe('rebuild --verify', () => {
  test('leaves nothing behind when it is ended, and clears away what one has left that was killed', async () => {
    const folder = newFolder();
    await runTool(folder, ['restore', exportFile]);
    await runTool(folder, ['rebuild']);
    const folders = () => readdirSync(folder).filter((name) => name.startsWith('verify-'));
    const hasBegun = () => folders().length > 0;
    const left = ['verify-Ab12Cd', 'verify-backup'].map((name) => join(folder, name));
    for (const name of left) mkdirSync(name);
    writeFileSync(join(left[0] ?? '', 'view-books.1.db'), '');
    writeFileSync(join(left[1] ?? '', 'mine'), '');
    expect((await runTool(folder, ['rebuild', '--verify', 'keys'])).code).toBe(0);
    expect(folders()).toEqual(['verify-backup']);
    removeFolder(left[1] ?? '');

    const ended = await terminateTool(folder, ['rebuild', '--verify'], hasBegun);
    expect([ended.code, folders()]).toEqual([143, []]);
  });

  test('says that there are no views where there is no folder of them', async () => {
    const folder = newFolder();
    await runTool(folder, ['restore', exportFile]);
    const VIEWS_DIR = join(folder, 'none');
    const { code, errors } = await runTool(folder, ['rebuild', '--verify'], { VIEWS_DIR });
    expect([code, errors]).toEqual([1, `there are no views in ${VIEWS_DIR}\n`]);
  });
});

function pipeIn(folder: string): string {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  return pipe;
}

function waited(milliseconds: number): () => boolean {
  const began = Date.now();
  return () => Date.now() - began > milliseconds;
}
