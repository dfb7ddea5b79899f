import { createHash } from 'node:crypto';

/**
 * Nonces of one key at the most: what the default of REQUESTS_PER_KEY lets through in the five minutes for which those
 * of a right clock are remembered. They take some 20 MB.
 */
const CAPACITY = 360_000;

const MINUTE_MS = 60_000;

/** Nonces that came, until no request with them would be let in by its time. */
export class Nonces {
  /**
   * By the minute in which they may be forgotten, and by key. Of each there are 48 bits of its hash, which take less
   * than half the room: of a thousand million requests one is taken for a repeated one, and may be signed anew.
   */
  private readonly seen = new Map<number, Map<string, Set<number>>>();

  constructor(private readonly capacity = CAPACITY) {}

  /**
   * Remembers a nonce until a time (epoch milliseconds), and says whether it was new. Of a key with too many it does
   * not: then it says how long until there is room.
   */
  take(
    keyId: string,
    nonce: string,
    { now, until }: { readonly now: number; readonly until: number },
  ): 'new' | 'seen' | { readonly waitSeconds: number } {
    this.forget(now);
    const digest = digestOf(nonce);
    let count = 0;
    let oldest = Infinity;
    for (const [minute, byKey] of this.seen) {
      const some = byKey.get(keyId);
      if (!some) continue;
      if (some.has(digest)) return 'seen';
      count += some.size;
      oldest = Math.min(oldest, minute);
    }
    if (count >= this.capacity) return { waitSeconds: Math.ceil((endOf(oldest) - now) / 1_000) };
    this.setOf(Math.floor(until / MINUTE_MS), keyId).add(digest);
    return 'new';
  }

  private setOf(minute: number, keyId: string): Set<number> {
    const byKey = this.seen.get(minute) ?? new Map<string, Set<number>>();
    const some = byKey.get(keyId) ?? new Set<number>();
    this.seen.set(minute, byKey.set(keyId, some));
    return some;
  }

  private forget(now: number): void {
    for (const minute of this.seen.keys()) if (endOf(minute) <= now) this.seen.delete(minute);
  }
}

function endOf(minute: number): number {
  return (minute + 1) * MINUTE_MS;
}

function digestOf(nonce: string): number {
  return createHash('sha256').update(nonce).digest().readUIntBE(0, 6);
}
