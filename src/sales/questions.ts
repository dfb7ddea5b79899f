import type { OpenBatches } from '../batches/open-batches.js';
import { foldCard } from '../cards/cards.command-handler.js';
import { streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import type { Merchant, Terminal } from '../merchants/domain/merchant.js';
import { holdingOf } from '../projections/books.view.js';
import type { Views } from '../projections/views.js';
import { type DaySums, GIVE_BACK, giveBackLimits, type LimitedSpot } from './day-sums.js';
import type { Question } from './domain/condition.js';
import { fundsFor } from './domain/refund-conditions.js';
import type { Sale } from './domain/sale.js';
import { readNamed } from './recorded-request.js';
import { foldSale } from './recorded-sale.js';

/** Who asks about which sale, and when. */
export interface Asking {
  readonly saleId: string;
  readonly merchant: Merchant;
  readonly terminal: Terminal;
  /** Epoch milliseconds. */
  readonly now: number;
  /** The business date that the request counts for. */
  readonly date: string;
  readonly amount?: number | undefined;
  readonly originalAmount?: number | undefined;
  /** As if there were no such sale. */
  readonly isHidden?: boolean | undefined;
}

/** A question with the place where limits on it are kept. */
export interface AskedQuestion {
  readonly question: Question;
  readonly spot: LimitedSpot | undefined;
}

/** Brings together what commands on a sale are decided on. */
export class Questions {
  constructor(
    private readonly journal: Journal,
    private readonly batches: OpenBatches,
    private readonly views: Views,
    private readonly daySums: DaySums,
  ) {}

  /** The question but for limits, which `withLimits` adds in the turn of the decision. @throws ViewBehindError */
  async ask({ saleId, merchant, terminal, now, ...asked }: Asking): Promise<AskedQuestion> {
    const { amount, originalAmount, isHidden } = asked;
    const sale = isHidden ? undefined : foldSale(await readNamed(this.journal, saleId))?.sale;
    const requester = merchant.merchantId;
    const common = { sale, merchant, now, requester, amount, originalAmount };
    if (!sale) return { question: { ...common, card: 'active', batch: 'open' }, spot: undefined };
    const { token } = sale.data.card;
    const card = foldCard(await this.journal.read(streams.card(token)));
    const batch = await this.batches.status(sale.data);
    const available = await this.funds(sale, merchant);
    const spot = await this.daySums.at(merchant, terminal, token, GIVE_BACK);
    return { question: { ...common, card, batch, available }, spot };
  }

  /** Read where the policy asks for it: it spans many sales, so that refunds at the same moment may overshoot. */
  private async funds(sale: Sale, merchant: Merchant): Promise<bigint | undefined> {
    if (fundsFor({ sale, merchant }) === undefined) return undefined;
    await this.views.waitFor(await this.journal.head(), ['books']);
    const balances = this.views.books.balances(sale.data.merchantId);
    return holdingOf(balances, sale.data.currency).available;
  }
}

/** The question with what counts towards its limits at this moment. */
export function withLimits({ question, spot }: AskedQuestion, date: string): Question {
  const { sale } = question;
  if (!spot || !sale) return question;
  return { ...question, limits: giveBackLimits(spot, { date, currency: sale.data.currency }) };
}
