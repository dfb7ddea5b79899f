import type Database from 'better-sqlite3';
import { HASH_BYTES, MerkleTree, TILE } from '../audit/domain/merkle.js';
import { POSITION_DIGITS } from '../event-store/event-store.js';

/** An event, and how large the tree was behind it. */
export interface Mark {
  readonly size: number;
  /** In its stream. */
  readonly revision: number;
  /** RFC 3339. */
  readonly recordedAt: string | null;
}

/** The tree over the log, as far as it has been read. */
export class TrailView {
  private readonly tile: Database.Statement<[number, number], { hashes: Buffer }>;
  private readonly lastTile: Database.Statement<[], { number: number; hashes: Buffer }>;
  private readonly holding: Database.Statement<[string], { number: number; positions: string }>;
  private readonly mark: Database.Statement<[string], Mark>;
  private readonly tree: MerkleTree;

  constructor(private readonly database: Database.Database) {
    this.tile = database.prepare('SELECT hashes FROM tiles WHERE level = ? AND number = ?');
    this.lastTile = database.prepare(
      'SELECT number, hashes FROM tiles WHERE level = 0 ORDER BY number DESC LIMIT 1',
    );
    this.holding = database.prepare(
      `SELECT number, positions FROM tiles WHERE level = 0 AND first <= ? ORDER BY number DESC LIMIT 1`,
    );
    this.mark = database.prepare('SELECT size, revision, recordedAt FROM marks WHERE type = ?');
    this.tree = new MerkleTree((level, number) => {
      const tile = this.tile.get(level, number);
      if (!tile) throw new Error(`tile ${level}/${number} is missing`);
      return tile.hashes;
    });
  }

  /** How many events are in the tree. */
  size(): number {
    const last = this.lastTile.get();
    return last ? last.number * TILE + last.hashes.length / HASH_BYTES : 0;
  }

  /** In hexadecimal, as all hashes here. */
  root(size: number): string {
    return this.database.transaction(() => hex(this.tree.root(size)))();
  }

  /** The leaf of the event at a position; undefined when there is none. */
  leafAt(position: string): number | undefined {
    const tile = this.holding.get(position);
    if (!tile) return undefined;
    for (let at = 0; at < tile.positions.length; at += POSITION_DIGITS) {
      if (tile.positions.startsWith(position, at)) return tile.number * TILE + at / POSITION_DIGITS;
    }
    return undefined;
  }

  inclusion(leaf: number, size: number): string[] {
    return this.database.transaction(() => this.tree.inclusion(leaf, size).map(hex))();
  }

  consistency(from: number, to: number): string[] {
    return this.database.transaction(() => this.tree.consistency(from, to).map(hex))();
  }

  /** The last event of a type that matters to signing. */
  last(type: 'BatchClosed' | 'HeadSigned'): Mark | undefined {
    return this.mark.get(type);
  }
}

function hex(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex');
}
