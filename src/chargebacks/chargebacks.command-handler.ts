import type { Position } from '../event-store/event-store.js';
import { decidedAnew } from '../ledger/decided-anew.js';
import { type Clock, timeText } from '../ledger/clock.js';
import type { Actor } from '../ledger/domain/ledger-event.js';
import type { Minor } from '../ledger/domain/money.js';
import { streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import { businessDay } from '../merchants/domain/business-day.js';
import type { MerchantDirectory } from '../merchants/merchant-directory.js';
import {
  type Chargeback,
  evolveSale,
  remaining,
  type Sale,
  shownChargeback,
} from '../sales/domain/sale.js';
import { noSuchSale } from '../sales/domain/judge.js';
import type { ChargebackEvent } from '../sales/domain/sale.events.js';
import { readNamed } from '../sales/recorded-request.js';
import { asLeftBy, foldSale, type RecordedSale } from '../sales/recorded-sale.js';
import { notRecorded, type Outcome } from '../sales/sales.commands.js';
import {
  type ChargebackDecision,
  type ChargebackFact,
  chargebackOf,
  decideLost,
  decideOpening,
  decideWon,
  type OpenChargeback,
} from './domain/decide-chargeback.js';

/** A case, and what it has left of its sale, in minor units. */
export interface RecordedChargeback extends Omit<Chargeback, 'told'> {
  readonly saleId: string;
  readonly currency: string;
  readonly remaining: Minor;
  readonly revision: number;
  readonly position: Position;
}

/** Chargebacks, decided on the sale's own stream like voids and refunds: together never more than the sale. */
export class ChargebacksCommandHandler {
  constructor(
    private readonly journal: Journal,
    private readonly directory: MerchantDirectory,
    private readonly clock: Clock,
  ) {}

  open(saleId: string, command: OpenChargeback, by: Actor): Promise<Outcome<RecordedChargeback>> {
    return this.change('ChargebackOpened', saleId, command.chargebackId, by, (sale, fact) =>
      decideOpening(command, sale, fact),
    );
  }

  /** The money comes back, and the fee where the scheme gives it back. */
  won(saleId: string, chargebackId: string, returnFee: boolean, by: Actor) {
    return this.change('ChargebackWon', saleId, chargebackId, by, (sale, fact) =>
      decideWon(returnFee, sale, fact),
    );
  }

  /** The money is gone for good. */
  lost(saleId: string, chargebackId: string, by: Actor) {
    return this.change('ChargebackLost', saleId, chargebackId, by, decideLost);
  }

  /** Decides on the sale as it is, and again when it changes meanwhile. */
  private async change(
    type: ChargebackEvent['type'],
    saleId: string,
    chargebackId: string,
    by: Actor,
    decide: (sale: Sale, fact: ChargebackFact) => ChargebackDecision,
  ): Promise<Outcome<RecordedChargeback>> {
    const stream = streams.request(saleId);
    return decidedAnew(async () => {
      const recorded = foldSale(await readNamed(this.journal, saleId));
      const merchant =
        recorded && (await this.directory.find(recorded.sale.data.merchantId))?.merchant;
      if (!recorded || !merchant) return notRecorded(noSuchSale());
      const { sale } = recorded;
      const now = this.clock.now();
      const { merchantId, currency } = sale.data;
      const decided = decide(sale, {
        ...{ chargebackId, saleId, merchantId, currency },
        businessDate: businessDay(now, merchant.settings).date,
        occurredAt: timeText(now),
      });
      if (decided === 'done') {
        return { answer: firstAnswer(type, chargebackId, recorded), replayed: true };
      }
      if ('refusal' in decided) return notRecorded(decided.refusal);
      const origin = { request: `${saleId} ${chargebackId}`, by };
      const { event } = decided;
      const { position, repeated } = await this.journal.append(
        stream,
        sale.revision,
        [event],
        origin,
      );
      const after = evolveSale(sale, event) ?? sale;
      return { answer: answerOf(after, chargebackId, position), replayed: repeated };
    });
  }
}

/** As it was when it was first told so. */
function firstAnswer(
  type: ChargebackEvent['type'],
  chargebackId: string,
  { events }: RecordedSale,
): RecordedChargeback {
  const then = asLeftBy(
    events,
    (event) => event.type === type && event.data.chargebackId === chargebackId,
  );
  if (!then) throw new Error(`chargeback ${chargebackId} was told before and is not there`);
  return answerOf(then.sale, chargebackId, then.position);
}

function answerOf(sale: Sale, chargebackId: string, position: Position): RecordedChargeback {
  const held = chargebackOf(sale, chargebackId);
  if (!held) throw new Error(`chargeback ${chargebackId} was decided and is not there`);
  const { saleId, currency } = sale.data;
  const { revision } = sale;
  const shown = shownChargeback(held);
  return { ...shown, saleId, currency, remaining: remaining(sale), revision, position };
}
