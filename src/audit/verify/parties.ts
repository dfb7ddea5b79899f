import type { CardEvent, CardStatus } from '../../cards/domain/card.js';
import { evolveCard } from '../../cards/domain/card.js';
import type { MerchantEvent } from '../../merchants/domain/merchant.events.js';
import { evolveMerchant, type Merchant } from '../../merchants/domain/merchant.js';
import { type Finding, illegal } from './judge.js';
import { Lately } from './lately.js';

/** Merchants, and cards that were ever reported: few beside the sales, and all in memory. */
export class Parties {
  private readonly merchants = new Map<string, Lately<Merchant>>();
  private readonly cards = new Map<string, Lately<CardStatus>>();

  /** Why a merchant's event can't be, where it can't. */
  merchantChanged(event: MerchantEvent, at: number): Finding | undefined {
    const { merchantId } = event.data;
    const known = this.merchants.get(merchantId);
    const merchant = evolveMerchant(known?.now, event);
    if (known) known.change(merchant, at);
    else this.merchants.set(merchantId, new Lately(merchant));
    const isFirst = event.type === 'MerchantRegistered';
    if (isFirst === (known === undefined)) return undefined;
    return illegal(`${merchantId} ${isFirst ? 'is registered already' : 'was never registered'}`);
  }

  cardChanged(event: CardEvent, at: number): void {
    const { token } = event.data;
    let card = this.cards.get(token);
    if (!card) this.cards.set(token, (card = new Lately<CardStatus>('active')));
    card.change(evolveCard(card.now, event), at);
  }

  /** As whoever decided something that was recorded then may have known it; none that was never registered. */
  merchant(merchantId: string, at: number): readonly Merchant[] {
    return this.merchants.get(merchantId)?.by(at) ?? [];
  }

  card(token: string, at: number): readonly CardStatus[] {
    return this.cards.get(token)?.by(at) ?? ['active'];
  }
}
