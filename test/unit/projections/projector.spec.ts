import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SqliteEventStore } from '../../../src/event-store/sqlite/sqlite-event-store.js';
import { Projector } from '../../../src/projections/projector.js';
import type { Projection } from '../../../src/projections/projection.js';
import { openToRead, viewFile } from '../../../src/projections/view-file.js';
import { appendUnreadable, reportCards } from '../../support/card-events.js';
import { cardsProjection, countProjection } from '../../support/cards.projection.js';
import { newFolder } from '../../support/store-folder.js';

const BOTH = [cardsProjection, countProjection];

let folder: string;
let store: SqliteEventStore;
let projector: Projector;

beforeEach(async () => {
  folder = newFolder();
  store = await SqliteEventStore.open(folder, 'inline');
});

afterEach(async () => {
  projector.close();
  await store.close();
});

test('every view takes the log into a file of its own and remembers how far it is', async () => {
  await reportCards(store, 3);
  await open();
  await follow();
  projector.close();
  expect(rows('cards', 1)).toEqual([
    { token: 'card0', status: 'lost' },
    { token: 'card1', status: 'lost' },
    { token: 'card2', status: 'lost' },
  ]);
  await open();
  expect(positions()).toEqual({ cards: 3, count: 3 });
});

test('an event that one view can not digest stops this view alone, before it, with the reason', async () => {
  await reportCards(store, 20);
  await open();
  await follow();
  expect(positions()).toEqual({ cards: 13, count: 20 });
  expect(stops()).toEqual({
    cards: 'position 00000000000000000014: card13 brings bad luck',
    count: undefined,
  });
});

test('what can not be read as an event stops the views of events, not those of bytes', async () => {
  await reportCards(store, 2);
  await appendUnreadable(store);
  await open();
  await follow();
  expect(positions()).toEqual({ cards: 2, count: 3 });
  expect(stops()['cards']).toMatch(/position 0{19}3: event Forgotten .* its type is not known/);
});

test('a view of another version starts anew under the next generation, and the old file goes', async () => {
  await reportCards(store, 3);
  await open();
  await follow();
  projector.close();
  await open([{ ...cardsProjection, version: 2 }, countProjection]);
  expect(positions()).toEqual({ cards: 0, count: 3 });
  expect(existsSync(viewFile(folder, 'cards', 1))).toBe(false);
  expect(existsSync(viewFile(folder, 'cards', 2))).toBe(true);
});

test('files of views that are no more, and of generations that were never finished, are cleared away', async () => {
  await open();
  projector.close();
  const left = ['view-old.1.db', 'view-old.1.db-wal', 'view-cards.2.db', 'view-cards.2.db-journal'];
  for (const file of left) writeFileSync(join(folder, file), '');
  await open();
  projector.close();
  expect(readdirSync(folder).filter((file) => file.startsWith('view-'))).toEqual([
    'view-cards.1.db',
    'view-count.1.db',
  ]);
});

test('a log that lacks what a view has seen is not followed', async () => {
  await reportCards(store, 3);
  await open();
  await follow();
  projector.close();
  await store.close();
  store = await SqliteEventStore.open(newFolder(), 'inline');
  await reportCards(store, 2);
  await expect(open()).rejects.toThrow(
    /the log ends at position 0{19}2, but view cards has seen it up to 0{19}3.*delete .*view-cards/,
  );
});

test('a view for which there is no more room is told by its file, and has taken nothing of what it was to take', async () => {
  await reportCards(store, 3);
  await open([largeProjection, countProjection]);
  await expect(follow()).rejects.toThrow(
    `${viewFile(folder, 'large', 1)} can't be written: database or disk is full`,
  );
  expect(positions()).toMatchObject({ large: 0 });
});

/** More than its file may hold. */
const largeProjection: Projection = {
  name: 'large',
  version: 1,
  tables: { large: 'CREATE TABLE large (content BLOB) STRICT' },
  open: (database) => {
    database.pragma('max_page_count = 10');
    const insert = database.prepare('INSERT INTO large VALUES (zeroblob(100000))');
    return (events) => {
      events.forEach(() => insert.run());
    };
  },
};

async function open(projections: readonly Projection[] = BOTH): Promise<void> {
  projector = await Projector.open(folder, store, projections);
}

async function follow(): Promise<void> {
  projector.apply(await store.readAll({ limit: 1_000 }));
}

function positions(): Record<string, number> {
  return Object.fromEntries(
    projector.standings().map(({ name, position }) => [name, Number(position)]),
  );
}

function stops(): Record<string, string | undefined> {
  return Object.fromEntries(projector.standings().map(({ name, stop }) => [name, stop?.reason]));
}

function rows(name: string, generation: number): unknown[] {
  const database = openToRead(viewFile(folder, name, generation));
  try {
    return database.prepare(`SELECT * FROM ${name}`).all();
  } finally {
    database.close();
  }
}
