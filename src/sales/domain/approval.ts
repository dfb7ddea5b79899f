import { localTime } from '../../merchants/domain/local-time.js';
import type { Merchant } from '../../merchants/domain/merchant.js';
import type { Question } from './condition.js';
import { refundFields, shutOut } from './decide.js';
import { failing } from './judge.js';
import { approvalRefusals } from './request-refusals.js';
import type { Refusal } from './refusal.js';
import { type Approval, awaiting, type Sale } from './sale.js';
import type { ApprovalDeclinedData, Effect, Review, SaleEvent } from './sale.events.js';
import { VOID_CONDITIONS } from './void-conditions.js';
import { conditionsOf, decisionOf, refusalOf } from './voidability.js';

type Declined = SaleEvent & { readonly type: 'ApprovalDeclined' };

/** Ends a request that waits without effect. */
export function decline(
  { data }: Approval,
  why: ApprovalDeclinedData['why'],
  refusal: Refusal,
  { occurredAt, review }: { readonly occurredAt: string; readonly review?: Review },
): Declined {
  const { request, saleId, kind, amount, currency, businessDate } = data;
  const { merchantId, terminalId, batchNo, stan } = data;
  return {
    type: 'ApprovalDeclined',
    data: {
      ...{ request, saleId, kind, amount, currency, why, refusal },
      ...(review && { review }),
      ...{ merchantId, terminalId, batchNo, stan, businessDate, occurredAt },
    },
  };
}

/** Carries out what waited, if it is still possible; else it has come to its end. `question`: of its sale, as it is now. */
export function approve(
  approval: Approval,
  question: Question,
  review: Review,
): { readonly event: Effect } | { readonly event: Declined; readonly refusal: Refusal } {
  const { sale, merchant, now } = question;
  if (!sale || !merchant) throw new Error('an approval waits on a sale that is not there');
  const occurredAt = new Date(now).toISOString();
  const { kind, expiresAt, ...data } = approval.data;
  if (now >= Date.parse(expiresAt)) {
    const refusal = expired(approval, question);
    return { event: decline(approval, 'expired', refusal, { occurredAt, review }), refusal };
  }
  const free = freed(approval, question);
  const failed = failing(conditionsOf(kind), free);
  if (failed) {
    const refusal = refusalOf(failed, decisionOf(free));
    return { event: decline(approval, 'not-possible', refusal, { occurredAt, review }), refusal };
  }
  const common = { ...data, occurredAt, approval: review };
  if (kind === 'void') return { event: { type: 'Void', data: common } };
  const fields = refundFields(sale, data.amount, merchant);
  return { event: { type: 'Refund', data: { ...common, ...fields } } };
}

/** That nobody decided in time, and what is possible instead. */
export function expired(approval: Approval, question: Question): Refusal {
  const timeZone = question.merchant?.settings.timeZone ?? 'UTC';
  const end = localTime(approval.data.expiresAt, timeZone);
  return shutOut(approvalRefusals.expired(end), freed(approval, question));
}

/** That the batch in which it would count takes nothing more, and what is possible instead. */
export function shutOutWaiting(shut: Refusal, approval: Approval, question: Question): Refusal {
  return shutOut(shut, freed(approval, question));
}

/** The question of what it asks, without what it holds itself. */
function freed({ data }: Approval, question: Question): Question {
  const { sale } = question;
  const approvals = sale?.approvals.filter((other) => other.data.request !== data.request) ?? [];
  return { ...question, sale: sale && { ...sale, approvals }, amount: data.amount };
}

/** A sale that settles can't be voided any more: the voids that wait on it can only become refunds. */
export function declinedBySettlement(
  sale: Sale,
  settled: SaleEvent & { readonly type: 'Settled' },
  merchant: Merchant,
): Declined[] {
  const { occurredAt } = settled.data;
  const waiting = awaitingVoids(sale);
  if (waiting.length === 0) return [];
  const condition = VOID_CONDITIONS.filter(({ code }) => code === 'funds-not-settled');
  const after = { ...sale, settlement: settled.data };
  const question = { sale: after, merchant, card: 'active', batch: 'closing', now: 0 } as const;
  const failed = failing(condition, question);
  if (!failed) throw new Error('a settled sale has not settled');
  const refusal = refusalOf(failed, 'refund');
  return waiting.map((approval) => decline(approval, 'not-possible', refusal, { occurredAt }));
}

/** What its settlement turns down. */
export function awaitingVoids(sale: Sale): readonly Approval[] {
  return awaiting(sale).filter(({ data }) => data.kind === 'void');
}

/** Of a sale that is reversed as a whole nothing is left to wait for. */
export function declinedByReversal(sale: Sale, occurredAt: string): Declined[] {
  const refusal = approvalRefusals.saleReversed();
  return awaiting(sale).map((approval) =>
    decline(approval, 'not-possible', refusal, { occurredAt }),
  );
}
