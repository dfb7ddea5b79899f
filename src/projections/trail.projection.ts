import type Database from 'better-sqlite3';
import { hashedText, type LogLine } from '../audit/domain/log-line.js';
import { HASH_BYTES, hashOver, TILE, writeLeafHash } from '../audit/domain/merkle.js';
import type { Projection } from './projection.js';

/** `positions` of level 0 are those of its leaves, twenty digits each. */
const TILES = `
  CREATE TABLE tiles (
    level INTEGER NOT NULL, number INTEGER NOT NULL, first TEXT, hashes BLOB NOT NULL, positions TEXT,
    PRIMARY KEY (level, number)
  ) STRICT, WITHOUT ROWID;
`;

/** The last event of each type that matters to signing, and how large the tree was behind it. */
const MARKS = `
  CREATE TABLE marks (
    type TEXT PRIMARY KEY, size INTEGER NOT NULL, revision INTEGER NOT NULL, recordedAt TEXT
  ) STRICT;
`;

/** The Merkle tree over the log in its order, every event as it is stored, readable or not. */
export const trailProjection = {
  name: 'trail',
  version: 2,
  tables: { tiles: TILES, marks: MARKS },
  openOnBytes: (database) => {
    const tiles = new Tiles(database);
    return (events) => {
      tiles.add(events);
    };
  },
} satisfies Projection;

interface Tile {
  readonly number: number;
  /** Room for all of a full tile's. */
  readonly hashes: Buffer;
  count: number;
  positions: string;
}

function emptyTile(number: number): Tile {
  return { number, hashes: Buffer.alloc(TILE * HASH_BYTES), count: 0, positions: '' };
}

class Tiles {
  private readonly last: Database.Statement<
    [number],
    { number: number; hashes: Buffer; positions: string | null }
  >;
  private readonly put: Database.Statement;
  private readonly mark: Database.Statement;

  constructor(database: Database.Database) {
    this.last = database.prepare(
      'SELECT number, hashes, positions FROM tiles WHERE level = ? ORDER BY number DESC LIMIT 1',
    );
    this.put = database.prepare('INSERT OR REPLACE INTO tiles VALUES (?, ?, ?, ?, ?)');
    this.mark = database.prepare('INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?)');
  }

  add(events: readonly LogLine[]): void {
    const open = [this.open(0)];
    for (const event of events) {
      const tile = open[0] as Tile;
      writeLeafHash(hashedText(event), tile.hashes, tile.count);
      tile.count += 1;
      tile.positions += event.position;
      if (event.type === 'BatchClosed' || event.type === 'HeadSigned') {
        const size = tile.number * TILE + tile.count;
        this.mark.run(event.type, size, event.revision, recordedAt(event));
      }
      if (tile.count === TILE) this.fill(0, open);
    }
    open.forEach((tile, level) => {
      if (tile.count > 0) this.write(level, tile);
    });
  }

  /** Writes a level's full tile, puts its hash into the level above, and begins the next. */
  private fill(level: number, open: Tile[]): void {
    const tile = open[level] as Tile;
    this.write(level, tile);
    open[level] = emptyTile(tile.number + 1);
    const above = (open[level + 1] ??= this.open(level + 1));
    above.hashes.set(hashOver(tile.hashes), above.count * HASH_BYTES);
    above.count += 1;
    if (above.count === TILE) this.fill(level + 1, open);
  }

  /** The tile of a level that has room. */
  private open(level: number): Tile {
    const row = this.last.get(level);
    if (!row) return emptyTile(0);
    const count = row.hashes.length / HASH_BYTES;
    if (count === TILE) return emptyTile(row.number + 1);
    const tile = emptyTile(row.number);
    tile.hashes.set(row.hashes);
    return { ...tile, count, positions: row.positions ?? '' };
  }

  private write(level: number, { number, hashes, count, positions }: Tile): void {
    const first = level === 0 ? positions.slice(0, 20) : null;
    const entries = hashes.subarray(0, count * HASH_BYTES);
    this.put.run(level, number, first, entries, level === 0 ? positions : null);
  }
}

/** Null where it can't be read: nothing here may stop at an event. */
function recordedAt({ metadata }: LogLine): string | null {
  try {
    return (JSON.parse(metadata) as { recordedAt?: string }).recordedAt ?? null;
  } catch {
    return null;
  }
}
