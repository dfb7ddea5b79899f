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

  /** Whether the nonce had not come with this key before. @throws StoreUnavailableError */
  async take(keyId: string, nonce: string, caller: Caller): Promise<boolean> {
    const name = `${keyId}.${nonce}`;
    const data = { keyId, nonce, occurredAt: timeText(this.clock.now()) };
    const event = { type: 'SignatureUsed', data } as const;
    const origin = { request: name, by: actorOf(caller) };
    const appending = this.journal.append(streams.signature(name), 'no-stream', [event], origin);
    const appended = await ifFirst(appending);
    // At two nodes in the same millisecond the event is the same: one of them has repeated it.
    return appended?.repeated === false;
  }
}
