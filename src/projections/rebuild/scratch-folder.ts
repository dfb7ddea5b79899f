import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FolderLock, ownerOf } from '../../event-store/open-event-store.js';

const NAME = /^verify-[A-Za-z0-9]{6}$/;

/** What is ever put into one: a folder of that name with anything else in it is somebody's own. */
const CONTENT = /^(view-[a-z-]+\.\d+\.db(-[a-z]+)?|trace-[A-Za-z0-9]{6}|lock\.db.*|owner\.json.*)$/;

/** Works in a folder beside the views that is gone afterwards. Those that a killed process has left go first. */
export async function inScratchFolder<T>(
  viewsDir: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  clearScratchFolders(viewsDir);
  const folder = mkdtempSync(join(viewsDir, 'verify-'));
  try {
    const lock = FolderLock.take(folder);
    try {
      return await work(folder);
    } finally {
      lock.release();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Removes such folders that nobody works in any more. */
export function clearScratchFolders(viewsDir: string): void {
  for (const entry of readdirSync(viewsDir, { withFileTypes: true })) {
    const folder = join(viewsDir, entry.name);
    if (!entry.isDirectory() || !NAME.test(entry.name) || ownerOf(folder)) continue;
    if (readdirSync(folder).every((name) => CONTENT.test(name)))
      rmSync(folder, { recursive: true, force: true });
  }
}
