import { beforeEach, expect, test } from '@jest/globals';
import { exported, ndjson } from '../../../src/audit/export.js';
import { lines } from '../../../src/audit/lines.js';
import { exportedPages } from '../../../src/audit/verify/log-file.js';
import { restore } from '../../../src/audit/restore.js';
import { parseUntil } from '../../../src/audit/until.js';
import type { CheckedPage } from '../../../src/event-store/checked-page.js';
import type { EventStore, StoredEvent } from '../../../src/event-store/event-store.js';
import { SqliteEventStore } from '../../../src/event-store/sqlite/sqlite-event-store.js';
import { appendUnreadable, reportCards, restoreCard } from '../../support/card-events.js';
import { afterSuite, newFolder } from '../../support/store-folder.js';

let store: SqliteEventStore;

beforeEach(async () => {
  store = await emptyStore();
});

test('an exported log restored into an empty store is the same log, unreadable events and all', async () => {
  await reportCards(store, 1_200);
  await restoreCard(store, 'card7');
  await appendUnreadable(store);
  const other = await emptyStore();
  expect(await restore(other, lines(exportOf(store)))).toBe(1_202);
  expect(await events(other)).toEqual(await events(store));
  expect(await textOf(exportOf(other))).toBe(await textOf(exportOf(store)));
});

test('a restore tells how far it is, and ends when it is told to', async () => {
  await reportCards(store, 1_200);
  const told: number[] = [];
  const restored = async (to: EventStore, signal?: AbortSignal) =>
    restore(to, lines(exportOf(store)), (events) => told.push(events), signal);

  await restored(await emptyStore());
  expect(told).toEqual([1_000, 1_200]);

  const other = await emptyStore();
  const ended = restored(other, AbortSignal.abort(new Error('ended')));
  await expect(ended).rejects.toThrow(/^ended; the store has only part of the log now/);
  expect(await events(other)).toHaveLength(1_000);
});

test.each([
  ['in whatever parts they come', ['a', 'b\nc', '\n\nd\n'], ['ab', 'c', '', 'd']],
  ['to the last, where no line end is behind it', ['a\n', 'b'], ['a', 'b']],
  ['that only a line end ends', ['a\u2028b\rc\r\n'], ['a\u2028b\rc\r']],
])('lines are given %s', async (_, chunks, expected) => {
  const given: string[] = [];
  for await (const line of lines(stream(chunks))) given.push(line);
  expect(given).toEqual(expected);
});

test('a used store is left as it is', async () => {
  await reportCards(store, 3);
  const used = await emptyStore();
  await reportCards(used, 1);
  await expect(restore(used, lines(exportOf(store)))).rejects.toThrow(/has events already/);
  expect(await events(used)).toHaveLength(1);
});

test.each([
  [
    'is not as it was written',
    (all: string[]) => all.with(1, '{}'),
    /^line 2: \{"data": is missing/,
  ],
  [
    'says something else than its id',
    (all: string[]) => all.with(1, (all[1] ?? '').replace('"lost"', '"frozen"')),
    /^line 2: its id is not of what it says$/,
  ],
  [
    'is missing within a stream',
    (all: string[]) => all.toSpliced(0, 1),
    /^line 3: it has revision 1 of card-card0, where 0 is due$/,
  ],
  [
    'of a stream has none before it, nor that of the next',
    (all: string[]) => all.toSpliced(0, 2),
    /^line 2: it has revision 1 of card-card0, where 0 is due$/,
  ],
  ['comes twice', (all: string[]) => all.toSpliced(1, 0, all[0] ?? ''), /^line 2: position/],
  [
    'was swapped',
    (all: string[]) => [all[1], all[0], ...all.slice(2)] as string[],
    /^line 2: position/,
  ],
])('of a log in which an event %s the line is named', async (_what, damage, message) => {
  await reportCards(store, 3);
  await restoreCard(store, 'card0');
  await restoreCard(store, 'card1');
  const all = (await textOf(exportOf(store))).trimEnd().split('\n');
  const damaged = Array.from(damage(all), (line) => `${line}\n`);
  await expect(restore(await emptyStore(), lines(stream(damaged)))).rejects.toThrow(message);
});

test.each([1, 1_060])(
  'line %i of a log of many is named, where its stream has not begun',
  async (line) => {
    await reportCards(store, line);
    await restoreCard(store, 'card0');
    await reportCards(store, 1_000, line);
    const [, ...rest] = (await textOf(exportOf(store))).split('\n');
    const restored = restore(await emptyStore(), lines(stream([rest.join('\n')])));
    await expect(restored).rejects.toThrow(
      new RegExp(`^line ${line}: it has revision 1 of card-card0, where 0 is due`),
    );
  },
);

test.each([2, 1_060])(
  'a restore that fails at line %i has left the beginning of the log, and nothing from behind that line',
  async (line) => {
    await reportCards(store, 2_000);
    const all = (await textOf(exportOf(store))).trimEnd().split('\n');
    const bad = (all[line - 1] ?? '').replace('"revision":0', '"revision":7');
    const other = await emptyStore();
    const restored = restore(other, lines(stream([all.with(line - 1, bad).join('\n')])));
    await expect(restored).rejects.toThrow(new RegExp(`^line ${line}: it has revision 7 of `));
    const ids = (await events(other)).map(({ id }) => id);
    expect(ids.length).toBeLessThan(line);
    expect(ids).toEqual((await events(store)).slice(0, ids.length).map(({ id }) => id));
  },
);

test('a file without a line is no log: it is restored as none, and no check of it is passed', async () => {
  const other = await emptyStore();
  await expect(restore(other, lines(stream([])))).rejects.toThrow(/^the file is empty/);
  const [page] = await pagesOf('');
  expect(page?.faults).toEqual([{ code: 'missing', detail: 'the file is empty' }]);
});

test.each([
  ['"stream":"card-card0"', '"stream":"card-\\u0063ard0"'],
  ['"stream":"card-card0"', '"stream":"card-\\ud800"'],
  ['"revision":0', '"revision":00'],
])('a line that says %s as %s is not as an export has it', async (as, other) => {
  await reportCards(store, 1);
  const text = await textOf(exportOf(store));
  expect(text).toContain(as);
  const changed = text.replace(as, other);
  await expect(restore(await emptyStore(), lines(stream([changed])))).rejects.toThrow(/^line 1: /);
});

test('an export ends at a position, and tells how far it has read', async () => {
  await reportCards(store, 2_100);
  const read = async (until: string) => {
    const seen: number[] = [];
    const pages = exported(store, parseUntil(until), (events) => seen.push(events));
    const text = await textOf(ndjson(pages));
    return [text.trimEnd().split('\n').length, seen];
  };
  expect(await read('12')).toEqual([12, [1_000]]);
  expect(await read('1001')).toEqual([1_001, [1_000, 2_000]]);
});

test('an export ends with what had occurred by a time', async () => {
  await reportCards(store, 3);
  expect(await textOf(exportOf(store, '2026-03-02T09:59:59Z'))).toBe('');
  expect((await textOf(exportOf(store, '2026-03-02T11:00:00+01:00'))).split('\n')).toHaveLength(4);
});

test.each(['[]', 'null', 'no JSON', '{"occurredAt":"at noon"}'])(
  'an event that says no time belongs to an export until any: %s',
  async (data) => {
    await reportCards(store, 1);
    await appendUnreadable(store, data);

    expect(await textOf(exportOf(store, '2026-03-02T09:59:59Z'))).toContain(data);
  },
);

function exportOf(from: EventStore, until?: string): AsyncIterable<string> {
  return ndjson(exported(from, until === undefined ? undefined : parseUntil(until)));
}

async function emptyStore(): Promise<SqliteEventStore> {
  const opened = await SqliteEventStore.open(newFolder(), 'inline');
  afterSuite(() => opened.close());
  return opened;
}

function events(of: EventStore): Promise<StoredEvent[]> {
  return of.readAll({ limit: 10_000 });
}

async function pagesOf(text: string): Promise<CheckedPage[]> {
  const pages: CheckedPage[] = [];
  for await (const page of exportedPages(lines(stream([text])))) pages.push(page);
  return pages;
}

async function textOf(chunks: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += chunk;
  return text;
}

async function* stream(parts: string[]): AsyncGenerator<string> {
  for (const part of parts) yield await Promise.resolve(part);
}
