import type { OpenBatches } from '../batches/open-batches.js';
import { foldCard } from '../cards/cards.command-handler.js';
import { ConflictError } from '../event-store/event-store.js';
import { type Clock, timeText } from '../ledger/clock.js';
import { requestName, streams } from '../ledger/domain/request-name.js';
import type { Journal, Origin } from '../ledger/journal.js';
import { OneAtATime } from '../ledger/one-at-a-time.js';
import { type BusinessDay, businessDay } from '../merchants/domain/business-day.js';
import type { Merchant } from '../merchants/domain/merchant.js';
import type { MerchantDirectory } from '../merchants/merchant-directory.js';
import type { Approver, Supervisors } from '../merchants/supervisors.js';
import type { Question } from './domain/condition.js';
import { holdingOf } from '../projections/books.view.js';
import type { Views } from '../projections/views.js';
import { fundsFor } from './domain/refund-conditions.js';
import { decideGiveBack } from './domain/decide.js';
import type { Refusal } from './domain/refusal.js';
import { requestRefusals } from './domain/request-refusals.js';
import type { Effect, RequestEvent, SaleEvent } from './domain/sale.events.js';
import { batchOf, evolveSale, remaining, statusOf, type Sale } from './domain/sale.js';
import {
  differingFields,
  type Fingerprint,
  type FirstEvent,
  fingerprintOf,
} from './domain/same-content.js';
import { readNamed } from './recorded-request.js';
import { foldSale, givenBackAnswer } from './recorded-sale.js';
import type { GiveBack, GivenBackAnswer, Rejected, SentOnSale, Outcome } from './sales.commands.js';

/** How often a decision is taken anew because the sale changed under it. */
const ATTEMPTS = 10;

/** A request on its way: what was sent, by whom, and the moment at which it is decided. */
interface Request {
  readonly name: string;
  readonly command: GiveBack;
  readonly sent: SentOnSale;
  readonly merchant: Merchant;
  readonly day: BusinessDay;
  readonly now: number;
  /** True when its name was taken before, and only its outcome is lacking. */
  readonly taken: boolean;
}

/**
 * Voids, refunds, and reversals that become one of the two. The request's name is taken in its own stream
 * first; its effect then goes onto the sale's stream by expected revision.
 */
export class GiveBackCommandHandler {
  private readonly turns = new OneAtATime();

  constructor(
    private readonly journal: Journal,
    private readonly directory: MerchantDirectory,
    private readonly batches: OpenBatches,
    private readonly views: Views,
    private readonly supervisors: Supervisors,
    private readonly clock: Clock,
  ) {}

  /** @throws StoreUnavailableError, ViewBehindError while a restarted ledger learns its open batches */
  giveBack(command: GiveBack, sent: SentOnSale): Promise<Outcome<GivenBackAnswer>> {
    const name = requestName(command);
    return this.turns.run(name, async () => {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        try {
          return await this.once(name, command, sent);
        } catch (error) {
          // The request's own stream changed: another node has it, too. What it wrote is read anew.
          if (!(error instanceof ConflictError)) throw error;
        }
      }
      return notRecorded(requestRefusals.conflict());
    });
  }

  private async once(
    name: string,
    command: GiveBack,
    sent: SentOnSale,
  ): Promise<Outcome<GivenBackAnswer>> {
    const own = await this.journal.read(streams.request(name));
    const first = own[0]?.event as FirstEvent | (SaleEvent & { type: 'Reversal' }) | undefined;
    if (first?.type === 'Reversal') return notRecorded(requestRefusals.reversed());
    if (first) {
      const differing = differingFields(fingerprintOf(first), asked(command, sent));
      if (differing.length > 0) return notRecorded(requestRefusals.nameUsed(differing));
      const earlier = await this.earlierOutcome(name, command, own);
      if (earlier) return earlier;
    }
    const merchant = (await this.directory.find(command.merchantId))?.merchant;
    if (!merchant) return notRecorded(requestRefusals.unknownMerchant());
    if (!merchant.terminals.has(command.terminalId)) {
      return notRecorded(requestRefusals.unknownTerminal());
    }
    const now = this.clock.now();
    const day = businessDay(now, merchant.settings);
    const taken = first !== undefined;
    const ifMatch = first?.type === 'RequestTaken' ? first.data.ifMatch : sent.ifMatch;
    const approver = await this.approver(command, merchant, taken);
    return this.decide({
      name,
      command: { ...command, ...(approver && { approver }) },
      sent: { ...sent, ifMatch },
      merchant,
      day,
      now,
      taken,
    });
  }

  /** A name is only taken once its supervisor was recognised: the password is not asked again, and not kept. */
  private async approver(
    { supervisor }: GiveBack,
    merchant: Merchant,
    taken: boolean,
  ): Promise<Approver | undefined> {
    if (!supervisor) return undefined;
    if (taken) return { id: supervisor.id, verdict: 'recognised' };
    return this.supervisors.check(merchant, supervisor);
  }

  private async earlierOutcome(
    name: string,
    command: GiveBack,
    own: Awaited<ReturnType<Journal['read']>>,
  ): Promise<Outcome<GivenBackAnswer> | undefined> {
    const onSale = await readNamed(this.journal, command.saleId);
    if (foldSale(onSale)?.sale.undone.includes(name))
      return notRecorded(requestRefusals.reversed());
    const answer = givenBackAnswer(name, onSale);
    if (answer) return { answer, replayed: true };
    const last = own.at(-1);
    if (last?.event.type !== 'Refused') return undefined;
    const position = last.position as NonNullable<Rejected['position']>;
    return { refusal: last.event.data.refusal, position, replayed: true };
  }

  /** Everything up to the first append happens in the turn in which the batch lets the request in. */
  private async decide(request: Request): Promise<Outcome<GivenBackAnswer>> {
    const question = await this.question(request);
    const earlier = request.taken ? await this.already(request, question) : undefined;
    if (earlier) return earlier;
    if (staleFor(request, question)) {
      const refusal = requestRefusals.revision();
      return request.taken ? this.refuse(request, refusal) : notRecorded(refusal);
    }
    const batch = await this.batches.find(request.command);
    const shut = this.batches.enter(batch, request.day);
    if (shut) return this.refuse(request, shut);
    let recorded = request.taken;
    try {
      const decided = decideGiveBack(request.command, question, request.day);
      if ('refusal' in decided) {
        const refused = await this.refuse(request, decided.refusal);
        recorded = true;
        return refused;
      }
      if (!request.taken) await this.take(request);
      recorded = true;
      return await this.carryOut({ ...request, taken: true }, question, decided.event);
    } finally {
      this.batches.leave(batch, recorded);
    }
  }

  /** Writes the effect; when the sale changed meanwhile, decides anew on what it is now. */
  private async carryOut(
    request: Request,
    question: Question,
    effect: Effect,
  ): Promise<Outcome<GivenBackAnswer>> {
    let event = effect;
    let state = question;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      try {
        return await this.write(request, event, state);
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
      }
      state = await this.question(request);
      const earlier = await this.already(request, state);
      if (earlier) return earlier;
      if (staleFor(request, state)) return this.refuse(request, requestRefusals.revision());
      const decided = decideGiveBack(request.command, state, request.day);
      if ('refusal' in decided) return this.refuse(request, decided.refusal);
      event = decided.event;
    }
    return notRecorded(requestRefusals.conflict());
  }

  /** Another node may have written the effect meanwhile, and a time-out reversal may have come before it. */
  private async already(
    request: Request,
    { sale }: Question,
  ): Promise<Outcome<GivenBackAnswer> | undefined> {
    const { name, command } = request;
    if (sale?.undone.includes(name)) return this.refuse(request, requestRefusals.reversed());
    if (!sale?.operations.some((operation) => operation.request === name)) return undefined;
    const answer = givenBackAnswer(name, await readNamed(this.journal, command.saleId));
    return answer && { answer, replayed: true };
  }

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
      this.origin(request),
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

  private async take(request: Request): Promise<void> {
    const events = [requestTaken(request)];
    await this.journal.append(
      streams.request(request.name),
      'no-stream',
      events,
      this.origin(request),
    );
  }

  /** Writes the refusal down, with the name if that is not yet taken: final for this request. */
  private async refuse(request: Request, refusal: Refusal): Promise<Rejected> {
    const { position } = await this.journal.append(
      streams.request(request.name),
      request.taken ? 0 : 'no-stream',
      request.taken
        ? [refused(request, refusal)]
        : [requestTaken(request), refused(request, refusal)],
      this.origin(request),
    );
    return { refusal, position, replayed: false };
  }

  private origin({ name, sent }: Request): Origin {
    return { request: name, by: sent.by, correlationId: sent.correlationId };
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

function asked(command: GiveBack, sent: SentOnSale): Fingerprint {
  return { kind: command.asked, target: command.saleId, content: sent.content };
}

function staleFor({ sent }: Request, { sale }: Question): boolean {
  return sent.ifMatch !== undefined && sale !== undefined && !sent.ifMatch.includes(sale.revision);
}

function notRecorded(refusal: Refusal): Rejected {
  return { refusal, replayed: false };
}

function requestFact({ name, command, sent, day, now }: Request) {
  const { merchantId, terminalId, batchNo, stan, asked: kind, saleId: target } = command;
  return {
    request: name,
    kind,
    target,
    content: sent.content,
    merchantId,
    terminalId,
    batchNo,
    stan,
    businessDate: day.date,
    occurredAt: timeText(now),
  };
}

function requestTaken(request: Request): RequestEvent {
  const { ifMatch } = request.sent;
  const data = { ...requestFact(request), ...(ifMatch !== undefined && { ifMatch }) };
  return { type: 'RequestTaken', data };
}

function refused(request: Request, refusal: Refusal): RequestEvent {
  return { type: 'Refused', data: { ...requestFact(request), refusal } };
}
