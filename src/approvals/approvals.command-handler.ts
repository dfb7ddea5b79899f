import type { OpenBatches } from '../batches/open-batches.js';
import { ConflictError, type Position } from '../event-store/event-store.js';
import { decidedAnew, inTime } from '../ledger/decided-anew.js';
import { type Clock, timeText } from '../ledger/clock.js';
import { inTurn } from '../ledger/all-of.js';
import type { Pace } from '../ledger/due-work.js';
import { type Actor, type RecordedEvent, THE_LEDGER } from '../ledger/domain/ledger-event.js';
import { streams } from '../ledger/domain/request-name.js';
import { ifFirst } from '../ledger/if-first.js';
import type { Journal } from '../ledger/journal.js';
import { businessDateEnd } from '../merchants/domain/business-day.js';
import type { MerchantDirectory } from '../merchants/merchant-directory.js';
import type { Views } from '../projections/views.js';
import { NotKnownYet, onceKnown } from '../sales/day-sums.js';
import { approve, decline, expired, shutOutWaiting } from '../sales/domain/approval.js';
import { isAboveForNow } from '../sales/domain/limits.js';
import type { Refusal } from '../sales/domain/refusal.js';
import { approvalRefusals, requestRefusals } from '../sales/domain/request-refusals.js';
import type { Approval, Sale } from '../sales/domain/sale.js';
import type { Effect, Review, SaleEvent } from '../sales/domain/sale.events.js';
import { countEffect } from '../sales/give-back.command-handler.js';
import { type AskedQuestion, type Questions, withLimits } from '../sales/questions.js';
import { readRequest } from '../sales/recorded-request.js';
import { foldSale } from '../sales/recorded-sale.js';
import { notRecorded, type Outcome } from '../sales/sales.commands.js';

/** A request for approval with the events that tell what became of it. */
export interface RecordedApproval {
  readonly approval: Approval;
  readonly askedBy: Actor;
  /** Of the event that ended it; undefined while it waits. */
  readonly decidedAt?: string;
  readonly review?: Review;
  readonly decidedBy?: Actor;
  /** Of its last event, as is `revision`. */
  readonly position: Position;
  readonly revision: number;
}

/** That it was decided: whether an identical answer had just been written, or why it could not be carried out any more. */
type Decided = { readonly repeated: boolean } | { readonly refusal: Refusal };

/** What stands when it is decided. */
interface Standing {
  readonly sale: Sale;
  readonly recorded: RecordedApproval;
}

type Declined = SaleEvent & { readonly type: 'ApprovalDeclined' };

/**
 * Approves or declines what waits for a second person's yes, and ends what has waited too long. Decided on the sale's
 * own stream like voids and refunds, so that of two answers, or of an answer and a settlement, one wins.
 */
export class ApprovalsCommandHandler {
  constructor(
    private readonly journal: Journal,
    private readonly directory: MerchantDirectory,
    private readonly batches: OpenBatches,
    private readonly questions: Questions,
    private readonly views: Views,
    private readonly clock: Clock,
  ) {}

  async get(approvalId: string): Promise<RecordedApproval | undefined> {
    return (await this.standing(approvalId))?.recorded;
  }

  /** Carries it out, if that is still possible. */
  approve(approvalId: string, review: Review, by: Actor): Promise<Outcome<RecordedApproval>> {
    return this.decide(approvalId, review, by, 'approved', (standing) =>
      onceKnown(() => this.carryOut(standing, review, by)),
    );
  }

  decline(
    approvalId: string,
    review: Review & { readonly reason: string },
    by: Actor,
  ): Promise<Outcome<RecordedApproval>> {
    return this.decide(approvalId, review, by, 'declined', async (standing) => {
      const refusal = approvalRefusals.declined(review.reason);
      const occurredAt = timeText(this.clock.now());
      const { approval } = standing.recorded;
      const event = decline(approval, 'declined', refusal, { occurredAt, review });
      return this.write(standing.sale, event, by);
    });
  }

  /** Ends what waits for nothing any more. Safe on any number of nodes: one of them is the first. */
  async endDue(pace: Pace): Promise<void> {
    if (pace === 'at-ease') await this.views.finished('approvals');
    else await this.views.waitFor(await this.journal.head(), ['approvals']);
    const due = this.views.approvals.due(timeText(this.clock.now()));
    await inTurn(
      due.map((approvalId) => async () => {
        const standing = await this.standing(approvalId);
        if (standing?.recorded.approval.status === 'awaiting') await this.end(standing);
      }),
    );
  }

  private async end({ sale, recorded }: Standing): Promise<void> {
    const { approval } = recorded;
    const { expiresAt, batchNo, businessDate } = approval.data;
    const { asked, now } = await this.ask(approval);
    const question = withLimits(asked, businessDate);
    const isLate = now >= Date.parse(expiresAt);
    const why = isLate ? 'expired' : 'not-possible';
    const refusal = isLate
      ? expired(approval, question)
      : shutOutWaiting(requestRefusals.batchClosed(batchNo), approval, question);
    const event = decline(approval, why, refusal, { occurredAt: timeText(now) });
    // Where someone else was faster, or the sale has changed, the next round looks again.
    await ifFirst(this.write(sale, event, THE_LEDGER));
  }

  /** Decided before the same way: the answer of then. */
  private async decide(
    approvalId: string,
    review: Review,
    by: Actor,
    wanted: 'approved' | 'declined',
    act: (standing: Standing) => Promise<Decided>,
  ): Promise<Outcome<RecordedApproval>> {
    return decidedAnew(async () => {
      const standing = await this.standing(approvalId);
      if (!standing) return notRecorded(approvalRefusals.unknown());
      const { approval } = standing.recorded;
      if (approval.status === wanted) return { answer: standing.recorded, replayed: true };
      if (approval.status !== 'awaiting')
        return notRecorded(approvalRefusals.decided(approval.status));
      if (isSamePerson(standing.recorded, review, by))
        return notRecorded(approvalRefusals.samePerson());
      const decided = await act(standing);
      const after = (await this.standing(approvalId))?.recorded;
      if (!after) throw new Error(`approval ${approvalId} was decided and is not there`);
      return 'refusal' in decided
        ? { ...notRecorded(decided.refusal), position: after.position }
        : { answer: after, replayed: decided.repeated };
    });
  }

  /** The batch of the request must still be open: the void or refund counts in it. */
  private async carryOut(
    standing: Standing,
    review: Review,
    by: Actor,
  ): Promise<Decided | NotKnownYet> {
    const { sale, recorded } = standing;
    const since = performance.now();
    const { approval } = recorded;
    const { businessDate } = approval.data;
    const { asked, merchant, now } = await this.ask(approval);
    await this.batches.status(approval.data);
    const batch = await this.batches.find(approval.data);
    const question = withLimits(asked, businessDate);
    if (asked.spot && isAboveForNow(question)) return new NotKnownYet(asked.spot);
    const day = { date: businessDate, endsAt: businessDateEnd(businessDate, merchant.settings) };
    const shut = batch.enter(day, approval.data.currency);
    if (shut) {
      const occurredAt = timeText(now);
      const refusal = shutOutWaiting(shut, approval, question);
      const event = decline(approval, 'not-possible', refusal, { occurredAt, review });
      await this.write(sale, event, by);
      return { refusal };
    }
    try {
      if (asked.question.sale?.revision !== sale.revision) throw changed(sale);
      inTime(since);
      return await this.inBatch({ ...asked, question }, approval, review, by);
    } finally {
      batch.leave('money');
    }
  }

  /** The question of what waits, as it stands now. */
  private async ask({ data }: Approval) {
    const { merchantId, terminalId, saleId, amount, businessDate: date } = data;
    const merchant = (await this.directory.find(merchantId, terminalId))?.merchant;
    const terminal = merchant?.terminals.get(terminalId);
    if (!merchant || !terminal) throw new Error(`terminal ${terminalId} was there and is not`);
    const now = this.clock.now();
    const asked = await this.questions.ask({ saleId, merchant, terminal, now, date, amount });
    return { asked, merchant, now };
  }

  private async inBatch(
    { question, spot }: AskedQuestion,
    approval: Approval,
    review: Review,
    by: Actor,
  ): Promise<Decided> {
    if (!question.sale) throw new Error('an approval waits on a sale that is not there');
    const decided = approve(approval, question, review);
    const writing = this.write(question.sale, decided.event, by);
    if (spot && !('refusal' in decided)) {
      const answered = writing.then((answer) => ({ answer, replayed: false }));
      countEffect(spot, decided.event, answered);
    }
    const written = await writing;
    return 'refusal' in decided ? { refusal: decided.refusal } : written;
  }

  private write(sale: Sale, event: Effect | Declined, by: Actor) {
    const stream = streams.request(sale.data.saleId);
    const origin = { request: event.data.request, by };
    return this.journal.append(stream, sale.revision, [event], origin);
  }

  private async standing(approvalId: string): Promise<Standing | undefined> {
    const { onSale } = await readRequest(this.journal, approvalId);
    const sale = foldSale(onSale)?.sale;
    const approval = sale?.approvals.find(({ data }) => data.request === approvalId);
    return sale && approval && { sale, recorded: recordedOf(approval, onSale) };
  }
}

/** The sale changed between two readings: to be decided anew. */
function changed({ data, revision }: Sale): ConflictError {
  return new ConflictError(streams.request(data.saleId), revision, undefined);
}

function recordedOf(approval: Approval, onSale: readonly RecordedEvent[]): RecordedApproval {
  const { request } = approval.data;
  const asked = onSale[approval.revision];
  const end = onSale.find(({ event }) => ends(event, request));
  if (!asked) throw new Error(`the request for approval of ${request} is gone`);
  const { position, revision } = end ?? asked;
  const recorded = { approval, askedBy: asked.by, position, revision };
  if (!end) return recorded;
  const review = reviewIn(end.event);
  const decided = { decidedAt: end.event.data.occurredAt, decidedBy: end.by };
  return { ...recorded, ...decided, ...(review && { review }) };
}

function ends({ type, data }: RecordedEvent['event'], request: string): boolean {
  if (type === 'Reversal') return data.of === request;
  return (
    (type === 'Void' || type === 'Refund' || type === 'ApprovalDeclined') &&
    data.request === request
  );
}

function reviewIn({ type, data }: RecordedEvent['event']): Review | undefined {
  if (type === 'Void' || type === 'Refund') return data.approval;
  return type === 'ApprovalDeclined' ? data.review : undefined;
}

/** By the key that both came with, or by the operator that both name. */
function isSamePerson({ approval, askedBy }: RecordedApproval, review: Review, by: Actor): boolean {
  const { operatorId } = approval.data;
  const isSameKey = by.key !== undefined && by.key === askedBy.key;
  return isSameKey || (operatorId !== undefined && operatorId === review.operatorId);
}
