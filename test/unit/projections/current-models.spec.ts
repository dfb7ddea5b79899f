import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SqliteEventStore } from '../../../src/event-store/sqlite/sqlite-event-store.js';
import { toPosition } from '../../../src/event-store/event-store.js';
import { ALL_PROJECTIONS, projectionOf } from '../../../src/projections/all-projections.js';
import { CurrentModels } from '../../../src/projections/current-models.js';
import type { ProjectionState } from '../../../src/projections/follower.js';
import { Projector } from '../../../src/projections/projector.js';
import { ViewFile } from '../../../src/projections/view-file.js';
import { addKey } from '../../support/key-events.js';
import { newFolder } from '../../support/store-folder.js';

let folder: string;
let store: SqliteEventStore;
let projector: Projector;
let current: CurrentModels;

beforeEach(async () => {
  folder = newFolder();
  store = await SqliteEventStore.open(folder, 'inline');
  projector = await Projector.open(folder, store, ALL_PROJECTIONS);
  current = new CurrentModels(folder);
});

afterEach(async () => {
  current.close();
  projector.close();
  await store.close();
});

function states(): ProjectionState[] {
  return projector.standings().map((standing) => ({ ...standing, status: 'live' }));
}

describe('read models', () => {
  test('that are closed stay so, whatever is still told of the views', () => {
    current.advance(states());
    current.close();
    current.advance(states());
    expect(() => current.require()).toThrow('the views are not open');
    projector.close();
    expect(readdirSync(folder).filter((name) => /^view-.*-(wal|shm)$/.test(name))).toEqual([]);
  });

  test('show one moment in one turn, until more is told of the views', async () => {
    await addKey(store);
    const log = await store.readAll({ limit: 1 });
    current.advance(states());
    const { keys } = current.require();
    expect(keys.all()).toEqual([]);

    projector.apply(log);
    expect(keys.all()).toEqual([]);
    current.advance(states());
    expect(keys.all()).toHaveLength(1);
  });

  test('are behind as long as the files of what took over can not be opened', async () => {
    current.advance(states());
    const before = current.require();
    const position = toPosition(5);
    const later = states().map((state) =>
      state.name === 'books' ? { ...state, generation: 2, position } : state,
    );

    current.advance(later);
    expect(current.require()).toBe(before);
    const waiting = current.progress.reach(position, ['books'], 0);
    await expect(waiting).rejects.toThrow(/view-books\.2\.db can't be opened/);
    expect(current.states().find(({ name }) => name === 'books')).toMatchObject({
      status: 'catching-up',
      reason: expect.stringContaining('view-books.2.db'),
    });

    ViewFile.begin(folder, projectionOf('books'), 2, 'live').close();
    current.advance(later);
    expect(current.progress.isThere(position, ['books'])).toBe(true);
    expect(current.require()).not.toBe(before);
  });
});
