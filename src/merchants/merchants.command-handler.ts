import { isDeepStrictEqual } from 'node:util';
import type { Position } from '../event-store/event-store.js';
import { decidedAnew } from '../ledger/decided-anew.js';
import { type Clock, timeText } from '../ledger/clock.js';
import type { Actor } from '../ledger/domain/ledger-event.js';
import { streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import { OneAtATime } from '../ledger/one-at-a-time.js';
import { requestRefusals } from '../sales/domain/request-refusals.js';
import { notRecorded, type Outcome } from '../sales/sales.commands.js';
import type {
  MerchantEvent,
  MerchantSettings,
  PlaceLimits,
  Right,
} from './domain/merchant.events.js';
import {
  evolveMerchant,
  type Merchant,
  type RightStatus,
  type Supervisor,
  type Terminal,
} from './domain/merchant.js';
import type { MerchantDirectory, MerchantRecord } from './merchant-directory.js';
import { hashPassword } from './password.js';

/** Settings, terminals and rights. What is set to what it already is writes nothing. */
export class MerchantsCommandHandler {
  private readonly turns = new OneAtATime();

  constructor(
    private readonly journal: Journal,
    private readonly directory: MerchantDirectory,
    private readonly clock: Clock,
  ) {}

  /** From memory. @throws StoreUnavailableError when it is too old, and the store does not answer */
  async get(merchantId: string): Promise<Merchant | undefined> {
    return (await this.directory.find(merchantId))?.merchant;
  }

  /** As it stands at this moment, also where another node has just changed it. @throws StoreUnavailableError */
  async current(merchantId: string): Promise<Merchant | undefined> {
    return (await this.directory.current(merchantId))?.merchant;
  }

  /** Registers the merchant or replaces all its settings. */
  async put(
    merchantId: string,
    settings: MerchantSettings,
    by: Actor,
  ): Promise<{ merchant: Merchant; created: boolean; position: Position }> {
    let created = false;
    const record = await this.change(merchantId, by, (held, occurredAt) => {
      created = !held;
      if (held && isDeepStrictEqual(held.settings, settings)) return undefined;
      const type = held ? 'MerchantPolicyChanged' : 'MerchantRegistered';
      return { type, data: { merchantId, settings, occurredAt } };
    });
    if (!record) throw new Error('a merchant that was just registered is not there');
    return { merchant: record.merchant, created, position: record.position };
  }

  /** Assigns a terminal to a store, or moves it. */
  async assignTerminal(
    merchantId: string,
    terminal: Terminal,
    by: Actor,
  ): Promise<Outcome<{ terminal: Terminal; created: boolean; position: Position }>> {
    let created = false;
    const record = await this.change(merchantId, by, (held, occurredAt) => {
      created = !held?.terminals.has(terminal.terminalId);
      if (!held || isDeepStrictEqual(held.terminals.get(terminal.terminalId), terminal)) {
        return undefined;
      }
      return { type: 'TerminalAssigned', data: { merchantId, ...terminal, occurredAt } };
    });
    if (!record) return notRecorded(requestRefusals.unknownMerchant());
    return { answer: { terminal, created, position: record.position }, replayed: false };
  }

  /** Sets the limits of a store, or takes them away. */
  async setStoreLimits(
    merchantId: string,
    storeId: string,
    limits: PlaceLimits | undefined,
    by: Actor,
  ): Promise<Outcome<{ position: Position }>> {
    const record = await this.change(merchantId, by, (held, occurredAt) => {
      if (!held || isDeepStrictEqual(held.storeLimits.get(storeId), limits)) return undefined;
      const data = { merchantId, storeId, ...(limits && { limits }), occurredAt };
      return { type: 'StoreLimitsSet', data };
    });
    if (!record) return notRecorded(requestRefusals.unknownMerchant());
    return { answer: { position: record.position }, replayed: false };
  }

  /** Freezes or restores the right to void, to refund, or to be paid out; or says anew why it is frozen. */
  async setRight(
    merchantId: string,
    right: Right,
    status: RightStatus,
    reason: string,
    by: Actor,
  ): Promise<Outcome<{ right: Right; status: RightStatus; position: Position }>> {
    const record = await this.change(merchantId, by, (held, occurredAt) => {
      if (!held) return undefined;
      const isAsHeld = status === 'active' || held.frozenFor[right] === reason;
      if (held.rights[right] === status && isAsHeld) return undefined;
      const type = status === 'frozen' ? 'RightFrozen' : 'RightRestored';
      return { type, data: { merchantId, right, reason, occurredAt } };
    });
    if (!record) return notRecorded(requestRefusals.unknownMerchant());
    return { answer: { right, status, position: record.position }, replayed: false };
  }

  /** Names a supervisor, or sets the name and password anew, which unlocks. */
  async setSupervisor(
    merchantId: string,
    supervisorId: string,
    { name, password }: { readonly name: string; readonly password: string },
    by: Actor,
  ): Promise<Outcome<{ created: boolean; position: Position }>> {
    const passwordHash = await hashPassword(password);
    let created = false;
    const record = await this.change(merchantId, by, (held, occurredAt) => {
      if (!held) return undefined;
      created = !held.supervisors.has(supervisorId);
      const data = { merchantId, supervisorId, name, passwordHash, occurredAt };
      return { type: 'SupervisorSet', data };
    });
    if (!record) return notRecorded(requestRefusals.unknownMerchant());
    return { answer: { created, position: record.position }, replayed: false };
  }

  /** Unless the password that was guessed at has been set anew since. */
  async lockSupervisor(
    merchantId: string,
    supervisorId: string,
    guessedAt: Supervisor['passwordHash'],
    by: Actor,
  ): Promise<void> {
    await this.change(merchantId, by, (held, occurredAt) => {
      const supervisor = held?.supervisors.get(supervisorId);
      if (supervisor?.passwordHash !== guessedAt || supervisor.isLocked) return undefined;
      return { type: 'SupervisorLocked', data: { merchantId, supervisorId, occurredAt } };
    });
  }

  /**
   * One change at a time per merchant; `decide` is asked again when another node was faster. Where others write, memory may
   * be behind, and what it shows to be so already no longer is: the log is asked.
   */
  private change(
    merchantId: string,
    by: Actor,
    decide: (held: Merchant | undefined, occurredAt: string) => MerchantEvent | undefined,
  ): Promise<MerchantRecord | undefined> {
    const { directory } = this;
    return this.turns.run(merchantId, () =>
      decidedAnew(async (attempt) => {
        const held = await (attempt > 1
          ? directory.reload(merchantId)
          : directory.current(merchantId));
        const event = decide(held?.merchant, timeText(this.clock.now()));
        return event ? this.write(merchantId, held, event, by) : held;
      }),
    );
  }

  private async write(
    merchantId: string,
    held: MerchantRecord | undefined,
    event: MerchantEvent,
    by: Actor,
  ): Promise<MerchantRecord> {
    const { position, revision } = await this.journal.append(
      streams.merchant(merchantId),
      held?.revision ?? 'no-stream',
      [event],
      { request: merchantId, by },
    );
    const record = { merchant: evolveMerchant(held?.merchant, event), revision, position };
    this.directory.keep(record);
    return record;
  }
}
