import { setTimeout as pause } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import type { EventStore, Position } from '../../event-store/event-store.js';
import { CorruptLogError, START } from '../../event-store/event-store.js';
import { Arrival } from '../arrival.js';
import { writing } from '../file-faults.js';
import type { Projection } from '../projection.js';
import { skipsOf } from '../skips.js';
import { View } from '../view.js';
import { damageOf, openLiveToRead, positionIn, removeGeneration, ViewFile } from '../view-file.js';
import { Comparison, type DifferingRow } from './comparison.js';

/** Events that are read at a time. */
export const PAGE = 4_000;

/** What is not there yet is read again after so long. */
const NOT_SHOWN_MS = 50;

/** How the view that was built compares with the one that is read. */
export interface Compared {
  /** Where both stood. */
  readonly position: Position;
  readonly rows: number;
  /** How many rows differ; the first of them. */
  readonly differing: number;
  readonly differences: readonly DifferingRow[];
}

/** Where the live view is kept, and where the new one is built. */
export interface Place {
  readonly viewsDir: string;
  /** Another folder where the new one is only built to be compared. */
  readonly directory: string;
  readonly generation: number;
}

/**
 * A view that is built anew beside the live one. It does not overtake the live one before the two have been compared at
 * the same position: that of a live view that has stopped, too.
 */
export class Candidate {
  compared: Compared | undefined;
  /** Why it goes no further, where others do. */
  failure: string | undefined;
  /** Whether it has been compared, if there is something to compare it with. */
  isDone: boolean;

  private constructor(
    readonly view: View,
    private readonly live: Database.Database | undefined,
    /** Why there is no live one to compare it with, where that is damaged. */
    readonly damage: string | undefined,
    private readonly store: EventStore,
    private readonly directory: string,
  ) {
    this.isDone = live === undefined;
  }

  /** A live view that is damaged is neither read nor compared: the new one is to take its place. */
  static async begin(projection: Projection, place: Place, store: EventStore): Promise<Candidate> {
    const { viewsDir, directory, generation } = place;
    const skipped = await skipsOf(store, projection.name);
    const damage = damageOf(viewsDir, projection);
    const live = damage === undefined ? openLiveToRead(viewsDir, projection) : undefined;
    try {
      const file = ViewFile.begin(directory, projection, generation, 'candidate');
      return new Candidate(new View(projection, file, skipped), live, damage, store, directory);
    } catch (error) {
      live?.close();
      throw error;
    }
  }

  /** Takes what it may of these events. @throws Error when it can't digest one; CorruptLogError when the live view has seen more than the log has */
  async take(page: readonly Arrival[], signal: AbortSignal): Promise<void> {
    if (!this.isDone) {
      const there = this.positionOfLive();
      this.apply(page.filter(({ stored }) => stored.position <= there));
      if (this.view.position < there) {
        if (page.length === 0) await this.refuseBeyond(there);
        return;
      }
      await this.compare(signal);
      this.isDone = true;
    }
    this.apply(page);
  }

  /** Ends the writing; the file is whole and on the disk then. */
  finish(): void {
    this.live?.close();
    const { file, projection } = this.view;
    writing(file.database.name, () => {
      file.database.exec(projection.indexes ?? '');
      file.finish();
    });
  }

  /** Leaves no trace. */
  discard(): void {
    this.live?.close();
    this.view.close();
    removeGeneration(this.directory, this.view.projection.name, this.view.file.generation);
  }

  /** Nothing is left to read: the live view has moved on since, or the log lacks what it has seen. */
  private async refuseBeyond(there: Position): Promise<void> {
    const head = await this.store.head();
    if (there <= head) return;
    const { name } = this.view.projection;
    throw new CorruptLogError(
      `the log ends at position ${head}, but view ${name} has seen it up to ${there}`,
    );
  }

  private apply(page: readonly Arrival[]): void {
    this.view.apply(page);
    const { stopped, projection } = this.view;
    if (stopped) throw new Error(`view ${projection.name} can't be built: ${stopped.reason}`);
  }

  private positionOfLive(): Position {
    return (this.live && positionIn(this.live)) ?? START;
  }

  /** Within one snapshot of the live view, so that it may go on meanwhile. */
  private async compare(signal: AbortSignal): Promise<void> {
    const { projection, file } = this.view;
    if (!this.live) return;
    const comparison = new Comparison(this.live.name, file.database.name, projection);
    try {
      const position = comparison.position();
      await this.reach(position, signal);
      this.compared = { position, ...(await comparison.run(signal)) };
    } finally {
      comparison.close();
    }
  }

  /** The live view may have moved a little since it was last asked, by what a server does not show this reader yet. */
  private async reach(position: Position, signal: AbortSignal): Promise<void> {
    while (this.view.position < position) {
      const page = await this.store.readAll({ after: this.view.position, limit: PAGE });
      if (page.length === 0) await pause(NOT_SHOWN_MS, undefined, { signal });
      const seen = page.filter((event) => event.position <= position);
      this.apply(seen.map((stored) => new Arrival(stored)));
    }
  }
}
