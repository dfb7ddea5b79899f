import { expect } from '@jest/globals';
import { type CardEvent, type CardStatus, evolveCard } from '../../src/cards/domain/card.js';
import type { LedgerEvent } from '../../src/ledger/domain/ledger-event.js';
import type { Minor } from '../../src/ledger/domain/money.js';
import { businessDay } from '../../src/merchants/domain/business-day.js';
import { evolveMerchant, type Merchant } from '../../src/merchants/domain/merchant.js';
import type { MerchantEvent } from '../../src/merchants/domain/merchant.events.js';
import type { Question } from '../../src/sales/domain/condition.js';
import {
  decideGiveBack,
  decideSettlement,
  type GiveBackCommand,
  type SettlementTerms,
  settlingOf,
} from '../../src/sales/domain/decide.js';
import { effectOf, type GiveBackEffect } from '../../src/sales/domain/effect.js';
import type { Refusal, RefusalCode } from '../../src/sales/domain/refusal.js';
import {
  evolveSale,
  remaining,
  type Sale,
  type SaleStatus,
  statusOf,
} from '../../src/sales/domain/sale.js';
import type { SaleEvent } from '../../src/sales/domain/sale.events.js';
import { voidability, type Voidability } from '../../src/sales/domain/voidability.js';
import { merchantWith } from './facts.js';

/** What the facts so far come to, and the moment at which something is asked of it. */
interface World {
  readonly sale: Sale | undefined;
  readonly merchant: Merchant;
  readonly card: CardStatus;
  readonly batch: Question['batch'];
  /** Epoch milliseconds. */
  readonly now: number;
}

type Decided = { readonly event: SaleEvent } | { readonly refusal: Refusal };

/** A command, asked of a world. */
export type When = (world: World) => Decided;

/** What a request on a sale may say beside its kind. */
export type Asking = Partial<
  Pick<Question, 'amount' | 'originalAmount' | 'requester' | 'available' | 'limits'> &
    Pick<GiveBackCommand, 'approver' | 'card' | 'consent' | 'reason' | 'evidenceRef' | 'operatorId'>
>;

/** Noon in Shanghai, on the day of the sale of `facts.ts`. */
const NOON = '2026-11-24T04:00:00.000Z';

/** The facts that a specification begins with, in their order; a merchant is there in any case. */
export function given(...events: LedgerEvent[]): Given {
  return new Given(worldOf([merchantWith({}), ...events], Date.parse(NOON)));
}

class Given {
  constructor(private readonly world: World) {}

  /** The moment of the command, RFC 3339; noon of the sale's day without it. */
  at(time: string): Given {
    return new Given({ ...this.world, now: Date.parse(time) });
  }

  when(command: When): Then {
    return new Then(this.world, command(this.world));
  }

  /** The whole answer to the question whether the sale may be voided. */
  asked(asking: Asking = {}): Voidability {
    return voidability(questionOf(this.world, asking));
  }

  /** What doing as the answer says would do to the books. */
  effect(asking: Asking = {}): GiveBackEffect | undefined {
    return effectOf(this.asked(asking), questionOf(this.world, asking));
  }
}

class Then {
  constructor(
    private readonly world: World,
    private readonly decided: Decided,
  ) {}

  /** An event of this type, with at least this data. */
  then(type: SaleEvent['type'], data: object = {}): this {
    expect(this.decided).toMatchObject({ event: { type, data } });
    return this;
  }

  thenRejected(
    code: RefusalCode,
    more: Partial<Pick<Refusal, 'responseCode' | 'nextStep' | 'cause'>> = {},
  ): void {
    expect(this.decided).toMatchObject({ refusal: { code, ...more } });
  }

  /** Nothing to be done, and no refusal either. */
  thenNothing(): void {
    expect(this.decided).toEqual({ event: undefined });
  }

  /** The sale with what was decided. */
  andTheSaleIs(status: SaleStatus, left: number): void {
    const sale = 'event' in this.decided && evolveSale(this.world.sale, this.decided.event);
    if (!sale) throw new Error('nothing was decided on a sale');
    expect({ status: statusOf(sale), left: remaining(sale) }).toEqual({ status, left });
  }
}

function worldOf(events: readonly LedgerEvent[], now: number): World {
  let sale: Sale | undefined;
  let merchant: Merchant | undefined;
  let card: CardStatus = 'active';
  let batch: Question['batch'] = 'open';
  for (const event of events) {
    if (isOfSale(event)) sale = evolveSale(sale, event);
    else if (isOfCard(event)) card = evolveCard(card, event);
    else if (event.type === 'BatchCloseRequested') batch = 'closing';
    else if (event.type === 'BatchClosed') batch = 'closed';
    else if (isOfMerchant(event)) merchant = evolveMerchant(merchant, event);
    else throw new Error(`no world is made of ${event.type}`);
  }
  if (!merchant) throw new Error('there is no merchant');
  return { sale, merchant, card, batch, now };
}

function isOfSale(event: LedgerEvent): event is SaleEvent {
  return /^(Sale|Void|Refund|ApprovalRequested|Settled|Reversal|ChargebackOpened)$/.test(
    event.type,
  );
}

function isOfCard(event: LedgerEvent): event is CardEvent {
  return event.type.startsWith('Card');
}

function isOfMerchant(event: LedgerEvent): event is MerchantEvent {
  return /^(Merchant|Terminal|Right)/.test(event.type);
}

function questionOf(world: World, asking: Asking): Question {
  const { amount, originalAmount, requester, available, limits } = asking;
  return { ...world, amount, originalAmount, requester, available, limits };
}

function giveBack(asked: GiveBackCommand['asked'], asking: Asking): When {
  return (world) => {
    const { approver, card, consent, evidenceRef, operatorId, reason = 'wrong size' } = asking;
    const command: GiveBackCommand = {
      asked,
      reason,
      ...{ merchantId: 'M1', terminalId: 'T2', batchNo: '000007', stan: '000009' },
      ...(approver && { approver }),
      ...(card && { card }),
      ...(consent !== undefined && { consent }),
      ...(evidenceRef !== undefined && { evidenceRef }),
      ...(operatorId !== undefined && { operatorId }),
    };
    const day = businessDay(world.now, world.merchant.settings);
    return decideGiveBack(command, questionOf(world, asking), { day, storeId: 'S2' });
  };
}

export const voidOf = (asking: Asking): When => giveBack('void', asking);
export const refundOf = (asking: Asking): When => giveBack('refund', asking);
export const reversalOf = (asking: Asking): When => giveBack('reversal', asking);

/** A void, a refund or a reversal of all that is left. */
export const voidIt = voidOf({});
export const refundIt = refundOf({});
export const reverseIt = reversalOf({});

/** The settlement of what is left of the sale, free of charge unless the terms say otherwise. */
export function settleOn(terms: Partial<SettlementTerms>): When {
  return ({ sale }) => {
    if (!sale) throw new Error('there is no sale to settle');
    const event = decideSettlement(settlingOf(sale), {
      kind: 'batch',
      fee: { basisPoints: 0 },
      businessDate: '2026-11-24',
      valueDate: '2026-11-25',
      occurredAt: '2026-11-24T15:00:00.000Z',
      ...terms,
    });
    return { event } as Decided;
  };
}

export const settleIt = settleOn({});

/** The merchant that these facts make. */
export function foldMerchantOf(...events: MerchantEvent[]): Merchant {
  return worldOf(events, 0).merchant;
}

/** The amount of a fee or a limit. */
export const of = (value: number): Minor => value as Minor;
