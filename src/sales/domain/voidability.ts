import { addDays, businessDateEnd } from '../../merchants/domain/business-day.js';
import { type Condition, type Known, minutes, type Question } from './condition.js';
import { failing, isKnown, judge, type Judged } from './judge.js';
import { roomFor } from './limits.js';
import { coveredBy, fundsFor, isOfAmountAlone, REFUND_CONDITIONS } from './refund-conditions.js';
import { say, type Refusal, type RequirementCode, type Sentence } from './refusal.js';
import { free } from './sale.js';
import { VOID_CONDITIONS } from './void-conditions.js';

/** What has to hold for each. */
export function conditionsOf(kind: 'void' | 'refund'): readonly Condition[] {
  return kind === 'void' ? VOID_CONDITIONS : REFUND_CONDITIONS;
}

export type Decision = 'void' | 'refund' | 'none';

/** `void` when the void conditions hold, else `refund` when the refund conditions hold, else `none`. */
export function decisionOf(question: Question): Decision {
  if (!failing(VOID_CONDITIONS, question)) return 'void';
  return failing(REFUND_CONDITIONS, question) ? 'none' : 'refund';
}

/** The refusal that a failed condition makes; `instead` is what the decision says about the sale now. */
export function refusalOf(failed: Judged, instead: Decision): Refusal {
  const { condition } = failed;
  const elsewhere = condition.nextStep === 'refund' || condition.nextStep === 'none';
  return {
    code: condition.code,
    responseCode: failed.responseCode,
    cause: condition.cause,
    detail: failed.detail,
    nextStep: elsewhere ? instead : condition.nextStep,
  };
}

export interface Way {
  readonly allowed: boolean;
  readonly maxAmount: number;
  /** Epoch milliseconds; undefined where there is no sale. */
  readonly until: number | undefined;
}

/** The whole answer to the question. */
export interface Voidability {
  readonly decision: Decision;
  readonly void: Way;
  readonly refund: Way;
  readonly conditions: readonly Judged[];
  readonly requires: readonly RequirementCode[];
  readonly explanation: Sentence;
}

export function voidability(question: Question): Voidability {
  const decision = decisionOf(question);
  const conditions = [...judge(VOID_CONDITIONS, question), ...judge(REFUND_CONDITIONS, question)];
  const ways = {
    void: way('void', question, conditions),
    refund: way('refund', question, conditions),
  };
  const amount = amountOf({ decision, ...ways }, question);
  return {
    decision,
    ...ways,
    conditions,
    requires: requirements(decision, { ...question, amount }),
    explanation: explain(decision, conditions, question),
  };
}

/** What is given back if it is done as decided: the amount asked for, or all that the answer says is possible. */
export function amountOf(
  answer: Pick<Voidability, 'decision' | 'void' | 'refund'>,
  { amount }: Question,
): number | undefined {
  if (answer.decision === 'none') return amount;
  return amount ?? answer[answer.decision].maxAmount;
}

function way(kind: 'void' | 'refund', question: Question, judged: readonly Judged[]): Way {
  const allowed = judged.every(({ condition, met }) => condition.for !== kind || met);
  return {
    allowed,
    maxAmount: maxAmount(kind, question, allowed),
    until: isKnown(question) ? until[kind](question) : undefined,
  };
}

/**
 * All that is free where that is possible, whatever was asked for; else, where a part was asked for and is, the largest
 * part: all of it where only parts can be voided, all but one unit where only the whole can.
 */
function maxAmount(kind: 'void' | 'refund', question: Question, allowed: boolean): number {
  const isWhole = !failing(conditionsOf(kind), { ...question, amount: undefined });
  if (!isKnown(question) || !(isWhole || allowed)) return 0;
  const funds = fundsFor(question);
  const whole = free(question.sale);
  const most =
    isWhole || failing(VOID_CONDITIONS, { ...question, amount: whole }) ? whole : whole - 1;
  const left = Math.min(most, roomFor(kind, question.limits?.[kind] ?? []));
  return funds === undefined ? left : coveredBy(funds, left, question);
}

/** Until when each is possible, in epoch milliseconds. */
export const until = {
  void: ({ sale, merchant }: Known): number => {
    const dayEnd = Date.parse(sale.data.businessDateEndsAt);
    const { windowMinutes } = merchant.settings.voidPolicy;
    if (windowMinutes === undefined) return dayEnd;
    return Math.min(dayEnd, Date.parse(sale.data.occurredAt) + minutes(windowMinutes));
  },
  refund: ({ sale, merchant }: Known): number => {
    const last = addDays(sale.data.businessDate, merchant.settings.refundPolicy.windowDays);
    return businessDateEnd(last, merchant.settings);
  },
} as const;

/** Until when it may be voided; undefined where it may not, which neither funds nor a refund's conditions decide. */
export function voidableUntil(question: Question): number | undefined {
  if (!isKnown(question) || failing(VOID_CONDITIONS, question)) return undefined;
  return until.void(question);
}

/** What must be brought along for what was decided, by the policy and the amount. */
export function requirements(decision: Decision, question: Question): RequirementCode[] {
  if (!isKnown(question) || decision === 'none') return [];
  const { voidPolicy, refundPolicy } = question.merchant.settings;
  const policy = decision === 'void' ? voidPolicy : refundPolicy;
  const amount = question.amount ?? free(question.sale);
  const needed: [RequirementCode, boolean][] = [
    ['supervisor', policy.supervisorAbove !== undefined && amount > policy.supervisorAbove],
    ['card', decision === 'void' && voidPolicy.cardPresent],
    ['consent', decision === 'void' && voidPolicy.consent],
    ['approval', policy.approvalAbove !== undefined && amount > policy.approvalAbove],
  ];
  return needed.filter(([, isNeeded]) => isNeeded).map(([code]) => code);
}

function explain(decision: Decision, conditions: readonly Judged[], question: Question): Sentence {
  const why = (kind: 'void' | 'refund'): Sentence | undefined =>
    conditions.find(({ condition, met }) => condition.for === kind && !met)?.detail;
  switch (decision) {
    case 'void':
      return say(
        'Void it: nothing has settled and no fee is charged.',
        '可以撤销：尚未结算，不收手续费。',
      );
    case 'refund': {
      const [of, zhOf] = isOfAmountAlone(question) ? [' of this amount', '该金额'] : ['', ''];
      return say(
        `Refund it: a void${of} is not possible. ${why('void')?.en ?? ''}`,
        `请退货：${zhOf}不能撤销。${why('void')?.zh ?? ''}`,
      );
    }
    case 'none':
      return say(
        `Neither void nor refund is possible. ${why('refund')?.en ?? ''}`,
        `不能撤销也不能退货。${why('refund')?.zh ?? ''}`,
      );
  }
}
