import type { OpenBatches } from '../batches/open-batches.js';
import { foldCard } from '../cards/cards.command-handler.js';
import type { Position } from '../event-store/event-store.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import { requestName, streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import type { Merchant, Terminal } from '../merchants/domain/merchant.js';
import type { Approver, Supervisors } from '../merchants/supervisors.js';
import { type DaySums, giveBackLimits, type LimitedSpot, type Under } from './day-sums.js';
import type { Question } from './domain/condition.js';
import { holdingOf } from '../projections/books.view.js';
import type { Views } from '../projections/views.js';
import { fundsFor } from './domain/refund-conditions.js';
import { decideGiveBack } from './domain/decide.js';
import { requestRefusals } from './domain/request-refusals.js';
import type { Effect } from './domain/sale.events.js';
import { batchOf, evolveSale, remaining, statusOf, type Sale } from './domain/sale.js';
import { type NamedRequest, type NamedRequests, notRecorded, originOf } from './named-requests.js';
import { readNamed } from './recorded-request.js';
import { foldSale, givenBackAnswer } from './recorded-sale.js';
import type { GiveBack, GivenBackAnswer, Rejected, SentOnSale, Outcome } from './sales.commands.js';

/** A void or refund on its way. */
interface Request extends NamedRequest {
  readonly command: GiveBack;
}

/**
 * Voids, refunds, and reversals that become one of the two. The request's name is taken in its own stream
 * first; its effect then goes onto the sale's stream by expected revision.
 */
export class GiveBackCommandHandler {
  constructor(
    private readonly journal: Journal,
    private readonly requests: NamedRequests,
    private readonly batches: OpenBatches,
    private readonly views: Views,
    private readonly daySums: DaySums,
    private readonly supervisors: Supervisors,
  ) {}

  /** @throws StoreUnavailableError, ViewBehindError while a restarted ledger learns its open batches */
  giveBack(command: GiveBack, sent: SentOnSale): Promise<Outcome<GivenBackAnswer>> {
    const { asked: kind, saleId: target } = command;
    return this.requests.handle(
      { identity: command, kind, target, sent },
      {
        earlier: (own) => this.earlierOutcome(requestName(command), command, own),
        decide: async (request) => {
          const approver = await this.approver(command, request);
          return this.decide({
            ...request,
            command: { ...command, ...(approver && { approver }) },
          });
        },
      },
    );
  }

  /** A name is only taken once its supervisor was recognised: the password is not asked again, and not kept. */
  private async approver(
    { supervisor }: GiveBack,
    { merchant, taken }: NamedRequest,
  ): Promise<Approver | undefined> {
    if (!supervisor) return undefined;
    if (taken) return { id: supervisor.id, verdict: 'recognised' };
    return this.supervisors.check(merchant, supervisor);
  }

  private async earlierOutcome(
    name: string,
    command: GiveBack,
    own: readonly RecordedEvent[],
  ): Promise<Outcome<GivenBackAnswer> | undefined> {
    const last = own.at(-1);
    if (last?.event.type === 'Refused') {
      const position = last.position as NonNullable<Rejected['position']>;
      return { refusal: last.event.data.refusal, position, replayed: true };
    }
    const onSale = await readNamed(this.journal, command.saleId);
    const sale = foldSale(onSale)?.sale;
    // Barred, it is still to be refused.
    if (sale?.barred.includes(name)) return undefined;
    if (sale?.undone.includes(name)) return notRecorded(requestRefusals.reversed());
    const answer = givenBackAnswer(name, onSale);
    return answer && { answer, replayed: true };
  }

  /** Everything up to the first append happens in the turn in which the batch lets the request in. */
  private async decide(request: Request): Promise<Outcome<GivenBackAnswer>> {
    const question = await this.question(request);
    const earlier = request.taken ? await this.already(request, question) : undefined;
    if (earlier) return earlier;
    if (staleFor(request, question)) {
      const refusal = requestRefusals.revision();
      return request.taken
        ? this.requests.refuse(request, refusal, question.sale)
        : notRecorded(refusal);
    }
    const spot = await this.spot(request, question.sale);
    const batch = await this.batches.find(request.command);
    const shut = this.batches.enter(batch, request.day);
    if (shut) return this.requests.refuse(request, shut, question.sale);
    const limits = spot && giveBackLimits(spot, underOf(request, question));
    const known = { ...question, limits };
    let recorded = request.taken;
    try {
      return await this.carryOut(request, known, spot, () => {
        recorded = true;
      });
    } finally {
      this.batches.leave(batch, recorded);
    }
  }

  /** `onRecorded` is called as soon as something of the request is in the log. */
  private async carryOut(
    request: Request,
    question: Question,
    spot: LimitedSpot | undefined,
    onRecorded: () => void,
  ): Promise<Outcome<GivenBackAnswer>> {
    const { command, merchant, day, taken } = request;
    const { storeId } = terminalOf(merchant, command);
    const decided = decideGiveBack(command, question, { day, storeId });
    if ('refusal' in decided) {
      const refused = await this.requests.refuse(request, decided.refusal, question.sale);
      onRecorded();
      return refused;
    }
    const { event } = decided;
    const taking = taken ? Promise.resolve() : this.requests.take(request);
    const writing = taking.then(() => {
      onRecorded();
      return this.write(request, event, question);
    });
    const kind = event.type === 'Void' ? 'void' : 'refund';
    spot?.count(kind, underOf(request, question), event.data.amount, writing.then(writtenAt));
    return writing;
  }

  /** The limits at the requester's terminal for the sale's card. */
  private spot(
    { command, merchant }: Request,
    sale: Sale | undefined,
  ): Promise<LimitedSpot | undefined> {
    if (!sale) return Promise.resolve(undefined);
    return this.daySums.at(merchant, terminalOf(merchant, command), sale.data.card.token);
  }

  /** Another node may have written the effect meanwhile, and a time-out reversal may have come before it. */
  private async already(
    request: Request,
    { sale }: Question,
  ): Promise<Outcome<GivenBackAnswer> | undefined> {
    const { name, command } = request;
    if (sale?.undone.includes(name))
      return this.requests.refuse(request, requestRefusals.reversed(), sale);
    if (!sale?.operations.some((operation) => operation.request === name)) return undefined;
    const answer = givenBackAnswer(name, await readNamed(this.journal, command.saleId));
    return answer && { answer, replayed: true };
  }

  /** @throws ConflictError when the sale changed meanwhile: it is decided anew then, on what the sale is by then */
  private async write(
    request: Request,
    event: Effect,
    question: Question,
  ): Promise<Outcome<GivenBackAnswer>> {
    const { command } = request;
    const sale = evolveSale(question.sale, event);
    if (!question.sale || !sale) throw new Error('an effect was decided on no sale');
    const { position, revision } = await this.journal.append(
      streams.request(command.saleId),
      question.sale.revision,
      [event],
      originOf(request),
    );
    const answer: GivenBackAnswer = {
      kind: event.type === 'Void' ? 'void' : 'refund',
      request: request.name,
      saleId: command.saleId,
      amount: event.data.amount,
      remaining: remaining(sale),
      status: statusOf(sale),
      responseCode: '00',
      revision,
      position,
    };
    return { answer, replayed: false };
  }

  /** Read where the policy asks for it: it spans many sales, so that refunds at the same moment may overshoot. */
  private async funds(sale: Sale | undefined, merchant: Merchant): Promise<bigint | undefined> {
    if (!sale || fundsFor({ sale, merchant }) === undefined) return undefined;
    await this.views.waitFor(await this.journal.head(), undefined, 'books');
    const balances = this.views.books.balances(sale.data.merchantId);
    return holdingOf(balances, sale.data.currency).available;
  }

  private async question({ command, merchant, now }: Request): Promise<Question> {
    const sale = foldSale(await readNamed(this.journal, command.saleId))?.sale;
    const card = sale
      ? foldCard(await this.journal.read(streams.card(sale.data.card.token)))
      : 'active';
    const { status } = sale
      ? (this.batches.known(batchOf(sale)) ?? (await this.batches.find(sale.data)))
      : { status: 'open' as const };
    const available = await this.funds(sale, merchant);
    return {
      sale,
      merchant,
      available,
      card,
      batch: status === 'new' ? 'open' : status,
      now,
      requester: command.merchantId,
      amount: command.amount,
      originalAmount: command.originalAmount,
    };
  }
}

function terminalOf(merchant: Merchant, { terminalId }: GiveBack): Terminal {
  const terminal = merchant.terminals.get(terminalId);
  if (!terminal) throw new Error(`terminal ${terminalId} was there and is not`);
  return terminal;
}

function underOf({ day }: Request, { sale }: Question): Under {
  if (!sale) throw new Error('only a sale that is there has limits');
  return { date: day.date, currency: sale.data.currency };
}

function writtenAt(outcome: Outcome<GivenBackAnswer>): Position | undefined {
  return 'answer' in outcome ? outcome.answer.position : undefined;
}

function staleFor({ sent }: Request, { sale }: Question): boolean {
  return sent.ifMatch !== undefined && sale !== undefined && !sent.ifMatch.includes(sale.revision);
}
