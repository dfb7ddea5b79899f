import { ConflictError, type Position } from '../event-store/event-store.js';
import { type Clock, timeText } from '../ledger/clock.js';
import type { Actor } from '../ledger/domain/ledger-event.js';
import { type Minor, minor, ZERO } from '../ledger/domain/money.js';
import { REQUEST_NAME, streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import { businessDay } from '../merchants/domain/business-day.js';
import type { MerchantDirectory } from '../merchants/merchant-directory.js';
import { booksRefusals } from '../payouts/domain/books-refusals.js';
import type { Refusal } from '../sales/domain/refusal.js';
import { requestRefusals } from '../sales/domain/request-refusals.js';
import { type Chargeback, evolveSale, remaining, type Sale } from '../sales/domain/sale.js';
import type { ChargebackEvent } from '../sales/domain/sale.events.js';
import { noSuchSale } from '../sales/domain/judge.js';
import { foldSale } from '../sales/recorded-sale.js';
import type { Outcome, Rejected } from '../sales/sales.commands.js';

const ATTEMPTS = 10;

/** What the card scheme says of a new case. Without an amount all that is left of the sale is taken back. */
export interface OpenChargeback {
  readonly chargebackId: string;
  readonly amount?: number;
  /** Charged to the merchant. */
  readonly fee?: number;
  readonly reason: string;
  readonly evidenceRef?: string;
}

export interface ChargebackAnswer extends Chargeback {
  readonly saleId: string;
  readonly currency: string;
  readonly remaining: Minor;
  readonly revision: number;
  readonly position: Position;
}

type Decision = { readonly event: ChargebackEvent } | 'done' | { readonly refusal: Refusal };

/** What every event of a case says. */
interface Fact {
  readonly chargebackId: string;
  readonly saleId: string;
  readonly merchantId: string;
  readonly currency: string;
  readonly businessDate: string;
  readonly occurredAt: string;
}

/** Chargebacks, decided on the sale's own stream like voids and refunds: together never more than the sale. */
export class ChargebacksCommandHandler {
  constructor(
    private readonly journal: Journal,
    private readonly directory: MerchantDirectory,
    private readonly clock: Clock,
  ) {}

  open(saleId: string, command: OpenChargeback, by: Actor): Promise<Outcome<ChargebackAnswer>> {
    return this.change(saleId, command.chargebackId, by, (sale, held, fact) =>
      decideOpening(command, sale, held, fact),
    );
  }

  /** The money comes back, and the fee where the scheme gives it back. */
  won(saleId: string, chargebackId: string, returnFee: boolean, by: Actor) {
    return this.change(saleId, chargebackId, by, (_sale, held, fact) => {
      if (!held) return { refusal: booksRefusals.unknownChargeback() };
      if (held.status === 'won') return 'done';
      if (held.status === 'lost') return { refusal: booksRefusals.chargebackStatus('lost') };
      const feeReturned = returnFee ? held.fee : ZERO;
      return {
        event: { type: 'ChargebackWon', data: { ...fact, amount: held.amount, feeReturned } },
      };
    });
  }

  /** The money is gone for good. */
  lost(saleId: string, chargebackId: string, by: Actor) {
    return this.change(saleId, chargebackId, by, (_sale, held, fact) => {
      if (!held) return { refusal: booksRefusals.unknownChargeback() };
      if (held.status === 'lost') return 'done';
      if (held.status === 'won') return { refusal: booksRefusals.chargebackStatus('won') };
      return { event: { type: 'ChargebackLost', data: { ...fact, amount: held.amount } } };
    });
  }

  /** Decides on the sale as it is, and again when it changes meanwhile. */
  private async change(
    saleId: string,
    chargebackId: string,
    by: Actor,
    decide: (sale: Sale, held: Chargeback | undefined, fact: Fact) => Decision,
  ): Promise<Outcome<ChargebackAnswer>> {
    const stream = streams.request(saleId);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const recorded = REQUEST_NAME.test(saleId)
        ? foldSale(await this.journal.read(stream))
        : undefined;
      const merchant =
        recorded && (await this.directory.find(recorded.sale.data.merchantId))?.merchant;
      if (!recorded || !merchant) return refused(noSuchSale());
      const { sale } = recorded;
      const now = this.clock.now();
      const { merchantId, currency } = sale.data;
      const decided = decide(sale, find(sale, chargebackId), {
        ...{ chargebackId, saleId, merchantId, currency },
        businessDate: businessDay(now, merchant.settings).date,
        occurredAt: timeText(now),
      });
      if (decided === 'done') {
        return { answer: answerOf(sale, chargebackId, recorded.position), replayed: true };
      }
      if ('refusal' in decided) return refused(decided.refusal);
      try {
        const origin = { request: `${saleId} ${chargebackId}`, by };
        const { event } = decided;
        const { position } = await this.journal.append(stream, sale.revision, [event], origin);
        const after = evolveSale(sale, event) ?? sale;
        return { answer: answerOf(after, chargebackId, position), replayed: false };
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
      }
    }
    return refused(requestRefusals.conflict());
  }
}

function decideOpening(
  { amount, fee = 0, reason, evidenceRef }: OpenChargeback,
  sale: Sale,
  held: Chargeback | undefined,
  fact: Fact,
): Decision {
  if (held) {
    const differing = [
      ...(amount !== undefined && amount !== held.amount ? ['amount'] : []),
      ...(fee !== held.fee ? ['fee'] : []),
    ];
    return differing.length === 0 ? 'done' : { refusal: requestRefusals.nameUsed(differing) };
  }
  if (!sale.settlement) return { refusal: booksRefusals.notSettled() };
  const left = remaining(sale);
  const taken = amount ?? left;
  if (taken > left || taken === 0) return { refusal: booksRefusals.aboveRemaining(left) };
  const evidence = evidenceRef !== undefined && { evidenceRef };
  const data = { ...fact, amount: minor(taken), fee: minor(fee), reason, ...evidence };
  return { event: { type: 'ChargebackOpened', data } };
}

function find(sale: Sale, chargebackId: string): Chargeback | undefined {
  return sale.chargebacks.find((held) => held.chargebackId === chargebackId);
}

function answerOf(sale: Sale, chargebackId: string, position: Position): ChargebackAnswer {
  const held = find(sale, chargebackId);
  if (!held) throw new Error(`chargeback ${chargebackId} was decided and is not there`);
  const { saleId, currency } = sale.data;
  const { revision } = sale;
  return { ...held, saleId, currency, remaining: remaining(sale), revision, position };
}

function refused(refusal: Refusal): Rejected {
  return { refusal, replayed: false };
}
