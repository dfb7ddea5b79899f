interface Change<V> {
  readonly version: number;
  /** Undefined where the key was taken out. */
  readonly value: V | undefined;
}

interface Shared<V> {
  readonly changes: Map<string, Change<V>[]>;
  last: number;
}

/**
 * A map that stays as it is: a change gives the next one. All that came of one another share what they hold, and each sees
 * it up to its own change, so that a change costs the same however much is in the map.
 */
export class GrowingMap<V> {
  private constructor(
    private readonly shared: Shared<V>,
    private readonly version: number,
    readonly size: number,
  ) {}

  static empty<V>(): GrowingMap<V> {
    return new GrowingMap<V>({ changes: new Map(), last: 0 }, 0, 0);
  }

  get(key: string): V | undefined {
    const changes = this.shared.changes.get(key);
    return changes?.findLast(({ version }) => version <= this.version)?.value;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  /** In the order in which their keys first came. */
  *values(): Generator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  /** The map with this value, or without the key. */
  with(key: string, value: V | undefined): GrowingMap<V> {
    const { shared, version } = this;
    // Another has grown out of this one before.
    if (shared.last !== version) return this.copy().with(key, value);
    const size = this.size + Number(value !== undefined) - Number(this.has(key));
    shared.last += 1;
    const changes = shared.changes.get(key);
    const change = { version: shared.last, value };
    if (changes) changes.push(change);
    else shared.changes.set(key, [change]);
    return new GrowingMap(shared, shared.last, size);
  }

  private *entries(): Generator<readonly [string, V]> {
    for (const key of this.shared.changes.keys()) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  private copy(): GrowingMap<V> {
    const changes = new Map(
      [...this.entries()].map(([key, value]) => [key, [{ version: 0, value }]]),
    );
    return new GrowingMap<V>({ changes, last: 0 }, 0, changes.size);
  }
}
