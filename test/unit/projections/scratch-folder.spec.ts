import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { inScratchFolder } from '../../../src/projections/rebuild/scratch-folder.js';
import { newFolder } from '../../support/store-folder.js';

let viewsDir: string;

beforeEach(() => {
  viewsDir = newFolder();
});

function leave(folder: string, ...files: readonly string[]): void {
  mkdirSync(join(viewsDir, folder));
  for (const file of files) writeFileSync(join(viewsDir, folder, file), '');
}

/** The folders that are left once a verification has been there. */
async function leftAfter(work: (folder: string) => Promise<void>): Promise<string[]> {
  await inScratchFolder(viewsDir, work).catch(() => undefined);
  return readdirSync(viewsDir);
}

describe('the folder of a verification', () => {
  test.each([
    ['that ends', () => Promise.resolve()],
    ['that fails', () => Promise.reject(new Error('unlucky'))],
  ])('%s is gone, and those that a killed one has left', async (_, work) => {
    leave('verify-abc123', 'view-day-sums.1.db', 'view-sales.1.db-journal', 'owner.json');
    mkdirSync(join(viewsDir, 'verify-abc123', 'trace-abc123'));
    leave('verify-ABCdef');
    expect(await leftAfter(work)).toEqual([]);
  });

  test('is nobody’s own of such a name, nor one of another name', async () => {
    leave('verify-report', 'view-of-march.txt');
    leave('verify-abc123', 'view-sales.1.db', 'march.txt');
    leave('verify', 'view-sales.1.db');
    const own = ['verify', 'verify-abc123', 'verify-report'];
    expect(await leftAfter(() => Promise.resolve())).toEqual(own);
  });

  test('is left alone as long as another one works in it', async () => {
    await inScratchFolder(viewsDir, async (folder) => {
      writeFileSync(join(folder, 'view-sales.1.db'), '');
      await inScratchFolder(viewsDir, () => Promise.resolve());
      expect(readdirSync(folder)).toContain('view-sales.1.db');
    });
  });
});
