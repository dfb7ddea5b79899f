import { statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { POSITION_DIGITS, CorruptLogError } from '../../event-store/event-store.js';
import { trailProjection } from '../../projections/trail.projection.js';
import { TrailView } from '../../projections/trail.view.js';
import { damageTold, namingDamage } from '../../projections/file-faults.js';
import { generationsOf, openLiveToRead, viewFile } from '../../projections/view-file.js';
import { hashAt, HASH_BYTES, TILE } from '../domain/merkle.js';

interface Tile {
  readonly number: number;
  readonly hashes: Buffer;
  readonly positions: string;
}

/** A view’s file that can’t be read: the log can’t be held against it. `why`: naming it. */
export interface Unreadable {
  readonly why: string;
}

/** The tree over the log as the views have it that were built from it: what was there when this was opened. */
export class KeptTree {
  private readonly size: number;

  private constructor(private readonly database: Database.Database) {
    this.size = new TrailView(database).size();
  }

  /** Undefined where there are no views, or they are of another version: they will be built anew. */
  static open(viewsDir: string): KeptTree | Unreadable | undefined {
    const { name } = trailProjection;
    const [latest] = generationsOf(viewsDir, name);
    if (latest === undefined) return undefined;
    const file = viewFile(viewsDir, name, latest);
    if (isEmpty(file)) return { why: damageTold(file, 'it is empty') };
    return readable(file, () => {
      const live = openLiveToRead(viewsDir, trailProjection);
      return live && new KeptTree(live);
    });
  }

  /** Where a log that was read later is first another, by the tree in these tables; undefined where it is the same. */
  firstChange(rebuilt: Database.Database): string | Unreadable | undefined {
    return readable(this.database.name, () => this.compare(rebuilt));
  }

  private compare(rebuilt: Database.Database): string | undefined {
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

/** A file that was begun just now may have all of it beside it still. */
function isEmpty(file: string): boolean {
  return sizeOf(file) === 0 && (sizeOf(`${file}-wal`) ?? 0) === 0;
}

function sizeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size;
}

/** What comes of reading the file, or that it is damaged. */
function readable<T>(file: string, task: () => T): T | Unreadable {
  try {
    return namingDamage(file, task);
  } catch (error) {
    if (error instanceof CorruptLogError) return { why: error.message };
    throw error;
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
