import { THE_LEDGER } from '../ledger/domain/ledger-event.js';
import { OneAtATime } from '../ledger/one-at-a-time.js';
import type { Merchant, Supervised } from './domain/merchant.js';
import type { MerchantsCommandHandler } from './merchants.command-handler.js';
import { hashPassword, isPassword } from './password.js';

/** Wrong passwords in a row after which a supervisor is locked, until the password is set anew. */
const TRIES = 5;

export interface Approver {
  readonly id: string;
  readonly verdict: 'recognised' | 'wrong' | 'locked';
}

/**
 * Tells supervisors by their passwords. Wrong tries are counted in memory, so that each node and each start of one
 * allows TRIES of them; that a supervisor is locked is a fact.
 */
export class Supervisors {
  private readonly turns = new OneAtATime();
  private readonly wrongTries = new Map<string, number>();
  /** Of nobody: an unknown supervisor takes as long as a known one. */
  private readonly nobody = hashPassword('nobody');

  constructor(private readonly merchants: MerchantsCommandHandler) {}

  /**
   * One try at a time of each supervisor, so that only answers count: right passwords that come together are none of them
   * wrong tries, and wrong ones are all counted.
   * @throws StoreUnavailableError when a lock can't be written
   */
  check(
    { merchantId, supervisors }: Merchant,
    { id, password = '' }: Supervised,
  ): Promise<Approver> {
    const known = supervisors.get(id);
    const key = `${merchantId} ${known?.passwordHash ?? ''} ${id}`;
    return this.turns.run(key, async () => {
      const wrongTries = this.wrongTries.get(key) ?? 0;
      if (known?.isLocked || wrongTries >= TRIES) return { id, verdict: 'locked' };
      const isRight = await isPassword(password, known?.passwordHash ?? (await this.nobody));
      if (!known) return { id, verdict: 'wrong' };
      if (isRight) {
        this.wrongTries.delete(key);
        return { id, verdict: 'recognised' };
      }
      if (wrongTries + 1 === TRIES) {
        // Fails before the try counts: the lock is then written at the next wrong one.
        await this.merchants.lockSupervisor(merchantId, id, known.passwordHash, THE_LEDGER);
      }
      this.wrongTries.set(key, wrongTries + 1);
      return { id, verdict: 'wrong' };
    });
  }
}
