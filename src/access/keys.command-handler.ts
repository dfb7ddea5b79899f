import type { Position } from '../event-store/event-store.js';
import { decidedAnew } from '../ledger/decided-anew.js';
import { type Clock, timeText } from '../ledger/clock.js';
import type { Actor } from '../ledger/domain/ledger-event.js';
import { streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import type { MerchantDirectory } from '../merchants/merchant-directory.js';
import { requestRefusals } from '../sales/domain/request-refusals.js';
import { notRecorded, type Outcome } from '../sales/sales.commands.js';
import { evolveKey, type Holder, type Key, type KeyEvent } from './domain/key.js';
import type { Keyring } from './keyring.js';
import { hashOf, keyText, newKey } from './secret.js';

/** A key to be made. */
export interface NewKey {
  readonly holder: Holder;
  readonly name?: string | undefined;
  /** RFC 3339. */
  readonly expiresAt?: string | undefined;
  readonly isSigned?: boolean | undefined;
}

/** A key with its secret, which is never to be had again. */
export interface AddedKey {
  readonly key: Key;
  /** The whole key, as it is sent. */
  readonly text: string;
  readonly position: Position;
}

/** Makes keys and revokes them. Only a hash of the secret is kept. */
export class KeysCommandHandler {
  constructor(
    private readonly journal: Journal,
    private readonly keyring: Keyring,
    private readonly directory: MerchantDirectory,
    private readonly clock: Clock,
  ) {}

  /** Refuses a key for a merchant or a terminal that there is not. @throws StoreUnavailableError */
  async add({ holder, name, expiresAt, isSigned }: NewKey, by: Actor): Promise<Outcome<AddedKey>> {
    const stranger = await this.stranger(holder);
    if (stranger) return notRecorded(stranger);
    const { keyId, secret } = newKey();
    const event: KeyEvent = {
      type: 'KeyAdded',
      data: {
        keyId,
        ...holder,
        hash: hashOf(secret),
        occurredAt: timeText(this.clock.now()),
        ...(name !== undefined && { name }),
        ...(expiresAt !== undefined && { expiresAt }),
        ...(isSigned === true && { signed: true as const }),
      },
    };
    const { key, position } = await this.write(keyId, undefined, undefined, event, by);
    return { answer: { key, text: keyText(keyId, secret), position }, replayed: false };
  }

  /** Whether a key that expires then could never be used. */
  isOver(expiresAt: string): boolean {
    return Date.parse(expiresAt) <= this.clock.now();
  }

  private async stranger(holder: Holder) {
    if (!('merchantId' in holder)) return undefined;
    const { merchantId } = holder;
    const terminalId = holder.scope === 'terminal' ? holder.terminalId : undefined;
    const merchant = (await this.directory.find(merchantId, terminalId))?.merchant;
    if (!merchant) return requestRefusals.unknownMerchant();
    const isKnown = terminalId === undefined || merchant.terminals.has(terminalId);
    return isKnown ? undefined : requestRefusals.unknownTerminal();
  }

  /** As it stands at this moment, also where another node has just closed it. */
  async get(keyId: string): Promise<Key | undefined> {
    return (await this.keyring.reload(keyId)).key;
  }

  /** Closes a key for good, here at once; again: the same. Undefined when there is none. @throws StoreUnavailableError */
  revoke(
    keyId: string,
    reason: string | undefined,
    by: Actor,
  ): Promise<{ key: Key; position: Position } | undefined> {
    return decidedAnew(async () => {
      const { key, revision, position } = await this.keyring.reload(keyId);
      if (!key || !position) return undefined;
      if (key.revokedAt !== undefined) return { key, position };
      const occurredAt = timeText(this.clock.now());
      const data = { keyId, occurredAt, ...(reason !== undefined && { reason }) };
      return this.write(keyId, key, revision, { type: 'KeyRevoked', data }, by);
    });
  }

  private async write(
    keyId: string,
    before: Key | undefined,
    expected: number | undefined,
    event: KeyEvent,
    by: Actor,
  ): Promise<{ key: Key; position: Position }> {
    const { position, revision } = await this.journal.append(
      streams.key(keyId),
      expected ?? 'no-stream',
      [event],
      { request: keyId, by },
    );
    const key = evolveKey(before, event);
    if (!key) throw new Error('a key that was never made was changed');
    this.keyring.keep(keyId, { key, revision, position });
    return { key, position };
  }
}
