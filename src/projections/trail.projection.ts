import type Database from 'better-sqlite3';
import { hashedText } from '../audit/domain/log-line.js';
import { HASH_BYTES, hashAt, hashOver, leafHash, TILE } from '../audit/domain/merkle.js';
import type { Projection, StoredBytes } from './projection.js';

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
export const trailProjection: Projection = {
  name: 'trail',
  version: 2,
  tables: { tiles: TILES, marks: MARKS },
  openOnBytes: (database) => {
    const tiles = new Tiles(database);
    return (events) => {
      tiles.add(events);
    };
  },
};

interface Tile {
  readonly number: number;
  readonly hashes: Uint8Array[];
  positions: string;
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

  add(events: readonly StoredBytes[]): void {
    let tile = this.open(0);
    for (const event of events) {
      tile.hashes.push(leafHash(hashedText(event)));
      tile.positions += event.position;
      if (event.type === 'BatchClosed' || event.type === 'HeadSigned') {
        const size = tile.number * TILE + tile.hashes.length;
        this.mark.run(event.type, size, event.revision, recordedAt(event));
      }
      if (tile.hashes.length === TILE) tile = this.fill(0, tile);
    }
    if (tile.hashes.length > 0) this.write(0, tile);
  }

  /** Writes a full tile and its hash into the level above; gives the tile that comes next. */
  private fill(level: number, tile: Tile): Tile {
    this.write(level, tile);
    const above = this.open(level + 1);
    above.hashes.push(hashOver(tile.hashes));
    if (above.hashes.length === TILE) this.fill(level + 1, above);
    else this.write(level + 1, above);
    return { number: tile.number + 1, hashes: [], positions: '' };
  }

  /** The tile of a level that has room. */
  private open(level: number): Tile {
    const row = this.last.get(level);
    if (!row) return { number: 0, hashes: [], positions: '' };
    const count = row.hashes.length / HASH_BYTES;
    if (count === TILE) return { number: row.number + 1, hashes: [], positions: '' };
    const hashes = Array.from({ length: count }, (_, entry) => hashAt(row.hashes, entry));
    return { number: row.number, hashes, positions: row.positions ?? '' };
  }

  private write(level: number, { number, hashes, positions }: Tile): void {
    const first = level === 0 ? positions.slice(0, 20) : null;
    this.put.run(level, number, first, Buffer.concat(hashes), level === 0 ? positions : null);
  }
}

/** Null where it can't be read: nothing here may stop at an event. */
function recordedAt({ metadata }: StoredBytes): string | null {
  try {
    return (JSON.parse(metadata) as { recordedAt?: string }).recordedAt ?? null;
  } catch {
    return null;
  }
}
