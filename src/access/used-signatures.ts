import { randomUUID } from 'node:crypto';
import { StoreUnavailableError } from '../event-store/event-store.js';
import { type Clock, timeText } from '../ledger/clock.js';
import { streams } from '../ledger/domain/request-name.js';
import { ifFirst } from '../ledger/if-first.js';
import type { Journal } from '../ledger/journal.js';
import { actorOf, type Caller } from './caller.js';

/** Nonces that are kept in the log, so that they are known to every node, and after a restart. */
export class UsedSignatures {
  constructor(
    private readonly journal: Journal,
    private readonly clock: Clock,
  ) {}

  /**
   * Whether the nonce had not come with this key before. @throws StoreUnavailableError: nothing was done then, whatever became
   * of the nonce
   */
  async take(keyId: string, nonce: string, caller: Caller): Promise<boolean> {
    const name = `${keyId}.${nonce}`;
    // At two nodes in one millisecond it would else be the same event, which each could take for its own.
    const claim = randomUUID();
    const data = { keyId, nonce, claim, occurredAt: timeText(this.clock.now()) };
    const event = { type: 'SignatureUsed', data } as const;
    const origin = { request: name, by: actorOf(caller) };
    const appending = this.journal.append(streams.signature(name), 'no-stream', [event], origin);
    try {
      return (await ifFirst(appending)) !== undefined;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      throw new StoreUnavailableError(error.message, 'not-done', { cause: error });
    }
  }
}
