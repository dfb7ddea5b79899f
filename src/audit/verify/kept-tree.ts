import type Database from 'better-sqlite3';
import { CorruptLogError } from '../../event-store/event-store.js';
import { trailProjection } from '../../projections/trail.projection.js';
import { TrailView } from '../../projections/trail.view.js';
import { liveGeneration, openToRead, viewFile } from '../../projections/view-file.js';
import { hashAt, HASH_BYTES, TILE } from '../domain/merkle.js';

interface Tile {
  readonly number: number;
  readonly hashes: Buffer;
  readonly positions: string;
}

const POSITION_DIGITS = 20;

/** The tree over the log as the views have it that were built from it: what was there when this was opened. */
export class KeptTree {
  private readonly size: number;

  private constructor(private readonly database: Database.Database) {
    this.size = new TrailView(database).size();
  }

  /** Undefined where there are no views, or they are damaged: they can be built anew. */
  static open(viewsDir: string): KeptTree | undefined {
    try {
      const generation = liveGeneration(viewsDir, trailProjection);
      if (generation === undefined) return undefined;
      return new KeptTree(openToRead(viewFile(viewsDir, trailProjection.name, generation)));
    } catch (error) {
      if (error instanceof CorruptLogError) return undefined;
      throw error;
    }
  }

  /** Where a log that was read later is first another, by the tree in these tables; undefined where it is the same. */
  firstChange(rebuilt: Database.Database): string | undefined {
    const ours = rebuilt.prepare<[number], Tile>(
      'SELECT number, hashes, positions FROM tiles WHERE level = 0 AND number = ?',
    );
    const kept = this.database.prepare<[], Tile>(
      'SELECT number, hashes, positions FROM tiles WHERE level = 0 ORDER BY number',
    );
    for (const tile of kept.iterate()) {
      const leaves = Math.min(this.size - tile.number * TILE, tile.hashes.length / HASH_BYTES);
      const entry = changed(ours.get(tile.number)?.hashes, tile.hashes, leaves);
      if (entry === undefined) continue;
      const at = entry * POSITION_DIGITS;
      return tile.positions.slice(at, at + POSITION_DIGITS);
    }
    return undefined;
  }

  close(): void {
    this.database.close();
  }
}

/** The first of so many entries that differs, or is missing. */
function changed(ours: Buffer | undefined, theirs: Buffer, leaves: number): number | undefined {
  for (let entry = 0; entry < leaves; entry += 1) {
    const mine = ours && hashAt(ours, entry);
    if (!mine || Buffer.compare(mine, hashAt(theirs, entry)) !== 0) return entry;
  }
  return undefined;
}
