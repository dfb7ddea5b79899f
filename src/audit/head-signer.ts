import type { Clock } from '../ledger/clock.js';
import { timeText } from '../ledger/clock.js';
import { THE_LEDGER } from '../ledger/domain/ledger-event.js';
import { streams } from '../ledger/domain/request-name.js';
import { ifFirst } from '../ledger/if-first.js';
import type { Journal } from '../ledger/journal.js';
import { Repeating } from '../ledger/repeating.js';
import type { Views } from '../projections/views.js';
import { SIGN_EVERY_MS, type SigningKey } from './domain/signed-head.js';
import type { SignedHead } from './domain/trail.events.js';

/** How often it looks whether there is something to sign. */
const LOOK_EVERY_MS = 1_000;

/** Signs the head of the tree over the log, and keeps what it has signed in the log itself. */
export class HeadSigner {
  private readonly looks = new Repeating(LOOK_EVERY_MS, () => this.signIfDue());
  private readonly began: number;

  constructor(
    private readonly views: Views,
    private readonly journal: Journal,
    private readonly key: SigningKey,
    private readonly clock: Clock,
    /** Epoch milliseconds: how long a head has stood is not the ledger's time, which may stand still. */
    private readonly wallClock: () => number = Date.now,
  ) {
    this.began = wallClock();
  }

  /** The head of what the tree has now, signed, and not kept. */
  head(treeSize = this.views.trail.size()): SignedHead {
    const rootHash = this.views.trail.root(treeSize);
    return this.key.sign({ treeSize, rootHash, occurredAt: timeText(this.clock.now()) });
  }

  /** `onFault` is told what kept a head from being written; the next look tries again. */
  start(onFault: (error: unknown) => void): void {
    this.looks.start(onFault);
  }

  /** Resolves once the head under way is written. */
  stop(): Promise<void> {
    return this.looks.stop();
  }

  /**
   * Signs when the last head, whoever signed it, is old enough and something has come since, or when a batch has closed
   * since. The head is an event behind the tree that it signs: alone it is nothing to sign again. Of nodes that do so at
   * the same time one is the first, and the others leave it at that.
   */
  async signIfDue(): Promise<void> {
    await this.views.finished('trail');
    const { trail } = this.views;
    const last = trail.last('HeadSigned');
    const signed = last?.size ?? 0;
    const hasGrown = trail.size() > signed;
    const hasClosed = (trail.last('BatchClosed')?.size ?? 0) > signed;
    const since = last?.recordedAt ? Date.parse(last.recordedAt) : this.began;
    const isFresh = Math.abs(this.wallClock() - since) < SIGN_EVERY_MS;
    if (!hasClosed && (!hasGrown || isFresh)) return;
    const stream = streams.trail('heads');
    const origin = { request: stream, by: THE_LEDGER };
    const event = { type: 'HeadSigned', data: this.head() } as const;
    await ifFirst(this.journal.append(stream, last?.revision ?? 'no-stream', [event], origin));
  }
}
