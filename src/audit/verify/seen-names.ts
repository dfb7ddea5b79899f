/** Bits of the filter: for ten million names it is wrong about one in a hundred. */
const BITS = 2 ** 27;

/** Names that were seen, in a memory that does not grow with their number (a Bloom filter): of few it says so wrongly. */
export class SeenNames {
  private readonly words = new Uint32Array(BITS / 32);

  add(name: string): void {
    for (const bit of bitsOf(name)) this.set(bit);
  }

  /** False only for a name that was never added. */
  mayHave(name: string): boolean {
    return bitsOf(name).every((bit) => this.has(bit));
  }

  private set(bit: number): void {
    const word = bit >>> 5;
    this.words[word] = (this.words[word] ?? 0) | (1 << (bit & 31));
  }

  private has(bit: number): boolean {
    return ((this.words[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0;
  }
}

/** Four places, each from two independent hashes (FNV-1a and one of a multiplier of its own). */
function bitsOf(name: string): number[] {
  let first = 0x811c9dc5;
  let second = 0x9747b28c;
  for (let index = 0; index < name.length; index += 1) {
    const code = name.charCodeAt(index);
    first = Math.imul(first ^ code, 0x01000193);
    second = Math.imul(second ^ code, 0x5bd1e995);
    second ^= second >>> 15;
  }
  return [0, 1, 2, 3].map((step) => ((first + Math.imul(step, second)) >>> 0) % BITS);
}
