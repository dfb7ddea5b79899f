/** Bits: 8 MB. Behind five million names, one in fourteen that was never added is taken for one that was. */
const BITS = 2 ** 26;

/** Which names were certainly never added (a Bloom filter with one hash), in memory that does not grow with them. */
export class NameFilter {
  private bits: Uint8Array | undefined;

  add(name: string): void {
    this.bits ??= new Uint8Array(BITS / 8);
    const bit = bitOf(name);
    this.bits[bit >>> 3] = (this.bits[bit >>> 3] as number) | (1 << (bit & 7));
  }

  mayHave(name: string): boolean {
    if (!this.bits) return false;
    const bit = bitOf(name);
    return ((this.bits[bit >>> 3] as number) & (1 << (bit & 7))) !== 0;
  }
}

/** FNV-1a. */
function bitOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  }
  return (hash ^ (hash >>> 15)) & (BITS - 1);
}
