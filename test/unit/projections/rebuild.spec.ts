import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type {
  EventStore,
  Position,
  ReadAllOptions,
  StoredEvent,
} from '../../../src/event-store/event-store.js';
import { SqliteEventStore } from '../../../src/event-store/sqlite/sqlite-event-store.js';
import { Follower, type ProjectionState } from '../../../src/projections/follower.js';
import type { Projection } from '../../../src/projections/projection.js';
import { Projector } from '../../../src/projections/projector.js';
import { build, type Builder, type Built } from '../../../src/projections/rebuild/build.js';
import { rebuildOffline, verifyViews } from '../../../src/projections/rebuild/offline.js';
import { openToRead, ViewFile, viewFile } from '../../../src/projections/view-file.js';
import { reportCards, restoreCard } from '../../support/card-events.js';
import { cardsProjection, countProjection } from '../../support/cards.projection.js';
import { newFolder } from '../../support/store-folder.js';

const BOTH = [cardsProjection, countProjection];
const NEVER = new AbortController().signal;

let folder: string;
let store: SqliteEventStore;
const here: Builder = (buildings, signal, done, failing) =>
  build(buildings, store, signal, done, failing);

beforeEach(async () => {
  folder = newFolder();
  store = await SqliteEventStore.open(folder, 'inline');
});

afterEach(() => store.close());

describe('off line', () => {
  test('where the log is read for it, and not to its end, it reads the rest itself', async () => {
    await reportCards(store, 12);
    const fed = async function* (): AsyncGenerator<StoredEvent[]> {
      yield await store.readAll({ limit: 5 });
    };
    const builder: Builder = (buildings, signal, done) =>
      build(buildings, store, signal, done, 'together', fed());
    await rebuildOffline(BOTH, folder, builder, NEVER, () => undefined);
    expect(rows('cards', 1)).toHaveLength(12);
    expect(rows('count', 1)).toEqual([{ type: 'CardReported', count: 12 }]);
  });

  test('it reads on until each view is where the one is that it is compared with', async () => {
    await reportCards(store, 9);
    await follow();
    const slow = Object.assign(Object.create(store) as EventStore, {
      pages: async function* (after: Position) {
        yield await store.readAll({ after, limit: 2 });
      },
    });
    const builder: Builder = (buildings, signal, done) => build(buildings, slow, signal, done);
    const built = await rebuildOffline(BOTH, folder, builder, NEVER, () => undefined);
    expect(built.map(({ compared }) => compared)).toEqual([
      { position: position(9), rows: 9, differing: 0, differences: [] },
      { position: position(9), rows: 1, differing: 0, differences: [] },
    ]);
  });

  test('a view that is built anew has the indexes that readers need', async () => {
    const index = 'cards_by_status';
    const indexed = { ...cardsProjection, indexes: `CREATE INDEX ${index} ON cards (status)` };
    await rebuildOffline([indexed], folder, here, NEVER, () => undefined);
    const database = openToRead(viewFile(folder, 'cards', 1));
    const indexes = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'index'").pluck();
    expect(indexes.all()).toContain(index);
    database.close();
  });

  test('what a killed one has left half-built goes, of other views, too, and no damaged file', async () => {
    await reportCards(store, 3);
    await follow();
    ViewFile.begin(folder, cardsProjection, 2, 'candidate').close();
    ViewFile.begin(folder, { ...cardsProjection, name: 'others' }, 7, 'candidate').close();
    writeFileSync(viewFile(folder, 'others', 8), '');
    writeFileSync(viewFile(folder, 'others', 9), 'no database at all');
    await rebuildOffline([countProjection], folder, here, NEVER, () => undefined);
    expect(viewFiles()).toEqual(['view-cards.1.db', 'view-count.2.db', 'view-others.9.db']);
  });

  test('a view that nobody has touched is rebuilt alike, as the next generation', async () => {
    await reportCards(store, 12);
    await follow();
    const built = await rebuildOffline(BOTH, folder, here, NEVER, () => undefined);
    expect(built.map(({ name, compared }) => [name, compared?.rows, compared?.differing])).toEqual([
      ['cards', 12, 0],
      ['count', 1, 0],
    ]);
    expect(viewFiles()).toEqual(['view-cards.2.db', 'view-count.2.db']);
    expect(rows('cards', 2)).toHaveLength(12);
    await follow();
  });

  test('--verify names each row that differs and the events that made it, and changes nothing', async () => {
    await reportCards(store, 12);
    await restoreCard(store, 'card3');
    await follow();
    edit(`UPDATE cards SET status = 'lost' WHERE token = 'card3';
          DELETE FROM cards WHERE token = 'card5';
          INSERT INTO cards VALUES ('zebra', 'lost')`);
    const [verified] = await verify([cardsProjection]);
    expect(verified?.compared).toMatchObject({ rows: 12, differing: 3 });
    expect(verified?.rows).toEqual([
      {
        table: 'cards',
        key: { token: 'card3' },
        live: { token: 'card3', status: 'lost' },
        rebuilt: { token: 'card3', status: 'active' },
        events: 2,
        makers: [
          expect.objectContaining({ position: position(4), type: 'CardReported' }),
          expect.objectContaining({ position: position(13), type: 'CardRestored' }),
        ],
      },
      {
        table: 'cards',
        key: { token: 'zebra' },
        live: { token: 'zebra', status: 'lost' },
        events: 0,
        makers: [],
      },
      {
        table: 'cards',
        key: { token: 'card5' },
        rebuilt: { token: 'card5', status: 'lost' },
        events: 1,
        makers: [expect.objectContaining({ position: position(6), stream: 'card-card5' })],
      },
    ]);
    expect(rows('cards', 1)).toHaveLength(12);
    expect(readdirSync(folder).filter((name) => name.startsWith('verify-'))).toEqual([]);
  });

  test('--verify of a view that can not be built says so, and of the others how they compare', async () => {
    await reportCards(store, 20);
    await follow([mended, countProjection]);
    expect(await verify(BOTH)).toEqual([
      expect.objectContaining({ failure: expect.stringMatching(/card13 brings bad luck/) }),
      expect.objectContaining({ compared: expect.objectContaining({ differing: 0 }) }),
    ]);
  });

  test('a view that has seen more than the log has is neither compared nor rebuilt', async () => {
    await reportCards(store, 3);
    await follow();
    edit(`UPDATE about SET position = '${position(4)}'`);
    const failure = `the log ends at position ${position(3)}, but view cards has seen it up to ${position(4)}`;
    expect(await verify([cardsProjection])).toMatchObject([{ failure }]);
    const rebuilding = rebuildOffline([cardsProjection], folder, here, NEVER, () => undefined);
    await expect(rebuilding).rejects.toThrow(failure);
  });

  test('a rebuild puts right what differs', async () => {
    await reportCards(store, 3);
    await follow();
    edit(`DELETE FROM cards`);
    const [built] = await rebuildOffline([cardsProjection], folder, here, NEVER, () => undefined);
    expect(built?.compared?.differing).toBe(3);
    expect((await verify([cardsProjection]))[0]?.compared?.differing).toBe(0);
  });

  test('a view that has stopped is compared where it stands, and rebuilt past it once it is mended', async () => {
    await reportCards(store, 20);
    await follow();
    const [built] = await rebuildOffline([mended], folder, here, NEVER, () => undefined);
    expect(built?.compared).toMatchObject({ position: position(13), rows: 13, differing: 0 });
    expect(rows('cards', 2)).toHaveLength(20);
  });

  test('a rebuild that can not digest an event leaves the live view and no trace of itself', async () => {
    await reportCards(store, 20);
    await follow();
    await expect(rebuildOffline(BOTH, folder, here, NEVER, () => undefined)).rejects.toThrow(
      /card13 brings bad luck/,
    );
    expect(viewFiles()).toEqual(['view-cards.1.db', 'view-count.1.db']);
  });

  test('a rebuild that is cancelled leaves the live view and no trace of itself', async () => {
    await reportCards(store, 10);
    await follow();
    const cancelling = new AbortController();
    const rebuilding = rebuildOffline(BOTH, folder, here, cancelling.signal, () => {
      cancelling.abort(new Error('enough'));
    });
    await expect(rebuilding).rejects.toThrow('enough');
    expect(viewFiles()).toEqual(['view-cards.1.db', 'view-count.1.db']);
  });
});

describe('while the views follow the log', () => {
  let projector: Projector;
  let follower: Follower;
  let states: readonly ProjectionState[];
  /** How often the log was read while it did not have what had come from it, if it does not. */
  let readsBehind: number | undefined;

  beforeEach(async () => {
    await reportCards(store, 10);
    readsBehind = undefined;
    await begin(BOTH);
  });

  async function begin(projections: readonly Projection[]): Promise<void> {
    projector = await Projector.open(folder, store, projections);
    // Reads less at a time than is written, as of a long log.
    const short = Object.assign(Object.create(store) as EventStore, {
      readAll: (options: ReadAllOptions) => {
        if (readsBehind === undefined) return store.readAll({ ...options, limit: 2 });
        if (++readsBehind > 100) throw new Error('it is asked again and again');
        return Promise.resolve([]);
      },
    });
    follower = new Follower(projector, short, (told) => (states = told));
    await follower.start();
  }

  afterEach(() => {
    follower.close();
  });

  test('one that can’t be begun leaves nothing open', async () => {
    await settled(10);
    const directory = join(folder, 'file');
    writeFileSync(directory, '');
    const place = { viewsDir: folder, directory, generation: 2 };
    const building = build([{ projection: mended, place }], store, NEVER, () => undefined);
    await expect(building).rejects.toMatchObject({ code: 'EEXIST' });
    follower.close();
    // Only with the last connection does SQLite take away what it keeps beside a file.
    expect(readdirSync(folder)).not.toContain('view-cards.1.db-wal');
  });

  test('what is written during the rebuild is in the view that takes over', async () => {
    const built = await candidate();
    await reportCards(store, 5, 100);
    await settled(15);
    await follower.adopt('cards', built.generation);
    expect(state('cards')).toMatchObject({ generation: 2, events: 15 });
    await reportCards(store, 1, 200);
    await settled(16);
    expect(rows('cards', 2)).toHaveLength(16);
  });

  test('a server that does not have yet what has come is given time', async () => {
    const built = await candidate();
    await reportCards(store, 5, 100);
    await settled(15);
    readsBehind = 0;
    setTimeout(() => (readsBehind = undefined));
    await follower.adopt('cards', built.generation);
    expect(state('cards')).toMatchObject({ generation: 2, events: 15 });
  });

  test('one that can’t digest what is written meanwhile does not take over', async () => {
    const built = await candidate();
    await reportCards(store, 2, 13);
    while ((state('count')?.events ?? 0) < 12) await pause(5);
    await expect(follower.adopt('cards', built.generation)).rejects.toThrow(/brings bad luck/);
    expect(state('cards')).toMatchObject({ generation: 1, events: 10, status: 'stopped' });
  });

  test('where every view has stopped, one that takes over has what came since', async () => {
    follower.close();
    let hasRoom = true;
    const crowded: Projection = {
      ...mended,
      open: (database) => {
        const fold = mended.open(database);
        return (events) => {
          if (!hasRoom) throw new Error('no room');
          fold(events);
        };
      },
    };
    await begin([crowded]);
    await settled(10);
    hasRoom = false;
    await reportCards(store, 2, 100);
    while (state('cards')?.status !== 'stopped') await pause(5);
    hasRoom = true;
    const built = await candidate();
    await reportCards(store, 5, 200);
    follower.hurry(position(17) as Position);
    await pause(100);
    await follower.adopt('cards', built.generation);
    await reportCards(store, 1, 300);
    await settled(18);
    expect(rows('cards', 2)).toHaveLength(18);
  });

  test('one that the live view has left behind just as they are compared reaches it, and the others miss nothing', async () => {
    await settled(10);
    const place = { viewsDir: folder, directory: folder, generation: 2 };
    const [first, rest] = [await store.readAll({ limit: 10 }), await written(5)];
    const projection: Projection = {
      ...mended,
      open: (database) => {
        const fold = mended.open(database);
        return (events) => {
          fold(events);
          projector.apply(rest);
        };
      },
    };
    const fed = async function* (): AsyncGenerator<StoredEvent[]> {
      yield await Promise.resolve(first);
    };
    const buildings = [
      { projection, place },
      { projection: countProjection, place: { ...place, viewsDir: newFolder() } },
    ];
    const done = (): void => undefined;
    const [cards] = await build(buildings, store, NEVER, done, 'together', fed());
    expect(cards?.compared).toMatchObject({ position: position(15), rows: 15, differing: 0 });
    expect(rows('count', 2)).toEqual([{ type: 'CardReported', count: 15 }]);
  });

  test('a reader of the old generation goes on while the new one takes over', async () => {
    await settled(10);
    const reader = openToRead(viewFile(folder, 'cards', 1));
    const count = reader.prepare<[], number>('SELECT count(*) FROM cards').pluck();
    expect(count.get()).toBe(10);
    await follower.adopt('cards', (await candidate()).generation);
    expect(count.get()).toBe(10);
    reader.close();
  });

  test('one that can’t be let live is closed, and the old one goes on', async () => {
    await settled(10);
    const { generation } = await candidate();
    const built = new Database(viewFile(folder, 'cards', generation));
    built.exec(`CREATE TRIGGER full BEFORE UPDATE OF isLive ON about
                BEGIN SELECT RAISE(ABORT, 'no room for it'); END`);
    built.close();
    const adopting = follower.adopt('cards', generation);
    await expect(adopting).rejects.toMatchObject({ message: 'no room for it' });
    // Only with the last connection does SQLite take away what it keeps beside a file.
    expect(readdirSync(folder)).not.toContain(`view-cards.${generation}.db-wal`);
    await reportCards(store, 1, 100);
    await settled(11);
    expect(state('cards')).toMatchObject({ generation: 1, events: 11, status: 'live' });
  });

  test('one that is to take over as the views are closed is closed with them', async () => {
    await settled(10);
    const { generation } = await candidate();
    const adopting = follower.adopt('cards', generation);
    follower.close();
    await expect(adopting).rejects.toThrow('the views are closed');
    expect(readdirSync(folder)).not.toContain(`view-cards.${generation}.db-wal`);
  });

  test('a crash before the new one was let live leaves the old one, and the leftover is cleared away', async () => {
    await candidate();
    follower.close();
    projector = await Projector.open(folder, store, BOTH);
    follower = new Follower(projector, store, (told) => (states = told));
    expect(viewFiles()).toEqual(['view-cards.1.db', 'view-count.1.db']);
    expect(projector.standings()[0]).toMatchObject({ name: 'cards', generation: 1 });
  });

  /** More events, which the views have not seen. */
  async function written(count: number): Promise<StoredEvent[]> {
    await reportCards(store, count, 100);
    return store.readAll({ after: position(10) as Position, limit: count });
  }

  function candidate(): Promise<Built> {
    const place = { viewsDir: folder, directory: folder, generation: 2 };
    const building = { projection: cardsProjection, place };
    return build([building], store, NEVER, () => undefined).then(([built]) => built as Built);
  }

  function state(name: string): ProjectionState | undefined {
    return states.find((view) => view.name === name);
  }

  async function settled(events: number): Promise<void> {
    while (states.some((view) => view.events < events)) {
      await pause(5);
    }
  }
});

const mended = {
  ...cardsProjection,
  open: (database) => {
    const put = database.prepare('INSERT INTO cards VALUES (?, ?)');
    return (events) => {
      for (const { event } of events) {
        if (event.type === 'CardReported') put.run(event.data.token, event.data.status);
      }
    };
  },
} satisfies Projection;

async function follow(projections: readonly Projection[] = BOTH): Promise<void> {
  const projector = await Projector.open(folder, store, projections);
  projector.apply(await store.readAll({ limit: 1_000 }));
  projector.close();
}

function verify(projections: readonly Projection[]): ReturnType<typeof verifyViews> {
  return verifyViews(projections, folder, { build: here, store }, NEVER, () => undefined);
}

function edit(sql: string): void {
  const database = new Database(viewFile(folder, 'cards', 1));
  database.exec(sql);
  database.close();
}

function rows(name: string, generation: number): unknown[] {
  const database = openToRead(viewFile(folder, name, generation));
  try {
    return database.prepare(`SELECT * FROM ${name === 'count' ? 'counts' : name}`).all();
  } finally {
    database.close();
  }
}

function viewFiles(): string[] {
  return readdirSync(folder).filter((name) => /^view-.*\.db$/.test(name));
}

function position(number: number): string {
  return String(number).padStart(20, '0');
}
