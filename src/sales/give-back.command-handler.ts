import type { Batch, Left } from '../batches/batch.js';
import type { OpenBatches } from '../batches/open-batches.js';
import { ConflictError, type Position } from '../event-store/event-store.js';
import { inTime } from '../ledger/decided-anew.js';
import type { RecordedEvent } from '../ledger/domain/ledger-event.js';
import { requestName, streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import type { Merchant, Terminal } from '../merchants/domain/merchant.js';
import type { Approver, Supervisors } from '../merchants/supervisors.js';
import { type LimitedSpot, NotKnownYet, onceKnown } from './day-sums.js';
import type { Question } from './domain/condition.js';
import { decideGiveBack, shutOut } from './domain/decide.js';
import { isAboveForNow } from './domain/limits.js';
import type { Refusal } from './domain/refusal.js';
import { requestRefusals } from './domain/request-refusals.js';
import { evolveSale } from './domain/sale.js';
import type { Answered, Effect } from './domain/sale.events.js';
import { causedBy, type NamedRequest, type NamedRequests } from './named-requests.js';
import { type AskedQuestion, type Questions, withLimits } from './questions.js';
import { readNamed } from './recorded-request.js';
import { answerOf, foldSale, givenBackAnswer } from './recorded-sale.js';
import {
  notRecorded,
  type GiveBack,
  type GivenBackAnswer,
  type Outcome,
  type Rejected,
  type SentOnSale,
} from './sales.commands.js';

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
    private readonly questions: Questions,
    private readonly supervisors: Supervisors,
  ) {}

  /** @throws StoreUnavailableError, ViewBehindError while a restarted ledger learns its open batches */
  giveBack(command: GiveBack, sent: SentOnSale): Promise<Outcome<GivenBackAnswer>> {
    const { asked: kind, saleId: target } = command;
    let checked: Promise<Approver | undefined> | undefined;
    return this.requests.handle(
      { identity: command, kind, target, sent },
      {
        earlier: (own) => this.earlierOutcome(requestName(command), command, own),
        reversed: async (request) => {
          const question = withLimits(await this.ask({ ...request, command }), request.day.date);
          return shutOut(requestRefusals.reversed(), question);
        },
        decide: async (request) => {
          const check = () => this.approver(command, request);
          // Once, however often it is decided: a password takes its time.
          const approver = await (request.taken ? check() : (checked ??= check()));
          const asked = { ...request, command: { ...command, ...(approver && { approver }) } };
          return onceKnown(() => this.decide(asked));
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
      return { refusal: last.event.data.refusal, position: last.position, replayed: true };
    }
    const onSale = await readNamed(this.journal, command.saleId);
    if (foldSale(onSale)?.sale.undone.includes(name)) return undefined;
    const answer = givenBackAnswer(name, onSale);
    return answer && { answer, replayed: true };
  }

  /** Everything up to the first append happens in the turn in which the batch lets the request in. */
  private async decide(request: Request): Promise<Outcome<GivenBackAnswer> | NotKnownYet> {
    const batch = await this.batches.find(request.command);
    const asked = await this.ask(request);
    const earlier = await this.already(request, withLimits(asked, request.day.date), batch);
    if (earlier) return earlier;
    if (staleFor(request, asked.question)) {
      const refusal = requestRefusals.revision();
      return request.taken
        ? this.refuse(request, refusal, asked.question, batch)
        : notRecorded(refusal);
    }
    const question = withLimits(asked, request.day.date);
    if (asked.spot && isAboveForNow(question)) return new NotKnownYet(asked.spot);
    const { sale } = question;
    inTime(request.since);
    const shut = batch.enter(request.day, sale?.data.currency);
    if (shut) return this.refuse(request, shutOut(shut, question), question, batch);
    let left: Left = request.taken ? 'fact' : 'nothing';
    try {
      const outcome = await this.carryOut(request, { ...asked, question }, () => {
        left = 'fact';
      });
      if ('answer' in outcome) left = 'money';
      return outcome;
    } finally {
      batch.leave(left);
    }
  }

  /** Of what was not let into its batch. */
  private async refuse(
    request: Request,
    refusal: Refusal,
    { sale }: Question,
    batch: Batch,
  ): Promise<Rejected> {
    const refused = await this.requests.refuse(request, refusal, sale);
    batch.refused(request.day);
    return refused;
  }

  private ask({ command, merchant, day, now }: Request): Promise<AskedQuestion> {
    const { saleId, amount, originalAmount, isHidden } = command;
    const terminal = terminalOf(merchant, command);
    const who = { merchant, terminal, now, date: day.date };
    return this.questions.ask({ saleId, ...who, amount, originalAmount, isHidden });
  }

  /** `onRecorded` is called as soon as something of the request is in the log. */
  private async carryOut(
    request: Request,
    { question, spot }: AskedQuestion,
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
    if (spot && event.type !== 'ApprovalRequested') countEffect(spot, event, writing);
    return writing;
  }

  /**
   * Another node may have written the effect meanwhile, and a time-out reversal may have come before it: also where the
   * name was still free when this node looked.
   */
  private async already(
    request: Request,
    question: Question,
    batch: Batch,
  ): Promise<Outcome<GivenBackAnswer> | undefined> {
    const { name, command } = request;
    const { sale } = question;
    if (sale?.undone.includes(name)) {
      const refusal = shutOut(requestRefusals.reversed(), question);
      const isAnswered = request.taken && !sale.barred.includes(name);
      return isAnswered ? notRecorded(refusal) : this.refuse(request, refusal, question, batch);
    }
    const isThere =
      sale?.operations.some(({ request: done }) => done === name) ||
      sale?.approvals.some(({ data }) => data.request === name);
    if (!isThere) return undefined;
    // Whether that was the same request, shows under the name, which was free when this node looked.
    if (!request.taken) throw new ConflictError(streams.request(name), 'no-stream', undefined);
    const answer = givenBackAnswer(name, await readNamed(this.journal, command.saleId));
    return answer && { answer, replayed: true };
  }

  /** @throws ConflictError when the sale changed meanwhile: it is decided anew then, on what the sale is by then */
  private async write(
    request: Request,
    event: Answered,
    question: Question,
  ): Promise<Outcome<GivenBackAnswer>> {
    const sale = evolveSale(question.sale, event);
    if (!question.sale || !sale) throw new Error('an effect was decided on no sale');
    const stream = streams.request(request.command.saleId);
    inTime(request.since);
    const { revision } = question.sale;
    const appended = await this.journal.append(stream, revision, [event], causedBy(request));
    return { answer: answerOf(event, sale, appended.position), replayed: false };
  }
}

/** A void or refund counts for limits from the moment at which it is on its way to the log. */
export function countEffect(
  spot: LimitedSpot,
  { type, data }: Effect,
  writing: Promise<Outcome<{ readonly position: Position }>>,
): void {
  const { businessDate: date, currency, amount } = data;
  const written = writing.then((outcome) =>
    'answer' in outcome ? outcome.answer.position : undefined,
  );
  spot.count(type === 'Void' ? 'void' : 'refund', { date, currency }, amount, written);
}

function staleFor({ sent }: Request, { sale }: Question): boolean {
  return sent.ifMatch !== undefined && sale !== undefined && !sent.ifMatch.includes(sale.revision);
}

function terminalOf(merchant: Merchant, { terminalId }: GiveBack): Terminal {
  const terminal = merchant.terminals.get(terminalId);
  if (!terminal) throw new Error(`terminal ${terminalId} was there and is not`);
  return terminal;
}
