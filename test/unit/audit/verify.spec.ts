import { createHash } from 'node:crypto';
import { cpSync, createReadStream, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import type { SignedHead } from '../../../src/audit/domain/trail.events.js';
import { HeadSigner } from '../../../src/audit/head-signer.js';
import { lines } from '../../../src/audit/lines.js';
import { refusalOf } from '../../../src/audit/proofs.js';
import type { FaultCode } from '../../../src/audit/verify/fault.js';
import { exportedPages } from '../../../src/audit/verify/log-file.js';
import type { BytesOptions } from '../../../src/audit/verify/bytes-check.js';
import type { StoredEvent } from '../../../src/event-store/event-store.js';
import { openCheckedLog } from '../../../src/event-store/open-event-store.js';
import { openForWriting } from '../../../src/event-store/sqlite/log-file.js';
import { SqliteEventStore } from '../../../src/event-store/sqlite/sqlite-event-store.js';
import { encode } from '../../../src/ledger/event-codec.js';
import type { LedgerEvent } from '../../../src/ledger/domain/ledger-event.js';
import { Journal } from '../../../src/ledger/journal.js';
import { Views } from '../../../src/projections/views.js';
import { settings, voided } from '../../support/facts.js';
import { losePage } from '../../support/damaged-view.js';
import { back, close, sell } from '../../support/requests.js';
import { newFolder } from '../../support/store-folder.js';
import {
  alterLog,
  covered,
  positionAt,
  rewrite,
  TAMPERINGS,
  withData,
  writeExport,
} from '../../support/tampering.js';
import { BY, TestLedger } from '../../support/test-ledger.js';
import { checked, faultsOf, newSigningKey } from '../../support/verified-log.js';

const key = newSigningKey();
const MINUTE_MS = 60_000;

/** What happened, as the ledger wrote it, its views, and the last head that was signed. */
let log: StoredEvent[];
let viewsDir: string;
let head: SignedHead;

beforeAll(async () => {
  const folder = newFolder();
  viewsDir = newFolder();
  const ledger = await TestLedger.open(
    { open: () => SqliteEventStore.open(folder, 'inline'), remove: () => undefined },
    { viewsDir },
  );
  await ledger.register('M1', settings({ fee: { basisPoints: 60 } }), { T1: 'S1' });
  for (const sending of [sell(1), sell(2)]) await ledger.send(sending);
  for (const token of ['hot1', 'hot2']) await ledger.ledger.cards.setStatus(token, 'lost', BY);
  await ledger.send(back('void', 1, 3, { amount: 2_000 }));
  await ledger.send(close());
  await sign(ledger, 0);
  await ledger.send(back('refund', 1, 1, { batchNo: '000002', amount: 500 }));
  await ledger.ledger.cards.setStatus('hot1', 'active', BY);
  head = await sign(ledger, 2 * MINUTE_MS);
  log = await ledger.store.readAll({ limit: 1_000 });
  await ledger.close();
});

/** As the ledger does by itself, so much later. */
async function sign(ledger: TestLedger, later: number): Promise<SignedHead> {
  await ledger.caughtUp();
  const journal = new Journal(ledger.store);
  const wallClock = (): number => Date.now() + later;
  const signer = new HeadSigner(ledger.views, journal, key, ledger.clock, wallClock);
  const before = await ledger.store.head();
  await signer.signIfDue();
  const signed = await journal.at(await ledger.store.head());
  expect(await ledger.store.head()).not.toBe(before);
  await ledger.caughtUp();
  return (signed?.event as LedgerEvent & { type: 'HeadSigned' }).data;
}

test('a log as the ledger wrote it has no faults, in its folder, under its views and as a file', async () => {
  expect(await inFolder(log, { viewsDir, head, trustedKey: key.publicKey })).toEqual([]);
  expect(await asFile(log, { head, trustedKey: key.publicKey })).toEqual([]);
});

test('heads that another signed are found, in the log and one kept elsewhere, once it is said who may have', async () => {
  const { publicKey } = newSigningKey().sign(head);
  const faults = await asFile(log, { head, trustedKey: publicKey });
  const detail = `it is signed by ${key.publicKey}, which is not trusted`;
  const heads = log.filter(({ type }) => type === 'HeadSigned');
  expect(faults).toMatchObject([...heads, head].map(() => ({ code: 'signature', detail })));
});

describe.each(['edited', 'dropped', 'swapped', 'inserted'] as const)(
  'an event that was %s',
  (how) => {
    const at = (): number => index(how === 'edited' ? 'Sale' : 'CardReported');
    const changed = (): StoredEvent[] => covered(TAMPERINGS[how](log, at()));

    test('is found by the heads in the log and one kept elsewhere, however well it was covered up', async () => {
      const tampered = changed();
      const firstHead = tampered.findIndex(({ type }) => type === 'HeadSigned');
      const found = [
        { code: 'head', position: positionAt(firstHead) },
        { code: 'head', detail: expect.stringContaining(`of the first ${head.treeSize} events`) },
      ];
      expect(await inFolder(tampered, { head })).toMatchObject(found);
      expect(await asFile(tampered, { head })).toMatchObject(found);
    });

    test('is found at its place by the tree that the views keep', async () => {
      const faults = await inFolder(changed(), { viewsDir });
      expect(faults.at(-1)).toMatchObject({ code: 'tree', position: positionAt(at()) });
    });

    test('is found by whoever kept a head and asks for the proof that it is of the same log', async () => {
      const folder = folderOf(changed());
      const store = await SqliteEventStore.open(folder, 'inline');
      const views = await Views.open({ viewsDir: newFolder(), eventStoreUrl: '', store });
      await views.waitFor(await store.head());
      const size = views.trail.size();
      const path = views.trail.consistency(head.treeSize, size);
      const from = { treeSize: head.treeSize, rootHash: head.rootHash };
      const unsigned = {
        treeSize: size,
        rootHash: views.trail.root(size),
        occurredAt: head.occurredAt,
      };
      const forger = newSigningKey();
      const forged = { kind: 'consistency', from, path, head: forger.sign(unsigned) } as const;
      expect(refusalOf(forged)).toMatch(/does not begin with/);
      expect(refusalOf(forged, key.publicKey)).toMatch(/another key/);
      expect(refusalOf({ ...forged, head: { ...head, ...unsigned } })).toMatch(/not signed/);
      await views.close();
      await store.close();
    });
  },
);

test('a tail that was cut off is found by a head kept elsewhere, and by the views', async () => {
  const cut = log.slice(0, -3);
  expect(await inFolder(cut)).toEqual([]);
  expect(await inFolder(cut, { head })).toMatchObject([
    {
      code: 'head',
      detail: `the head is of ${head.treeSize} events, and there are only ${cut.length}`,
    },
  ]);
  expect(await inFolder(cut, { viewsDir })).toMatchObject([
    { code: 'tree', position: positionAt(cut.length) },
  ]);
  expect(await asFile(cut, { head })).toMatchObject([{ code: 'head' }]);
});

describe('a log whose heads were taken out', () => {
  const withoutHeads = (): StoredEvent[] =>
    covered(log.filter(({ type }) => type !== 'HeadSigned'));
  const untilFirstHead = (): StoredEvent[] => log.slice(0, index('HeadSigned'));

  test('is found by who asks for the signatures of a key, and by nothing else in it', async () => {
    const { publicKey: trustedKey } = key;
    const lacking = [
      { code: 'unsigned', detail: 'no head in it is signed by the key that is trusted' },
    ];
    expect(await inFolder(withoutHeads(), { trustedKey })).toEqual(lacking);
    expect(await asFile(withoutHeads(), { trustedKey })).toEqual(lacking);
    expect(await inFolder(withoutHeads())).toEqual([]);
    expect(await inFolder([], { trustedKey })).toEqual([]);
  });

  test('is not found by a head of nothing that the key has signed', async () => {
    const { publicKey: trustedKey } = key;
    const ofNothing = key.sign({
      treeSize: 0,
      rootHash: createHash('sha256').digest('hex'),
      occurredAt: head.occurredAt,
    });
    const found = await inFolder(withoutHeads(), { trustedKey, head: ofNothing });
    expect(found.map(({ code }) => code)).toEqual(['unsigned']);
  });

  test('is as good as signed by a head of it that was kept elsewhere', async () => {
    const kept = JSON.parse((log[index('HeadSigned')] as StoredEvent).data) as SignedHead;
    const options = { trustedKey: key.publicKey, head: kept };
    expect(await inFolder(untilFirstHead(), options)).toEqual([]);
    expect(await unsignedIn(untilFirstHead(), options)).toBeUndefined();
  });
});

describe('what stands behind all that was signed', () => {
  const withoutLastHead = (): StoredEvent[] => log.slice(0, -1);

  test.each([
    [181_000, true],
    [179_000, false],
  ])(
    'is noted where it goes on for longer than a service leaves it: %d ms',
    async (later, isLate) => {
      const tail = withoutLastHead();
      const from = recordedAt(tail[index('HeadSigned') + 1] as StoredEvent);
      const until = new Date(Date.parse(from) + later).toISOString();
      const last = recordedIn(tail.at(-1) as StoredEvent, until);
      const signed = index('HeadSigned') + 1;
      const events = tail.length - signed;
      expect(await unsignedIn(covered([...tail.slice(0, -1), last]))).toEqual({
        events,
        from,
        until,
        isLate,
      });
      expect(await inFolder(covered([...tail.slice(0, -1), last]))).toEqual([]);
    },
  );

  test.each([
    [16_000, true],
    [14_000, false],
  ])('is noted where it goes on behind a close: %d ms', async (later, isLate) => {
    const tail = withoutLastHead().filter(({ type }) => type !== 'HeadSigned');
    const closedAt = recordedAt(log[index('BatchClosed')] as StoredEvent);
    const until = new Date(Date.parse(closedAt) + later).toISOString();
    const last = recordedIn(tail.at(-1) as StoredEvent, until);
    expect(await unsignedIn(covered([...tail.slice(0, -1), last]))).toMatchObject({
      until,
      isLate,
    });
  });

  test('is measured by the head that is of the most, wherever an older one was put in again', async () => {
    const again = covered([...log, log[index('HeadSigned')] as StoredEvent]);
    const { verified } = await checked(pagesOf(again));
    expect(verified.lastTrueHead?.treeSize).toBe(head.treeSize);
  });
});

test('a head of another log is told to be one', async () => {
  const size = log.findIndex(({ type }) => type === 'HeadSigned') - 1;
  const foreign = key.sign({
    treeSize: size,
    rootHash: 'ab'.repeat(32),
    occurredAt: head.occurredAt,
  });
  expect(await inFolder(log, { head: foreign })).toMatchObject([
    {
      code: 'head',
      detail: `the head is of another log: its first ${size} events are not those of this one, which holds to what was signed of it`,
    },
  ]);
});

test('a head in the log that lacks a part is told, and the log is read on', async () => {
  const at = index('HeadSigned');
  const lacking = withData(log[at] as StoredEvent, (data) =>
    data.replace(/"publicKey":"[^"]*"/, '"publicKey":7'),
  );
  expect(await inFolder(covered(log.with(at, lacking)))).toContainEqual(
    expect.objectContaining({
      code: 'signature',
      position: positionAt(at),
      detail: 'the head has no publicKey',
    }),
  );
});

describe('views whose tree is damaged', () => {
  const file = (dir: string): string => join(dir, 'view-trail.1.db');

  test.each<[string, (dir: string) => void]>([
    [
      'in a page of its own',
      (dir) => {
        losePage(file(dir), 'tiles');
      },
    ],
    [
      'in its first page',
      (dir) => {
        losePage(file(dir));
      },
    ],
    [
      'cut off',
      (dir) => {
        truncateSync(file(dir), 1_000);
      },
    ],
    [
      'empty',
      (dir) => {
        truncateSync(file(dir), 0);
      },
    ],
  ])('are named, and the log is judged all the same: %s', async (_what, damage) => {
    const dir = newFolder();
    cpSync(viewsDir, dir, { recursive: true });
    new Database(file(dir)).close();
    damage(dir);
    const at = index('Sale');
    const edited = covered(TAMPERINGS.edited(log, at));
    const found = await inFolder(edited, { viewsDir: dir });
    expect(found.map(({ code }) => code)).toContain('head');
    expect(found.find(({ code }) => code === 'view')?.detail).toMatch(
      /^the log could not be compared with the views’ tree: .*view-trail\.1\.db is damaged/,
    );
  });
});

describe('a decision to leave out an event', () => {
  const skip = (more: object): StoredEvent => {
    const skipped = log[index('Sale')] as StoredEvent;
    const data = {
      projection: 'books',
      eventId: skipped.id,
      eventType: 'Sale',
      position: skipped.position,
      reason: 'it stops there',
      occurredAt: '2026-11-24T02:00:00.000Z',
      ...more,
    };
    return withStream({ type: 'EventSkipped', data }, `projection-${data.projection}`, 0);
  };

  test.each<[object, RegExp | undefined]>([
    [{}, undefined],
    [{ position: '00000000000000999999' }, undefined],
    [{ position: '00000000000005882796' }, undefined],
    [{ eventId: 'x' }, /^no Sale with the id x stands before it$/],
    [{ projection: 'moods' }, /^there is no view moods$/],
    [{ position: positionAt(0) }, /^another event than .* at position 0+1$/],
  ])('is judged by what stands before it: %j', async (more, detail) => {
    const found = await inFolder(covered([...log, skip(more)]));
    expect(found).toEqual(
      detail ? [expect.objectContaining({ detail: expect.stringMatching(detail) })] : [],
    );
  });
});

describe('an unskilled hand', () => {
  test.each<[string, string, FaultCode[]]>([
    [
      'edits a row',
      `UPDATE events SET data = replace(data, '4242', '6666') WHERE position = 3`,
      ['altered', 'id', 'head'],
    ],
    [
      'deletes a row',
      `DELETE FROM events WHERE position = 3`,
      ['missing', 'revision', 'batch', 'head'],
    ],
    [
      'puts in a row',
      `INSERT INTO events SELECT 100, 'card-x', 0, id, type, data, metadata, checksum FROM events WHERE position = 5`,
      ['missing', 'altered', 'misplaced'],
    ],
    [
      'moves a row',
      `UPDATE events SET stream = 'card-x' WHERE position = 5`,
      ['altered', 'misplaced', 'head', 'revision'],
    ],
  ])('%s of the file', async (_what, sql, codes) => {
    const folder = folderOf(log);
    alterLog(folder, sql);
    const faults = await faultsOf(openCheckedLog(`file:${folder}`, 'inline'));
    expect(faults.map(({ code }) => code)).toEqual(codes);
    expect(faults[0]?.position).toBe(
      sql.includes('INSERT')
        ? positionAt(log.length)
        : positionAt(Number(/\d+$/.exec(sql)?.[0]) - 1),
    );
  });

  test.each<[string, (all: StoredEvent[]) => StoredEvent[], FaultCode]>([
    ['edits a line', (all) => TAMPERINGS.edited(all, index('Sale')), 'id'],
    ['takes out a line', (all) => TAMPERINGS.dropped(all, index('CardReported')), 'head'],
    ['exchanges lines', (all) => TAMPERINGS.swapped(all, index('CardReported')), 'order'],
    ['puts in a line', (all) => TAMPERINGS.inserted(all, index('CardReported')), 'order'],
  ])('%s of an exported file', async (_what, change, code) => {
    const faults = await asFile(change(log));
    expect(faults.map((fault) => fault.code)).toContain(code);
  });
});

describe('the rules', () => {
  test('do not let a settled sale be voided by an event that was put in', async () => {
    const fact = withStream(voided(100, '000009'), 'sale-M1.T1.000001.000001', 3);
    const faults = await inFolder(covered(log.toSpliced(-2, 0, fact)));
    expect(faults.map(({ code, detail }) => [code, detail])).toEqual([
      ['request', 'request M1.T1.000001.000009 was never taken'],
      ['illegal', expect.stringMatching(/^the rules refuse it \(batch-closed\)/)],
      ['illegal', expect.stringMatching(/^the rules refuse it \(not-refunded\)/)],
      ['head', expect.any(String)],
      ['books', 'M1 CNY: -100 is pending, and 0 is left of its sales'],
    ]);
  });

  test('find at its settlement that a sale was of another amount', async () => {
    const at = index('Sale');
    const more = withData(log[at] as StoredEvent, (data) => data.replace('10000', '90000'));
    const faults = await inFolder(covered(log.with(at, more)));
    const settled = log.findIndex(
      ({ type, stream }) => type === 'Settled' && stream === more.stream,
    );
    expect(faults).toContainEqual(
      expect.objectContaining({
        code: 'illegal',
        position: positionAt(settled),
        detail: expect.stringContaining('gross 10000, not 90000'),
      }),
    );
  });

  test.each([
    ['RequestTaken', /"terminalId":"T1"}$/, '"terminalId":"T2"}', /^by its fields it is request /],
    ['BatchClosed', /"businessDate":"2/, '"businessDate":"3', /^the batch is of 2/],
  ] as const)(
    'find that a %s says another place or date than its own: %s',
    async (type, part, other, detail) => {
      const at = index(type);
      const changed = withData(log[at] as StoredEvent, (data) => data.replace(part, other));
      expect(await inFolder(covered(log.with(at, changed)))).toContainEqual(
        expect.objectContaining({
          code: 'illegal',
          position: positionAt(at),
          detail: expect.stringMatching(detail),
        }),
      );
    },
  );

  test.each([
    ['RequestTaken', 'stan'],
    ['Sale', 'batchNo'],
    ['Void', 'businessDate'],
  ] as const)('find a %s that does not say its %s, in words', async (type, part) => {
    const at = index(type);
    const lacking = withData(log[at] as StoredEvent, (data) =>
      JSON.stringify({ ...(JSON.parse(data) as object), [part]: undefined }),
    );
    expect(await inFolder(covered(log.with(at, lacking)))).toContainEqual(
      expect.objectContaining({
        code: 'unreadable',
        position: positionAt(at),
        detail: `${part} nothing is no text`,
      }),
    );
  });

  test('find an event that no version of the ledger can read, and do not judge what follows it', async () => {
    const at = index('Sale');
    const unreadable = { ...(log[at] as StoredEvent), type: 'Forgotten' };
    const faults = await inFolder(covered(log.with(at, unreadable)));
    expect(faults[0]).toMatchObject({ code: 'unreadable', position: positionAt(at) });
  });
});

async function unsignedIn(events: readonly StoredEvent[], options: BytesOptions = {}) {
  return (await checked(pagesOf(events), options)).verified.unsigned;
}

function recordedAt({ metadata }: StoredEvent): string {
  return (JSON.parse(metadata) as { recordedAt: string }).recordedAt;
}

function recordedIn(event: StoredEvent, at: string): StoredEvent {
  return { ...event, metadata: event.metadata.replace(recordedAt(event), at) };
}

function index(type: LedgerEvent['type']): number {
  return log.findIndex((event) => event.type === type);
}

function withStream(event: LedgerEvent, stream: string, revision: number): StoredEvent {
  const from = { request: 'M1.T1.000001.000009', by: BY, recordedAt: '2100-01-01T00:00:00.000Z' };
  return { ...encode(event, from), stream, revision, position: positionAt(0) };
}

function folderOf(events: readonly StoredEvent[]): string {
  const folder = newFolder();
  openForWriting(folder).close();
  rewrite(folder, events);
  return folder;
}

async function inFolder(events: readonly StoredEvent[], options: BytesOptions = {}) {
  return faultsOf(pagesOf(events), options);
}

function pagesOf(events: readonly StoredEvent[]) {
  return openCheckedLog(`file:${folderOf(events)}`, 'inline');
}

async function asFile(events: readonly StoredEvent[], options: BytesOptions = {}) {
  const file = join(newFolder(), 'log.ndjson');
  writeExport(file, events);
  return faultsOf(exportedPages(lines(createReadStream(file, 'utf8'))), options);
}
