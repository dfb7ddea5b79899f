import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Rebuilds, RebuildRunningError } from '../../../src/projections/rebuild/rebuilds.js';
import type { ProjectionState } from '../../../src/projections/follower.js';
import { viewFile } from '../../../src/projections/view-file.js';
import { newFolder } from '../../support/store-folder.js';

/** What is being built, and how each of it is let go on. */
let building: Map<string, () => void>;
let rebuilds: Rebuilds;
let viewsDir: string;
/** Tells how many events the one under way has seen. */
let tell: (events: number) => void;
/** What the live view has seen. */
let seen: number;
/** The generations that have taken over, by view. */
let adopted: string[];
/** What keeps one from taking over. */
let inTheWay: () => void;

beforeEach(() => {
  building = new Map();
  viewsDir = newFolder();
  seen = 100;
  adopted = [];
  inTheWay = () => undefined;
  rebuilds = new Rebuilds({
    viewsDir,
    build: (name, generation, signal, done) =>
      new Promise((resolve, reject) => {
        tell = done;
        building.set(name, () => {
          writeFileSync(viewFile(viewsDir, name, generation), '');
          resolve({ name, generation });
        });
        signal.addEventListener('abort', () => {
          reject(new Error('cancelled'));
        });
      }),
    adopt: async (name, generation) => {
      await turn();
      inTheWay();
      adopted.push(`${name}.${generation}`);
    },
    states: () => [{ name: 'books', generation: 1, events: seen } as ProjectionState],
  });
});

describe('rebuilds of a running service', () => {
  test('go one after the other', async () => {
    rebuilds.start('books');
    rebuilds.start('sales');
    await turn();
    expect([...building.keys()]).toEqual(['books']);
    await finish('books');
    expect([...building.keys()]).toEqual(['books', 'sales']);
  });

  test('the second of the same view is told of the first', () => {
    rebuilds.start('books');
    expect(() => rebuilds.start('books')).toThrow(RebuildRunningError);
  });

  test('one under way has more to do when the log grows', async () => {
    expect(rebuilds.start('books')).toMatchObject({ events: 0, total: 100 });
    await turn();
    seen = 250;
    tell(120);
    expect(rebuilds.watch('books')?.value).toMatchObject({ events: 120, total: 250 });
    expect(rebuilds.watch('books')?.value.secondsLeft).toBeGreaterThan(0);
  });

  test('one takes over as the generation behind the live one, also where the file of that is gone', async () => {
    rebuilds.start('books');
    await turn();
    await finish('books');
    expect(rebuilds.watch('books')?.value.status).toBe('done');
    expect(adopted).toEqual(['books.2']);
  });

  test('one that is cancelled as it has just been built does not take over, and leaves nothing', async () => {
    rebuilds.start('books');
    await turn();
    building.get('books')?.();
    await expect(rebuilds.cancel('books')).resolves.toMatchObject({ status: 'cancelled' });
    expect([adopted, readdirSync(viewsDir)]).toEqual([[], []]);
  });

  test('one that can’t take over fails, says why, and leaves nothing', async () => {
    inTheWay = () => {
      throw new Error('no room for it');
    };
    rebuilds.start('books');
    await turn();
    await finish('books');
    const failed = { status: 'failed', reason: 'no room for it' };
    expect(rebuilds.watch('books')?.value).toMatchObject(failed);
    expect(readdirSync(viewsDir)).toEqual([]);
  });

  test('one that can’t take over, and whose file can’t be removed, fails for the first of the two', async () => {
    inTheWay = () => {
      rmSync(viewsDir, { recursive: true });
      writeFileSync(viewsDir, '');
      throw new Error('no room for it');
    };
    rebuilds.start('books');
    await turn();
    await finish('books');
    expect(rebuilds.watch('books')?.value.reason).toBe('no room for it');
  });

  test('one that waits is cancelled at once, and the next waits for the one before it still', async () => {
    rebuilds.start('books');
    rebuilds.start('sales');
    rebuilds.start('trail');
    await expect(rebuilds.cancel('sales')).resolves.toMatchObject({ status: 'cancelled' });
    await turn();
    expect([...building.keys()]).toEqual(['books']);
    await finish('books');
    expect([...building.keys()]).toEqual(['books', 'trail']);
  });

  test('one whose folder can’t be read fails, and says why', async () => {
    rmSync(viewsDir, { recursive: true });
    writeFileSync(viewsDir, '');
    rebuilds.start('books');
    await finish('books');
    expect(rebuilds.watch('books')?.value).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('ENOTDIR'),
    });
  });

  test('closing cancels all of them', async () => {
    const all = ['books', 'sales', 'trail'];
    for (const name of all) rebuilds.start(name);
    await turn();
    await rebuilds.close();
    expect(all.map((name) => rebuilds.watch(name)?.value.status)).toEqual(
      all.map(() => 'cancelled'),
    );
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lets its building end, and the next begin. */
async function finish(name: string): Promise<void> {
  building.get(name)?.();
  await new Promise<void>((resolve) => {
    rebuilds.watch(name)?.subscribe({ complete: resolve });
  });
  await turn();
}
