import { hash } from 'node:crypto';

/** Bytes of one hash: SHA-256. */
export const HASH_BYTES = 32;

/** Entries of a tile: a tile's own hash is one entry of the level above. */
export const TILE = 256;

/** Hash of a leaf (RFC 9162, 2.1.1). */
export function leafHash(text: string): Buffer {
  return sha256(`\x00${text}`);
}

/** Writes the hash of a leaf into a tile. */
export function writeLeafHash(text: string, tile: Buffer, entry: number): void {
  tile.write(sha256Text(`\x00${text}`), entry * HASH_BYTES, 'latin1');
}

/** Hash of a node over its two children. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  NODE.set(left, 1);
  NODE.set(right, 1 + HASH_BYTES);
  return sha256(NODE);
}

/** What the hash of a node is over; each call fills in its own children. */
const NODE = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

function sha256(input: string | Uint8Array): Buffer {
  return hash('sha256', input, 'buffer');
}

/** A character for each byte: out of Node that comes sooner than bytes do. */
function sha256Text(input: string | Uint8Array): string {
  return hash('sha256', input, 'binary');
}

/** Of a tree without leaves. */
export const EMPTY_ROOT = sha256('');

/** The largest power of two below a number above 1. */
function split(size: number): number {
  return 2 ** Math.ceil(Math.log2(size) - 1);
}

/** The hash over a tile's entries, or over as many of them as make a whole subtree: one behind the other. */
export function hashOver(entries: Uint8Array): Uint8Array {
  const level = Buffer.from(entries);
  for (let nodes = entries.length / HASH_BYTES / 2; nodes >= 1; nodes /= 2) {
    for (let node = 0; node < nodes; node += 1) {
      const left = 2 * node * HASH_BYTES;
      level.copy(NODE, 1, left, left + 2 * HASH_BYTES);
      level.write(sha256Text(NODE), node * HASH_BYTES, 'latin1');
    }
  }
  return level.subarray(0, HASH_BYTES);
}

/**
 * A Merkle tree (RFC 9162) whose hashes are kept in tiles: level 0 has the leaves, each level above one entry for
 * every full tile below. Proofs are made from a few tiles, however large the tree.
 */
export class MerkleTree {
  /** `tile` gives the entries of a tile one after the other; a tile may have more than the tree asked for. */
  constructor(private readonly tile: (level: number, number: number) => Uint8Array) {}

  root(size: number): Uint8Array {
    return size === 0 ? EMPTY_ROOT : this.over(0, size);
  }

  /** From the leaf's sibling up to below the root (RFC 9162, 2.1.3.1). */
  inclusion(leaf: number, size: number): Uint8Array[] {
    return this.path(leaf, 0, size);
  }

  /** That the tree of `from` leaves is the front of the tree of `to` (RFC 9162, 2.1.4.1). */
  consistency(from: number, to: number): Uint8Array[] {
    return from === 0 || from === to ? [] : this.front(from, 0, to, true);
  }

  private path(leaf: number, begin: number, end: number): Uint8Array[] {
    if (end - begin === 1) return [];
    const middle = begin + split(end - begin);
    return leaf < middle
      ? [...this.path(leaf, begin, middle), this.over(middle, end)]
      : [...this.path(leaf, middle, end), this.over(begin, middle)];
  }

  private front(to: number, begin: number, end: number, isWhole: boolean): Uint8Array[] {
    if (to === end) return isWhole ? [] : [this.over(begin, end)];
    const middle = begin + split(end - begin);
    return to <= middle
      ? [...this.front(to, begin, middle, isWhole), this.over(middle, end)]
      : [...this.front(to, middle, end, false), this.over(begin, middle)];
  }

  /** Over the leaves from `begin` to before `end`; `begin` is a multiple of the largest power of two in between. */
  private over(begin: number, end: number): Uint8Array {
    const size = end - begin;
    const height = Math.log2(size);
    if (Number.isInteger(height)) return this.whole(begin, height);
    const middle = begin + split(size);
    return nodeHash(this.over(begin, middle), this.over(middle, end));
  }

  /** Over a whole subtree: 2 ** height leaves from a multiple of that. */
  private whole(begin: number, height: number): Uint8Array {
    const level = Math.floor(height / 8);
    const entry = begin / TILE ** level;
    const tile = this.tile(level, Math.floor(entry / TILE));
    const first = entry % TILE;
    const count = 2 ** (height - 8 * level);
    return hashOver(tile.subarray(first * HASH_BYTES, (first + count) * HASH_BYTES));
  }
}

export function hashAt(tile: Uint8Array, entry: number): Uint8Array {
  return tile.subarray(entry * HASH_BYTES, (entry + 1) * HASH_BYTES);
}

/** Whether a path leads from a leaf to a root (RFC 9162, 2.1.3.2). */
export function isIncluded(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (index < 0 || index >= size) return false;
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && Buffer.compare(hash, root) === 0;
}

export interface Root {
  readonly size: number;
  readonly hash: Uint8Array;
}

/** Whether a tree is the front of another (RFC 9162, 2.1.4.2). */
export function isConsistent(from: Root, to: Root, path: readonly Uint8Array[]): boolean {
  if (from.size > to.size) return false;
  if (from.size === to.size) return path.length === 0 && Buffer.compare(from.hash, to.hash) === 0;
  if (from.size === 0) return path.length === 0 && Buffer.compare(from.hash, EMPTY_ROOT) === 0;
  const isPower = Number.isInteger(Math.log2(from.size));
  const [first, ...rest] = isPower ? [from.hash, ...path] : path;
  if (!first) return false;
  let node = from.size - 1;
  let last = to.size - 1;
  const up = (): void => {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  };
  while (node % 2 === 1) up();
  let before = first;
  let after = first;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      before = nodeHash(sibling, before);
      after = nodeHash(sibling, after);
      while (node % 2 === 0 && node !== 0) up();
    } else {
      after = nodeHash(after, sibling);
    }
    up();
  }
  return (
    last === 0 && Buffer.compare(before, from.hash) === 0 && Buffer.compare(after, to.hash) === 0
  );
}
