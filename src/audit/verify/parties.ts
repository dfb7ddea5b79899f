import type { CardEvent, CardStatus } from '../../cards/domain/card.js';
import { evolveCard } from '../../cards/domain/card.js';
import type { MerchantEvent } from '../../merchants/domain/merchant.events.js';
import { evolveMerchant, type Merchant } from '../../merchants/domain/merchant.js';
import type { LedgerEvent } from '../../ledger/domain/ledger-event.js';
import { type Finding, illegal, NO_MERCHANT } from './judge.js';
import { Lately } from './lately.js';
import { arePlaceLimits, unfitSetting } from './settings-check.js';

const REPORTED: ReadonlySet<string> = new Set<CardStatus>(['lost', 'frozen', 'cancelled']);

const RIGHTS: ReadonlySet<string> = new Set(['void', 'refund', 'payout']);

/** Merchants, and cards that were ever reported: few beside the sales, and all in memory. */
export class Parties {
  private readonly merchants = new Map<string, Lately<Merchant>>();
  private readonly cards = new Map<string, Lately<CardStatus>>();
  /** What is known of merchants whose settings nothing has told: they are none yet that a rule can go by. */
  private readonly unregistered = new Map<string, Merchant>();
  /** Which setting of a merchant that is none was such as none can have. */
  private readonly unfit = new Map<string, string>();

  /** Why a merchant's event can't be, where it can't. One that says what nobody can be set to changes nothing. */
  merchantChanged(event: MerchantEvent, at: number): Finding | undefined {
    const { merchantId } = event.data;
    const known = this.merchants.get(merchantId);
    const unfit = unfitFor(event, known?.now);
    if (unfit !== undefined) {
      if (!known) this.unfit.set(merchantId, unfit);
      return illegal(unfit);
    }
    const merchant = evolveMerchant(known?.now ?? this.unregistered.get(merchantId), event);
    if (known) known.change(merchant, at);
    else if ('settings' in event.data) this.merchants.set(merchantId, new Lately(merchant));
    else this.unregistered.set(merchantId, merchant);
    const isFirst = event.type === 'MerchantRegistered';
    if (isFirst === (known === undefined)) return undefined;
    return isFirst
      ? illegal(`${merchantId} is registered already`)
      : this.explained(illegal(NO_MERCHANT), event);
  }

  /** Of a merchant that is missing because nobody can be what it was registered as: that. */
  explained(finding: Finding, { data }: LedgerEvent): Finding {
    if (finding.detail !== NO_MERCHANT || !('merchantId' in data)) return finding;
    const unfit = this.unfit.get(data.merchantId ?? '');
    return unfit === undefined ? finding : illegal(`its merchant is none: ${unfit}`);
  }

  /** Why a card's event can't be; then nothing is changed. */
  cardChanged(event: CardEvent, at: number): Finding | undefined {
    const { token } = event.data;
    if (event.type === 'CardReported' && !REPORTED.has(event.data.status)) {
      return illegal(`${JSON.stringify(event.data.status)} is nothing that a card is reported as`);
    }
    let card = this.cards.get(token);
    if (!card) this.cards.set(token, (card = new Lately<CardStatus>('active')));
    card.change(evolveCard(card.now, event), at);
    return undefined;
  }

  /** As whoever decided something that was recorded then may have known it; none that was never registered. */
  merchant(merchantId: string, at: number): readonly Merchant[] {
    return this.merchants.get(merchantId)?.by(at) ?? [];
  }

  card(token: string, at: number): readonly CardStatus[] {
    return this.cards.get(token)?.by(at) ?? ['active'];
  }
}

function unfitFor(event: MerchantEvent, merchant: Merchant | undefined): string | undefined {
  switch (event.type) {
    case 'MerchantRegistered':
    case 'MerchantPolicyChanged': {
      const setting = unfitSetting(event.data.settings);
      return setting === undefined ? undefined : `no merchant can have such settings: ${setting}`;
    }
    case 'TerminalAssigned':
    case 'StoreLimitsSet': {
      const { limits } = event.data;
      if (limits === undefined || arePlaceLimits(limits)) return undefined;
      return 'nothing can have such limits';
    }
    case 'RightFrozen':
    case 'RightRestored':
      return RIGHTS.has(event.data.right) ? undefined : 'there is no such right';
    case 'SupervisorSet':
      return undefined;
    case 'SupervisorLocked':
      if (!merchant || merchant.supervisors.has(event.data.supervisorId)) return undefined;
      return 'the merchant has no such supervisor';
  }
}
