import type { Clock } from '../ledger/clock.js';
import { timeText } from '../ledger/clock.js';
import { streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import type { Views } from '../projections/views.js';
import type { SigningKey } from './domain/signed-head.js';
import type { SignedHead } from './domain/trail.events.js';

/** How often it looks whether there is something to sign. */
const LOOK_EVERY_MS = 1_000;

/** A log that has grown is signed so often, and whenever a batch has closed. */
const SIGN_EVERY_MS = 60_000;

/** Signs the head of the tree over the log, and keeps what it has signed in the log itself. */
export class HeadSigner {
  private timer: NodeJS.Timeout | undefined;
  private signing: Promise<void> = Promise.resolve();
  private lastSigned = 0;

  constructor(
    private readonly views: Views,
    private readonly journal: Journal,
    private readonly key: SigningKey,
    private readonly clock: Clock,
  ) {}

  /** The head of what the tree has now, signed, and not kept. */
  head(treeSize = this.views.trail.size()): SignedHead {
    const rootHash = this.views.trail.root(treeSize);
    return this.key.sign({ treeSize, rootHash, occurredAt: timeText(this.clock.now()) });
  }

  /** `onFault` is told what kept a head from being written; the next look tries again. */
  start(onFault: (error: unknown) => void): void {
    this.timer = setTimeout(() => {
      this.signing = this.signIfDue()
        .catch(onFault)
        .finally(() => {
          if (this.timer) this.start(onFault);
        });
    }, LOOK_EVERY_MS);
  }

  /** Resolves once the head under way is written. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.signing;
  }

  /** The signed head is an event behind the tree that it signs: alone it is nothing to sign again. */
  private async signIfDue(): Promise<void> {
    const { trail } = this.views;
    const signed = trail.sizeBehind('HeadSigned');
    const hasGrown = trail.size() > signed;
    const hasClosed = trail.sizeBehind('BatchClosed') > signed;
    if (!hasClosed && !(hasGrown && performance.now() - this.lastSigned >= SIGN_EVERY_MS)) return;
    this.lastSigned = performance.now();
    const stream = streams.trail('heads');
    const origin = { request: stream, by: { kind: 'ledger' } } as const;
    const event = { type: 'HeadSigned', data: this.head() } as const;
    await this.journal.append(stream, 'any', [event], origin);
  }
}
