import type { EventStore } from '../../event-store/event-store.js';
import type { Projection } from '../projection.js';
import { nextGeneration, removeNeverLive, removeOthers, ViewFile } from '../view-file.js';
import type { Builder, Built } from './build.js';
import { clearScratchFolders, inScratchFolder } from './scratch-folder.js';
import { trace, type TracedRow } from './trace.js';
import { makeFolder } from '../../event-store/make-folder.js';

/** A view that was built only to be compared. */
export interface Verified extends Built {
  /** The first of the rows that differ, each with the events that made it. */
  readonly rows: readonly TracedRow[];
}

/** Rebuilds views that nobody else has open, and lets each take over. What a killed one has left goes first. @throws as `build` */
export async function rebuildOffline(
  projections: readonly Projection[],
  viewsDir: string,
  build: Builder,
  signal: AbortSignal,
  done: (events: number) => void,
): Promise<Built[]> {
  makeFolder(viewsDir);
  clearScratchFolders(viewsDir);
  removeNeverLive(viewsDir);
  const buildings = projections.map((projection) => ({
    projection,
    place: {
      viewsDir,
      directory: viewsDir,
      generation: nextGeneration(viewsDir, projection.name),
    },
  }));
  const built = await build(buildings, signal, done);
  for (const [index, { name, generation }] of built.entries()) {
    const file = ViewFile.open(viewsDir, projections[index] as Projection, generation);
    file.letLive();
    file.close();
    removeOthers(viewsDir, name, generation);
  }
  return built;
}

/**
 * Builds views aside, compares them with the live ones, which may be in use, and leaves nothing behind. One that can't be
 * built keeps none of the others from it. @throws as `build`
 */
export async function verifyViews(
  projections: readonly Projection[],
  viewsDir: string,
  { build, store }: { readonly build: Builder; readonly store: EventStore },
  signal: AbortSignal,
  done: (events: number) => void,
): Promise<Verified[]> {
  return inScratchFolder(viewsDir, async (directory) => {
    const place = { viewsDir, directory, generation: 1 };
    const buildings = projections.map((projection) => ({ projection, place }));
    const verified: Verified[] = [];
    for (const [index, built] of (await build(buildings, signal, done, 'alone')).entries()) {
      const { differences = [], position } = built.compared ?? {};
      const projection = projections[index] as Projection;
      const rows =
        position === undefined || differences.length === 0
          ? []
          : await trace(differences, projection, store, position, directory, signal);
      verified.push({ ...built, rows });
    }
    return verified;
  });
}
