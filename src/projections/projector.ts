import {
  type EventStore,
  type Position,
  START,
  type StoredEvent,
} from '../event-store/event-store.js';
import { Arrival } from './arrival.js';
import type { Projection } from './projection.js';
import { clearScratchFolders } from './rebuild/scratch-folder.js';
import { skipsOf } from './skips.js';
import { type Stop, View } from './view.js';
import { liveGeneration, nextGeneration, removeAllBut, ViewFile } from './view-file.js';
import { makeFolder } from '../event-store/make-folder.js';

/** Where a view stands. */
export interface Standing {
  readonly name: string;
  readonly version: number;
  /** Of the file that is to be read. */
  readonly generation: number;
  readonly position: Position;
  /** How many events it has seen. */
  readonly events: number;
  readonly stop?: Stop;
}

/** Feeds the log to every view. Each view commits by itself, together with how far it then is. */
export class Projector {
  private constructor(
    private readonly viewsDir: string,
    private readonly store: EventStore,
    private readonly views: View[],
  ) {}

  /**
   * Opens the views' files, or begins them; a view whose version has changed starts anew. What else there is of views
   * is cleared away.
   * @throws CorruptLogError when a file is damaged or the log lacks what a view has seen; StoreUnavailableError
   */
  static async open(
    viewsDir: string,
    store: EventStore,
    projections: readonly Projection[],
  ): Promise<Projector> {
    makeFolder(viewsDir);
    clearScratchFolders(viewsDir);
    const views: View[] = [];
    try {
      for (const projection of projections) {
        const skipped = await skipsOf(store, projection.name);
        views.push(new View(projection, openLive(viewsDir, projection), skipped));
      }
      removeAllBut(
        new Map(views.map(({ projection, file }) => [projection.name, file.generation])),
        viewsDir,
      );
      for (const view of views) await view.checkAgainst(store);
      return new Projector(viewsDir, store, views);
    } catch (error) {
      for (const view of views) view.close();
      throw error;
    }
  }

  /** Where the one that is furthest behind stands, of the views that go on; undefined when none does. */
  position(): Position | undefined {
    const going = this.views.filter(({ stopped }) => stopped === undefined);
    return going.map(({ position }) => position).sort()[0];
  }

  /** Where the one that is furthest ahead stands, stopped or not. */
  furthest(): Position {
    return (
      this.views
        .map(({ position }) => position)
        .sort()
        .at(-1) ?? START
    );
  }

  standings(): Standing[] {
    return this.views.map(({ projection: { name, version }, file, position, events, stopped }) => ({
      name,
      version,
      generation: file.generation,
      position,
      events,
      ...(stopped && { stop: stopped }),
    }));
  }

  /**
   * Takes the next events of the log. A view that can't digest one of them stops before it, the others go on. Events
   * that a view has seen already are nothing to it: when it throws, the same may be given again.
   * @throws whatever keeps a view's file from being written now
   */
  apply(page: readonly StoredEvent[]): void {
    const arrivals = page.map((stored) => new Arrival(stored));
    for (const view of this.views) view.apply(arrivals);
  }

  /** A view that was built anew and is not yet in its place. */
  async successor(name: string, generation: number): Promise<View> {
    const { projection } = this.view(name);
    const skipped = await skipsOf(this.store, name);
    return new View(projection, ViewFile.open(this.viewsDir, projection, generation), skipped);
  }

  /** Puts it in the place of the live one, whose file is left to those that still read it. */
  takeOver(successor: View): void {
    const live = this.view(successor.projection.name);
    successor.file.letLive();
    this.views[this.views.indexOf(live)] = successor;
    live.close();
  }

  /** What each of those that have stopped is to leave out by now. */
  async decisions(): Promise<ReadonlyMap<View, ReadonlySet<string>>> {
    const decisions = new Map<View, ReadonlySet<string>>();
    for (const view of this.views.filter(({ stopped }) => stopped)) {
      decisions.set(view, await skipsOf(this.store, view.projection.name));
    }
    return decisions;
  }

  close(): void {
    for (const view of this.views) view.close();
  }

  private view(name: string): View {
    const found = this.views.find(({ projection }) => projection.name === name);
    if (!found) throw new Error(`there is no view ${name}`);
    return found;
  }
}

function openLive(viewsDir: string, projection: Projection): ViewFile {
  const generation = liveGeneration(viewsDir, projection);
  if (generation !== undefined) return ViewFile.open(viewsDir, projection, generation);
  const next = nextGeneration(viewsDir, projection.name);
  return ViewFile.begin(viewsDir, projection, next, 'live');
}
