import { THE_LEDGER } from '../ledger/domain/ledger-event.js';
import type { Merchant, Supervised, Supervisor } from './domain/merchant.js';
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
  private readonly wrongTries = new Map<string, number>();
  /** Of nobody: an unknown supervisor takes as long as a known one. */
  private readonly nobody = hashPassword('nobody');

  constructor(private readonly merchants: MerchantsCommandHandler) {}

  /** @throws StoreUnavailableError when a lock can't be written */
  async check(merchant: Merchant, { id, password = '' }: Supervised): Promise<Approver> {
    const known = merchant.supervisors.get(id);
    if (known?.isLocked) return { id, verdict: 'locked' };
    const key = `${merchant.merchantId} ${known?.passwordHash ?? ''} ${id}`;
    // Counted before the hash is reckoned: tries at the same time are all of them tries.
    const tries = (this.wrongTries.get(key) ?? 0) + 1;
    if (known && tries > TRIES) return { id, verdict: 'locked' };
    if (known) this.wrongTries.set(key, tries);
    const isRight = await isPassword(password, known?.passwordHash ?? (await this.nobody));
    if (known && isRight) {
      this.wrongTries.delete(key);
      return { id, verdict: 'recognised' };
    }
    if (known && tries === TRIES) await this.lock(merchant, id, known, key);
    return { id, verdict: 'wrong' };
  }

  /** A lock that was not written is to be written for the next wrong try. */
  private async lock(
    { merchantId }: Merchant,
    id: string,
    { passwordHash }: Supervisor,
    key: string,
  ): Promise<void> {
    try {
      await this.merchants.lockSupervisor(merchantId, id, passwordHash, THE_LEDGER);
    } catch (fault) {
      this.wrongTries.set(key, TRIES - 1);
      throw fault;
    }
  }
}
