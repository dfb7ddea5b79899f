import { describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { hashedText } from '../../../src/audit/domain/log-line.js';
import {
  EMPTY_ROOT,
  hashOver,
  isConsistent,
  isIncluded,
  leafHash,
  MerkleTree,
  nodeHash,
  TILE,
} from '../../../src/audit/domain/merkle.js';
import { toPosition } from '../../../src/event-store/event-store.js';
import { createTables } from '../../../src/projections/projection.js';
import { trailProjection } from '../../../src/projections/trail.projection.js';
import { TrailView } from '../../../src/projections/trail.view.js';

/** The root as RFC 9162 defines it for a log that is read from its start: another way to the same. */
class GrowingRoot {
  size = 0;
  /** Of whole subtrees, the largest first. */
  private readonly peaks: { readonly height: number; readonly hash: Uint8Array }[] = [];

  add(leaf: Uint8Array): void {
    let top = { height: 0, hash: leaf };
    for (let last = this.peaks.at(-1); last?.height === top.height; last = this.peaks.at(-1)) {
      this.peaks.pop();
      top = { height: top.height + 1, hash: nodeHash(last.hash, top.hash) };
    }
    this.peaks.push(top);
    this.size += 1;
  }

  root(): Uint8Array {
    if (this.peaks.length === 0) return EMPTY_ROOT;
    return this.peaks.map(({ hash }) => hash).reduceRight((right, left) => nodeHash(left, right));
  }
}

/** The leaves of the test vectors that Certificate Transparency's implementations share. */
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];

/** Their roots for one to eight leaves. */
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');

const leaves = LEAVES.map((leaf) => leafHash(Buffer.from(leaf, 'hex').toString('latin1')));

describe("Certificate Transparency's vectors", () => {
  test('give the roots of one to eight leaves', () => {
    const growing = new GrowingRoot();
    const roots = leaves.map((leaf) => {
      growing.add(leaf);
      return hex(growing.root());
    });
    expect(roots).toEqual(ROOTS);
    expect(hex(EMPTY_ROOT)).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  test('give the inclusion path of the first leaf of eight', () => {
    expect(treeOf(leaves).inclusion(0, 8).map(hex)).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
  });

  test('give the consistency path from six leaves to eight', () => {
    expect(treeOf(leaves).consistency(6, 8).map(hex)).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
  });
});

describe('trees of many sizes', () => {
  const many = Array.from({ length: 2 * TILE + 77 }, (_, index) => leafHash(`event ${index}`));
  const tree = treeOf(many);
  const sizes = [1, 2, 3, 7, 8, 255, 256, 257, 300, 511, 512, 513, 589];

  test('have the root that reading from the start gives', () => {
    const growing = new GrowingRoot();
    for (const leaf of many) {
      growing.add(leaf);
      if (sizes.includes(growing.size))
        expect(hex(tree.root(growing.size))).toBe(hex(growing.root()));
    }
  });

  test('prove every leaf, and no other in its place', () => {
    for (const size of sizes) {
      const root = tree.root(size);
      for (const leaf of [0, 1, size >> 1, size - 2, size - 1].filter(
        (at) => at >= 0 && at < size,
      )) {
        const path = tree.inclusion(leaf, size);
        expect(isIncluded(at(many, leaf), leaf, size, path, root)).toBe(true);
        expect(isIncluded(leafHash('another'), leaf, size, path, root)).toBe(false);
        expect(isIncluded(at(many, leaf), leaf, size, path, leafHash('root'))).toBe(false);
        expect(isIncluded(at(many, leaf), leaf, size, [...path, root], root)).toBe(false);
        expect(isIncluded(at(many, leaf), leaf + size, size, path, root)).toBe(false);
        expect(isIncluded(at(many, leaf), leaf, 2 * size, path, root)).toBe(false);
      }
    }
  });

  test('are the front of every larger one, and of none with another leaf', () => {
    for (const from of sizes) {
      for (const to of sizes.filter((size) => size >= from)) {
        const path = tree.consistency(from, to);
        const before = { size: from, hash: tree.root(from) };
        const after = { size: to, hash: tree.root(to) };
        expect(isConsistent(before, after, path)).toBe(true);
        expect(isConsistent({ ...before, hash: leafHash('other') }, after, path)).toBe(false);
        expect(isConsistent(before, { ...after, hash: leafHash('other') }, path)).toBe(false);
      }
    }
  });
});

describe('a proof is of the sizes that it names', () => {
  const tree = treeOf(leaves);
  const rootOf = (leafCount: number, size = leafCount) => ({ size, hash: tree.root(leafCount) });

  test('a leaf of a larger tree is not proved in a smaller one by a longer path', () => {
    expect(isIncluded(at(leaves, 1), 0, 1, [at(leaves, 0)], tree.root(2))).toBe(false);
  });
  test('a path that is longer or shorter than that between the two sizes proves nothing', () => {
    const [toEight, toTwo] = [tree.consistency(7, 8), tree.consistency(1, 2)];
    expect(isConsistent(rootOf(7, 3), rootOf(8, 4), toEight)).toBe(false);
    expect(isConsistent(rootOf(1), rootOf(2, 4), toTwo)).toBe(false);
    expect(isConsistent(rootOf(4), rootOf(4), toTwo)).toBe(false);
  });
  test('no tree is the front of a smaller one, nor one of no leaves that has a root', () => {
    expect(isConsistent(rootOf(4), rootOf(4, 3), [])).toBe(false);
    expect(isConsistent(rootOf(1, 0), rootOf(2), [])).toBe(false);
    expect(isConsistent(rootOf(0), rootOf(2), [])).toBe(true);
  });
});

test('a view keeps the tree, whatever number of events it is told of at once', () => {
  const database = new Database(':memory:');
  createTables(database, trailProjection);
  const add = trailProjection.openOnBytes(database);
  const view = new TrailView(database);
  const events = Array.from({ length: 2 * TILE + 77 }, (_, index) => ({
    ...{ position: toPosition(index + 1), stream: 'sale-1', revision: index, id: 'id' },
    ...{ type: 'Sale', data: '{}', metadata: '{}' },
  }));
  const tree = treeOf(events.map((event) => leafHash(hashedText(event))));
  let told = 0;
  for (const end of [1, TILE, TILE + 1, 2 * TILE, 2 * TILE + 77]) {
    add(events.slice(told, end));
    told = end;
    expect(view.size()).toBe(end);
    expect(view.root(end)).toBe(hex(tree.root(end)));
  }
  const signed = { ...at(events, 0), position: toPosition(told + 1), type: 'HeadSigned' };
  add([signed]);
  expect(view.last('HeadSigned')?.size).toBe(told + 1);
  for (const leaf of [0, 1, TILE - 1, TILE, 2 * TILE, 2 * TILE + 76])
    expect(view.leafAt(toPosition(leaf + 1))).toBe(leaf);
});

function at<T>(list: readonly T[], index: number): T {
  return list[index] as T;
}

/** Tiles as the view keeps them. */
function treeOf(hashes: readonly Uint8Array[]): MerkleTree {
  const levels = [hashes];
  for (let level = hashes; level.length >= TILE;) {
    level = Array.from({ length: Math.floor(level.length / TILE) }, (_, number) =>
      hashOver(Buffer.concat(level.slice(number * TILE, (number + 1) * TILE))),
    );
    levels.push(level);
  }
  return new MerkleTree((level, number) =>
    Buffer.concat((levels[level] ?? []).slice(number * TILE, (number + 1) * TILE)),
  );
}
