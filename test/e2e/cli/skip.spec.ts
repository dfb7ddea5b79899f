import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import type { LedgerEvent } from '../../../src/ledger/domain/ledger-event.js';
import { encode } from '../../../src/ledger/event-codec.js';
import { appendUnreadable, reportCards } from '../../support/card-events.js';
import { newFolder } from '../../support/store-folder.js';
import { openStoreOf, runTool } from '../../support/tool.js';

let folder: string;
let poison: string;

/** A log with an event that no view can read, and one behind it. */
beforeAll(async () => {
  folder = newFolder();
  const store = await openStoreOf(folder);
  await reportCards(store, 2);
  await appendUnreadable(store);
  poison = await store.head();
  await reportCards(store, 1, 2);
  await store.close();
});

test('a view is told to leave out the event that it stopped at, and the decision is recorded', async () => {
  const why = ['--reason', 'written by a test', '--operator', 'op1'];
  const elsewhere = await runTool(folder, ['skip', 'keys', '1', ...why]);
  expect([elsewhere.code, elsewhere.errors]).toEqual([
    1,
    expect.stringMatching(/^view keys has not stopped there: position 0{19}3: .*not known/),
  ]);
  const skipped = await runTool(folder, ['skip', 'keys', String(Number(poison)), ...why]);
  expect([skipped.code, skipped.out]).toEqual([
    0,
    `keys leaves out Forgotten at position ${poison}; recorded at position 00000000000000000005\n`,
  ]);
  const again = await runTool(folder, ['skip', 'keys', poison, ...why]);
  expect([again.code, again.out]).toEqual([0, skipped.out]);
  const other = await runTool(folder, ['skip', 'keys', poison, '--reason', 'another']);
  expect([other.code, other.errors]).toEqual([
    1,
    'view keys has not stopped there: it follows the log\n',
  ]);

  const store = await openStoreOf(folder);
  const [decision, ...others] = await store.readStream('projection-keys');
  await store.close();
  expect(others).toEqual([]);
  expect([decision?.type, JSON.parse(decision?.data ?? '')]).toEqual([
    'EventSkipped',
    {
      projection: 'keys',
      eventId: 'f3b1c1f7-0000-5000-8000-000000000000',
      eventType: 'Forgotten',
      position: poison,
      reason: 'written by a test',
      operatorId: 'op1',
      occurredAt: expect.any(String),
    },
  ]);
});

test.each(['', 'abc', '-1', '1'.repeat(21)])(
  'what can be no position, here %j, is wrong usage',
  async (position) => {
    const args = ['skip', 'keys', '--reason', 'a try', '--', position];
    const { code, errors } = await runTool(folder, args);
    expect([code, errors]).toEqual([2, expect.stringContaining('a position: up to 20 digits')]);
  },
);

test('verify finds the same in a file and in a pipe, which it can read but once', async () => {
  const place = newFolder();
  const [file, pipe] = [join(place, 'log.ndjson'), join(place, 'pipe')];
  expect((await runTool(folder, ['export', '--out', file])).code).toBe(0);
  execFileSync('mkfifo', [pipe]);
  const ofFile = await runTool(place, ['verify', file]);
  const [ofPipe] = await Promise.all([
    runTool(place, ['verify', pipe]),
    writeFile(pipe, readFileSync(file)),
  ]);
  expect(ofFile.out).toContain('Forgotten');
  expect([ofPipe.code, ofPipe.out]).toEqual([ofFile.code, ofFile.out]);
});

test('verify lists the decision', async () => {
  const decision = {
    projection: 'keys',
    eventType: 'Forgotten',
    reason: 'written by a test',
    position: '00000000000000000005',
  };
  const { out } = await runTool(folder, ['verify', '--json']);
  expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toMatchObject({ skips: [decision] });
  const told = await runTool(folder, ['verify']);
  expect(told.out).toMatch(
    /^keys leaves out Forgotten f3b1\S+, as decided at position 0{19}5: written by a test$/m,
  );
});

test('one that has not been told is still stopped there, and one that was is rebuilt without the event', async () => {
  const stopped = await runTool(folder, ['skip', 'sales', '1', '--reason', 'a try']);
  expect(stopped.errors).toMatch(/^view sales has not stopped there: position 0{19}3: /);
  const rebuilt = await runTool(folder, ['rebuild', 'keys', '--json']);
  expect([rebuilt.code, JSON.parse(rebuilt.out)]).toMatchObject([
    0,
    { name: 'keys', status: 'done', compared: { differing: 0 } },
  ]);
  const before = viewFiles();
  // The trail can be built, and is in another thread: what one can't build, none does.
  for (const views of [['sales'], ['sales', 'trail']]) {
    const poisoned = await runTool(folder, ['rebuild', ...views]);
    expect([poisoned.code, poisoned.errors]).toEqual([
      1,
      expect.stringMatching(/its type is not known/),
    ]);
    expect(viewFiles()).toEqual(before);
  }
});

test('rebuild --verify names a view that can not be built, and compares the others', async () => {
  const { code, out } = await runTool(folder, ['rebuild', '--verify']);
  expect(code).toBe(1);
  expect(out).toMatch(/^view sales can't be built: position 0{19}3: .*its type is not known/m);
  expect(out).toMatch(/^keys verified: 0 rows, all alike$/m);
  expect(out).toMatch(/^trail verified: \d+ rows, all alike$/m);
});

test('what is no view, and a decision without a reason or by nobody’s id, are refused', async () => {
  const why = ['--reason', 'a try'];
  const unknown = await runTool(folder, ['skip', 'nothing', poison, ...why]);
  expect([unknown.code, unknown.errors]).toEqual([
    2,
    expect.stringMatching(/'nothing' is invalid.* one of books, sales, /),
  ]);
  const nameless = await runTool(folder, ['skip', 'sales', poison, ...why, '--operator', 'op 1']);
  expect([nameless.code, nameless.errors]).toEqual([
    2,
    expect.stringMatching(/^operatorId must match/),
  ]);
  const silent = await runTool(folder, ['skip', 'sales', poison]);
  expect([silent.code, silent.errors]).toEqual([2, expect.stringContaining('--reason')]);
});

/** 100.00 taken and settled as 80.01, 20.00 taken as a fee: one unit too many. */
const OUT_OF_BALANCE = {
  type: 'Settled',
  data: {
    ...{ saleId: 'CAFE.T1.000001.000001', merchantId: 'CAFE', currency: 'CNY' },
    ...{ terminalId: 'T1', batchNo: '000001', businessDate: '2026-03-02' },
    ...{ gross: 10_000, voided: 0, refunded: 0, fee: 2_000, reserve: 0, net: 8_001 },
    occurredAt: '2026-03-02T10:00:00.000Z',
  },
} as unknown as LedgerEvent;

test('an event that can not be posted is named by who exports the books, and left out once it is skipped', async () => {
  const folder = newFolder();
  const store = await openStoreOf(folder);
  const by = { kind: 'ledger' } as const;
  const from = { request: 'batch', by, recordedAt: '2026-03-02T10:00:00.000Z' };
  await store.append('sale-CAFE', 'any', [encode(OUT_OF_BALANCE, from)]);
  await store.close();
  const told = 'event Settled at position 00000000000000000001 (sale-CAFE)';

  const formats = ['csv', 'hledger', 'beancount'];
  for (const format of formats) {
    const { code, errors } = await runTool(folder, ['export', '--format', format]);
    expect([code, errors]).toEqual([
      1,
      expect.stringContaining(`${told} can't be posted: a posting for CAFE is`),
    ]);
  }
  expect((await runTool(folder, ['skip', 'books', '1', '--reason', 'a test'])).code).toBe(0);
  for (const format of formats) {
    const { code, out, errors } = await runTool(folder, ['export', '--format', format]);
    const left = `${told} is left out of the books, as was decided`;
    expect([code, errors]).toEqual([0, `${left}\n`]);
    if (format !== 'csv') expect(out).toBe(`; ${left}\n`);
  }
});

function viewFiles(): string[] {
  return readdirSync(folder).filter((file) => /^view-.*\.db$/.test(file));
}
