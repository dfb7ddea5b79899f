import type { Minor } from '../../ledger/domain/money.js';
import { minor } from '../../ledger/domain/money.js';
import type { RequestIdentity } from '../../ledger/domain/request-name.js';
import { requestName } from '../../ledger/domain/request-name.js';
import type { BusinessDay } from '../../merchants/domain/business-day.js';
import { addDays, retrievalReference } from '../../merchants/domain/business-day.js';
import { deduct } from '../../merchants/domain/fee.js';
import type { AppliedLimits } from '../../merchants/domain/limits.js';
import { currencyOf, type Merchant, type Terminal } from '../../merchants/domain/merchant.js';
import type { FeePolicy, ReservePolicy } from '../../merchants/domain/merchant.events.js';
import { type Known, minutes, type Question } from './condition.js';
import { feeReturnedBy } from './fee-returned.js';
import { failing } from './judge.js';
import { saleAboveLimit } from './limits.js';
import type { Refusal, RequirementCode } from './refusal.js';
import { requestRefusals, requirementRefusals, supervisorRefusals } from './request-refusals.js';
import { free, remaining, type Sale } from './sale.js';
import type { Answered, Card, SaleData, SaleEvent, SettledData } from './sale.events.js';
import { doubleOf } from './warnings.js';
import { conditionsOf, decisionOf, refusalOf, requirements, until } from './voidability.js';

/** A sale as a terminal sends it; `amount` in minor units of `currency`. */
export interface SaleCommand extends RequestIdentity {
  readonly amount: Minor;
  readonly currency: string;
  readonly card: Card;
  readonly authCode?: string;
  readonly operatorId?: string;
  readonly transactedAt?: string;
}

/** The terminal it comes from and the moment it is decided at. */
export interface SaleContext {
  readonly merchant: Merchant;
  readonly terminal: Terminal;
  readonly day: BusinessDay;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly limits?: readonly AppliedLimits[] | undefined;
  /** The sale that this one may be a second swipe of. */
  readonly repeats?: string | undefined;
}

/** A sale is taken unless its currency is not the terminal's, or a limit is passed. */
export function decideSale(
  command: SaleCommand,
  { merchant, terminal, day, now, limits, repeats }: SaleContext,
): { readonly event: SaleEvent & { type: 'Sale' } } | { readonly refusal: Refusal } {
  const expected = currencyOf(merchant, terminal);
  if (command.currency !== expected) return { refusal: requestRefusals.currency(expected) };
  const { merchantId, terminalId, batchNo, stan, amount, currency, card } = command;
  const { authCode, operatorId, transactedAt } = command;
  const above = limits && saleAboveLimit(limits, { amount, currency, cardType: card.type });
  if (above) return { refusal: above };
  // In the order of their names, which makes the event's JSON canonical as it is, and each in its place: a spread among so
  // many fields would cost more than the rest of a sale's decision. What is undefined is left out of the JSON.
  const data = {
    amount,
    authCode,
    batchNo,
    businessDate: day.date,
    businessDateEndsAt: new Date(day.endsAt).toISOString(),
    card: cardInOrder(card),
    currency,
    merchantId,
    occurredAt: new Date(now).toISOString(),
    operatorId,
    repeats,
    rrn: retrievalReference(now, merchant.settings.timeZone, command.stan),
    saleId: requestName(command),
    stan,
    storeId: terminal.storeId,
    terminalId,
    transactedAt,
  };
  return { event: { type: 'Sale', data: data as SaleData } };
}

function cardInOrder({ last4, scheme, token, type }: Card): Card {
  if (scheme === undefined) return type === undefined ? { last4, token } : { last4, token, type };
  return type === undefined ? { last4, scheme, token } : { last4, scheme, token, type };
}

/** A void, a refund, or (reversal) whichever of the two the ledger finds possible. */
export interface GiveBackCommand extends RequestIdentity {
  readonly asked: 'void' | 'refund' | 'reversal';
  readonly reason: string;
  readonly evidenceRef?: string;
  readonly operatorId?: string;
  readonly card?: { readonly token: string; readonly last4?: string };
  readonly consent?: boolean;
  /** The supervisor who was named, and whether the password was right. */
  readonly approver?: {
    readonly id: string;
    readonly verdict: 'recognised' | 'wrong' | 'locked';
  };
}

/**
 * Gives back what the question asks about, or says why not: the first condition that fails, then the first requirement
 * that was not brought along [S2, S3].
 */
export function decideGiveBack(
  command: GiveBackCommand,
  asked: Question,
  at: { readonly day: BusinessDay; readonly storeId: string },
): { readonly event: Answered } | { readonly refusal: Refusal } {
  const question = commanded(asked);
  const decision = decisionOf(question);
  const kind =
    command.asked === 'reversal' ? (decision === 'void' ? 'void' : 'refund') : command.asked;
  const failed = failing(conditionsOf(kind), question);
  if (failed) return { refusal: refusalOf(failed, decision) };
  const { sale, merchant } = question;
  if (!sale || !merchant) throw new Error('a sale passed all conditions without being there');
  if (command.approver && command.approver.verdict !== 'recognised') {
    return { refusal: supervisorRefusals[command.approver.verdict]() };
  }
  const lacking = missing(command, requirements(kind, question), sale);
  if (lacking && lacking !== 'approval') return { refusal: requirementRefusals[lacking]() };
  const amount = minor(question.amount ?? free(sale));
  const repeats = doubleOf(sale, kind, amount, question.now);
  const common = {
    ...givenBack(command, sale, amount, question.now, at),
    rrn: retrievalReference(question.now, merchant.settings.timeZone, command.stan),
    ...(repeats !== undefined && { repeats }),
  };
  if (lacking === 'approval') {
    const known = { ...question, sale, merchant };
    const expiresAt = new Date(expiryOf(kind, known, at.day)).toISOString();
    return { event: { type: 'ApprovalRequested', data: { ...common, kind, expiresAt } } };
  }
  if (kind === 'void') return { event: { type: 'Void', data: common } };
  const fields = refundFields(sale, amount, merchant);
  return { event: { type: 'Refund', data: { ...common, ...fields } } };
}

/** Of a command no amount means all that is left, not any amount. */
function commanded(asked: Question): Question {
  return { ...asked, amount: asked.amount ?? (asked.sale && free(asked.sale)) };
}

/** Why a request that gives back is not even asked about its sale, and what the decision says of that now. */
export function shutOut(shut: Refusal, asked: Question): Refusal {
  return { ...shut, nextStep: decisionOf(commanded(asked)) };
}

export function refundFields(sale: Sale, amount: Minor, merchant: Merchant) {
  return {
    afterSettlement: sale.settlement !== undefined,
    feeReturned: feeReturnedBy(sale, amount, merchant),
  };
}

/** An approval waits as long as policy says, and not longer than the batch of its request may be open, or a void be possible. */
function expiryOf(kind: 'void' | 'refund', question: Known, day: BusinessDay): number {
  const { voidPolicy, refundPolicy } = question.merchant.settings;
  const { approvalMinutes = APPROVAL_MINUTES } = kind === 'void' ? voidPolicy : refundPolicy;
  const latest = question.now + minutes(approvalMinutes);
  return Math.min(latest, day.endsAt, kind === 'void' ? until.void(question) : Infinity);
}

const APPROVAL_MINUTES = 24 * 60;

/** Another card than the sale's is refused wherever one is presented, even where the policy asks for none. */
function missing(
  command: GiveBackCommand,
  required: readonly RequirementCode[],
  sale: Sale,
): RequirementCode | undefined {
  const isShown = command.card !== undefined;
  const lacks: readonly [RequirementCode, boolean][] = [
    ['supervisor', command.approver?.verdict !== 'recognised'],
    ['card', !isCardOf(sale, command)],
    ['consent', command.consent !== true],
    ['approval', true],
  ];
  const isAsked = (code: RequirementCode): boolean =>
    required.includes(code) || (code === 'card' && isShown);
  return lacks.find(([code, isLacking]) => isLacking && isAsked(code))?.[0];
}

function isCardOf({ data }: Sale, { card }: GiveBackCommand): boolean {
  return (
    card?.token === data.card.token && (card.last4 === undefined || card.last4 === data.card.last4)
  );
}

function givenBack(
  command: GiveBackCommand,
  sale: Sale,
  amount: Minor,
  now: number,
  { day, storeId }: { readonly day: BusinessDay; readonly storeId: string },
) {
  const { merchantId, terminalId, batchNo, stan, asked, reason } = command;
  return {
    request: requestName(command),
    saleId: sale.data.saleId,
    merchantId,
    terminalId,
    batchNo,
    stan,
    amount,
    currency: sale.data.currency,
    reason,
    asked,
    ...(command.evidenceRef !== undefined && { evidenceRef: command.evidenceRef }),
    ...(command.operatorId !== undefined && { operatorId: command.operatorId }),
    ...(command.approver && { supervisorId: command.approver.id }),
    ...(command.consent !== undefined && { consent: command.consent }),
    ...(command.card && { cardPresented: true }),
    storeId,
    cardToken: sale.data.card.token,
    businessDate: day.date,
    occurredAt: new Date(now).toISOString(),
  };
}

/** What a settlement needs to know of a sale: its view has this as well as its stream. */
export interface Settling {
  readonly saleId: string;
  readonly merchantId: string;
  readonly terminalId: string;
  readonly batchNo: string;
  readonly currency: string;
  readonly amount: Minor;
  readonly voided: Minor;
  readonly refunded: Minor;
  /** What is left of it. */
  readonly left: Minor;
  readonly cardType?: 'debit' | 'credit' | undefined;
}

export interface SettlementTerms {
  readonly kind: 'batch' | 'instant';
  readonly fee: FeePolicy;
  readonly reserve?: ReservePolicy;
  /** The date that it settles on: of a sale that an earlier batch could not settle, not its own. */
  readonly businessDate: string;
  readonly valueDate: string;
  /** RFC 3339. */
  readonly occurredAt: string;
}

/** The terms of a sale that settles alone and at once: a date that has ended takes in nothing more. */
export function instantTerms(
  sale: Sale,
  { fee, reserve }: Merchant['settings'],
  today: string,
  occurredAt: string,
): SettlementTerms {
  const own = sale.data.businessDate;
  return {
    kind: 'instant',
    fee,
    ...(reserve && { reserve }),
    businessDate: today > own ? today : own,
    valueDate: today,
    occurredAt,
  };
}

/** Settles what is left of a sale; undefined when nothing is. */
export function decideSettlement(
  sale: Settling,
  terms: SettlementTerms,
): (SaleEvent & { type: 'Settled' }) | undefined {
  if (sale.left === 0) return undefined;
  const deductions = deduct(sale.left, sale.cardType, terms);
  const heldUntil =
    terms.reserve && deductions.reserve > 0
      ? addDays(terms.businessDate, terms.reserve.days)
      : undefined;
  // In the order of their names, as a sale's.
  const data = {
    batchNo: sale.batchNo,
    businessDate: terms.businessDate,
    cardType: sale.cardType,
    currency: sale.currency,
    fee: deductions.fee,
    gross: sale.amount,
    kind: terms.kind,
    merchantId: sale.merchantId,
    net: deductions.net,
    occurredAt: terms.occurredAt,
    refunded: sale.refunded,
    reserve: deductions.reserve,
    reserveUntil: heldUntil,
    saleId: sale.saleId,
    terminalId: sale.terminalId,
    valueDate: terms.valueDate,
    voided: sale.voided,
  };
  return { type: 'Settled', data: data as SettledData };
}

/** The part of a sale that its settlement goes by. */
export function settlingOf(sale: Sale): Settling {
  const { saleId, merchantId, terminalId, batchNo, currency, amount, card } = sale.data;
  return {
    saleId,
    merchantId,
    terminalId,
    batchNo,
    currency,
    amount,
    voided: sale.voided,
    refunded: sale.refunded,
    left: remaining(sale),
    cardType: card.type,
  };
}
