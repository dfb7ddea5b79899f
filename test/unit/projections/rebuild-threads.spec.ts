import { readdirSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SqliteEventStore } from '../../../src/event-store/sqlite/sqlite-event-store.js';
import { projectionOf } from '../../../src/projections/all-projections.js';
import type { Builder, Building } from '../../../src/projections/rebuild/build.js';
import type { buildInThreads } from '../../../src/projections/rebuild/rebuild-thread.js';
import { reportCards } from '../../support/card-events.js';
import { addKey } from '../../support/key-events.js';
import { compiled, newFolder } from '../../support/store-folder.js';

/** Some pages of them, behind an event that the view of keys can't digest. */
const EVENTS = 12_000;

const NEVER = new AbortController().signal;

let folder: string;
let build: Builder;
let viewsDir: string;
/** How many events each message told of. */
let told: number[];

beforeAll(async () => {
  folder = newFolder();
  const store = await SqliteEventStore.open(folder, 'inline');
  for (const stream of ['key-a', 'key-b']) await addKey(store, stream);
  await reportCards(store, EVENTS);
  await store.close();
  type Compiled = { readonly buildInThreads: typeof buildInThreads };
  const module = await compiled<Compiled>('projections/rebuild/rebuild-thread.js');
  build = module.buildInThreads(`file:${folder}`, false);
});

beforeEach(() => {
  viewsDir = newFolder();
  told = [];
});

const buildings = (...names: readonly string[]): Building[] =>
  names.map((name) => ({
    projection: projectionOf(name),
    place: { viewsDir, directory: viewsDir, generation: 1 },
  }));

const tell = (events: number): void => {
  told.push(events);
};

describe('two threads that are given the log', () => {
  test('build all of it', async () => {
    const built = await build(buildings('trail', 'batches', 'sales'), NEVER, tell);
    expect(built.map(({ name }) => name)).toEqual(['trail', 'batches', 'sales']);
    expect(told.at(-1)).toBe(EVENTS + 2);
    expect(readdirSync(viewsDir)).toHaveLength(3);
  });

  test.each([
    ['keys', 'trail'],
    ['trail', 'keys'],
  ])('leave nothing where one of them can not build its view: %s beside %s', async (...names) => {
    await expect(build(buildings(...names), NEVER, tell)).rejects.toThrow(
      /view keys can't be built/,
    );
    expect(readdirSync(viewsDir)).toEqual([]);
  });

  test('build the others where the view of one is to fail alone', async () => {
    const built = await build(buildings('keys', 'trail'), NEVER, tell, 'alone');
    expect(built).toEqual([
      expect.objectContaining({
        name: 'keys',
        failure: expect.stringMatching(/view keys can't be built/),
      }),
      { name: 'trail', generation: 1 },
    ]);
    expect(readdirSync(viewsDir)).toEqual(['view-trail.1.db']);
  });

  test('end when it is cancelled, and leave nothing', async () => {
    const cancelling = new AbortController();
    const building = build(buildings('trail', 'batches'), cancelling.signal, () => {
      cancelling.abort(new Error('enough'));
    });
    await expect(building).rejects.toThrow('enough');
    expect(readdirSync(viewsDir)).toEqual([]);
  });
});
