import type { CardStatus } from '../../cards/domain/card.js';
import type { Minor } from '../../ledger/domain/money.js';
import {
  addDays,
  businessDateEnd,
  businessDay,
  daysBetween,
} from '../../merchants/domain/business-day.js';
import type { Merchant } from '../../merchants/domain/merchant.js';
import type {
  Cause,
  ConditionCode,
  NextStep,
  Refusal,
  RequirementCode,
  Sentence,
} from './refusal.js';
import { remaining, type Sale, statusOf } from './sale.js';

/** All that the question "may this be given back, and how?" depends on. */
export interface Question {
  /** undefined: no such sale, or none that was approved. */
  readonly sale: Sale | undefined;
  /** The sale's merchant, as of the time asked about. */
  readonly merchant: Merchant | undefined;
  readonly card: CardStatus;
  /** State of the sale's batch. */
  readonly batch: 'open' | 'closing' | 'closed';
  /** Epoch milliseconds. */
  readonly now: number;
  /** Who asks; undefined where nobody in particular does. */
  readonly requester?: string | undefined;
  /** undefined: all that is left, and for the answer "can any amount be given back?". */
  readonly amount?: number | undefined;
  readonly originalAmount?: number | undefined;
}

/** A question about a sale that is there. */
interface Known extends Question {
  readonly sale: Sale;
  readonly merchant: Merchant;
}

interface Verdict {
  readonly met: boolean;
  readonly detail: Sentence;
  /** Where it differs between the ways to fail one condition. */
  readonly responseCode?: string;
}

/** One rule of the trade: the refusal, the voidability answer and the documentation all come from this. */
export interface Condition {
  readonly code: ConditionCode;
  readonly for: 'void' | 'refund';
  /** Source of the rule, as docs/domain.md explains. */
  readonly from: string;
  /** In words, for the documentation. */
  readonly holdsWhen: string;
  readonly responseCode: string;
  readonly cause: Cause;
  /** What to do instead; a failed void condition that says `refund` says `none` when the sale can't be refunded either. */
  readonly nextStep: NextStep;
  readonly judge: (question: Known) => Verdict;
}

const say = (en: string, zh: string): Sentence => ({ en, zh });

const minutes = (count: number): number => count * 60_000;

const saleApproved = {
  code: 'sale-approved',
  from: 'S3',
  holdsWhen: 'the sale exists and was approved',
  responseCode: '25',
  cause: 'operator',
  nextStep: 'none',
  judge: () => ({ met: true, detail: say('The sale was approved.', '原消费已批准。') }),
} as const;

const NO_SUCH_SALE = say('There is no such approved sale.', '原消费不存在或未获批准。');

const sameMerchant = {
  code: 'same-merchant',
  from: 'S2 1.1',
  holdsWhen: 'the requester is the original merchant',
  responseCode: '25',
  cause: 'operator',
  nextStep: 'none',
  judge: ({ sale, requester }: Known) =>
    requester === undefined || requester === sale.data.merchantId
      ? {
          met: true,
          detail: say('The request is of the original merchant.', '与原消费为同一商户。'),
        }
      : { met: false, detail: say('The sale is of another merchant.', '原消费属于其他商户。') },
} as const;

const amountRemaining = {
  code: 'amount-remaining',
  from: 'S0',
  holdsWhen: 'something of it is left: not voided, refunded or reversed in full',
  responseCode: '12',
  cause: 'operator',
  nextStep: 'none',
  judge: ({ sale }: Known) => {
    const left = remaining(sale);
    return left > 0
      ? {
          met: true,
          detail: say(
            `${left} of ${sale.data.amount} is left.`,
            `剩余金额 ${left}，原金额 ${sale.data.amount}。`,
          ),
        }
      : {
          met: false,
          detail: say(
            `Nothing of the sale is left: it is ${statusOf(sale)}.`,
            '原消费已全额撤销或退货，无剩余金额。',
          ),
        };
  },
} as const;

export const VOID_CONDITIONS: readonly Condition[] = [
  { ...saleApproved, for: 'void' },
  { ...sameMerchant, for: 'void' },
  { ...amountRemaining, for: 'void' },
  {
    code: 'not-refunded',
    for: 'void',
    from: 'trade',
    holdsWhen: 'no refund has been made',
    responseCode: '12',
    cause: 'operator',
    nextStep: 'refund',
    judge: ({ sale }) =>
      sale.refunded === 0
        ? { met: true, detail: say('No refund has been made.', '原消费未发生退货。') }
        : {
            met: false,
            detail: say(
              `${sale.refunded} has been refunded: what is left can only be refunded.`,
              `已退货 ${sale.refunded}，剩余金额只能退货。`,
            ),
          },
  },
  {
    code: 'funds-not-settled',
    for: 'void',
    from: 'S2 1.2',
    holdsWhen: 'the sale has not settled: its money is not yet the merchant’s',
    responseCode: '12',
    cause: 'timing',
    nextStep: 'refund',
    judge: ({ sale }) =>
      sale.settlement
        ? {
            met: false,
            detail: say(
              `The sale settled at ${sale.settlement.occurredAt}.`,
              `原消费已于 ${sale.settlement.occurredAt} 结算。`,
            ),
          }
        : { met: true, detail: say('The sale has not settled.', '原消费尚未结算。') },
  },
  {
    code: 'same-business-date',
    for: 'void',
    from: 'S2 1.3',
    holdsWhen: 'now is before the end of the sale’s business date',
    responseCode: '22',
    cause: 'timing',
    nextStep: 'refund',
    judge: ({ sale, now }) => {
      const { businessDate, businessDateEndsAt } = sale.data;
      return now < Date.parse(businessDateEndsAt)
        ? {
            met: true,
            detail: say(
              `Business date ${businessDate} runs until ${businessDateEndsAt}.`,
              `结算日 ${businessDate} 于 ${businessDateEndsAt} 截止。`,
            ),
          }
        : {
            met: false,
            detail: say(
              `Business date ${businessDate} ended at ${businessDateEndsAt}.`,
              `结算日 ${businessDate} 已于 ${businessDateEndsAt} 截止。`,
            ),
          };
    },
  },
  {
    code: 'day-open',
    for: 'void',
    from: 'S2 1.3',
    holdsWhen: 'the sale’s batch is not closing or closed',
    responseCode: '12',
    cause: 'timing',
    nextStep: 'refund',
    judge: ({ sale, batch }) =>
      batch === 'open'
        ? {
            met: true,
            detail: say(`Batch ${sale.data.batchNo} is open.`, `批次 ${sale.data.batchNo} 未结。`),
          }
        : {
            met: false,
            detail: say(
              `Batch ${sale.data.batchNo} is ${batch}.`,
              `批次 ${sale.data.batchNo} ${batch === 'closing' ? '正在结算' : '已日结'}。`,
            ),
          },
  },
  {
    code: 'within-window',
    for: 'void',
    from: 'S3',
    holdsWhen: 'now is inside the merchant’s void window, where the policy sets one',
    responseCode: '22',
    cause: 'timing',
    nextStep: 'refund',
    judge: ({ sale, merchant, now }) => {
      const { windowMinutes } = merchant.settings.voidPolicy;
      if (windowMinutes === undefined)
        return { met: true, detail: say('The policy sets no void window.', '商户未设撤销时限。') };
      return now < Date.parse(sale.data.occurredAt) + minutes(windowMinutes)
        ? {
            met: true,
            detail: say(
              `Inside the void window of ${windowMinutes} minutes.`,
              `在 ${windowMinutes} 分钟撤销时限内。`,
            ),
          }
        : {
            met: false,
            detail: say(
              `The void window of ${windowMinutes} minutes has passed.`,
              `已超过 ${windowMinutes} 分钟撤销时限。`,
            ),
          };
    },
  },
  {
    code: 'void-right',
    for: 'void',
    from: 'S3',
    holdsWhen: 'the merchant’s void right is not frozen',
    responseCode: '57',
    cause: 'right',
    nextStep: 'contact-acquirer',
    judge: ({ merchant }) =>
      merchant.rights.void === 'active'
        ? { met: true, detail: say('The merchant may void.', '商户撤销权限正常。') }
        : {
            met: false,
            detail: say('The merchant’s void right is frozen.', '商户撤销权限已冻结。'),
          },
  },
  {
    code: 'card-usable',
    for: 'void',
    from: 'S3',
    holdsWhen: 'the card is not reported lost (41), frozen or cancelled (62)',
    responseCode: '62',
    cause: 'card',
    nextStep: 'refund',
    judge: ({ card }) => {
      switch (card) {
        case 'active':
          return { met: true, detail: say('The card is usable.', '卡片状态正常。') };
        case 'lost':
          return {
            met: false,
            responseCode: '41',
            detail: say('The card was reported lost.', '卡片已挂失。'),
          };
        case 'frozen':
          return { met: false, detail: say('The card is frozen.', '卡片已冻结。') };
        case 'cancelled':
          return { met: false, detail: say('The card is cancelled.', '卡片已注销。') };
      }
    },
  },
  {
    code: 'amount-allowed',
    for: 'void',
    from: 'S0, S2 3.3',
    holdsWhen:
      'not above what is left (61); a part only where policy allows parts (13); `originalAmount`, where sent, is the sale’s (64)',
    responseCode: '61',
    cause: 'operator',
    nextStep: 'none',
    judge: (question) => {
      const verdict = amountVerdict(question);
      const { sale, merchant, amount } = question;
      const isPart = amount !== undefined && amount < remaining(sale);
      if (verdict.met && isPart && !merchant.settings.voidPolicy.partial) {
        return {
          met: false,
          responseCode: '13',
          detail: say('The policy allows no void of a part.', '商户不允许部分撤销。'),
        };
      }
      return verdict;
    },
  },
];

export const REFUND_CONDITIONS: readonly Condition[] = [
  { ...saleApproved, for: 'refund' },
  { ...sameMerchant, for: 'refund' },
  { ...amountRemaining, for: 'refund' },
  {
    code: 'not-voidable',
    for: 'refund',
    from: 'trade',
    holdsWhen: 'a void of the amount asked is not possible, or `whileVoidable` is `allow`',
    responseCode: '12',
    cause: 'operator',
    nextStep: 'void',
    judge: (question) => {
      if (question.merchant.settings.refundPolicy.whileVoidable === 'allow') {
        return {
          met: true,
          detail: say(
            'The policy allows a refund while a void is possible.',
            '商户允许可撤销期间退货。',
          ),
        };
      }
      return failing(VOID_CONDITIONS, question)
        ? { met: true, detail: say('A void is no longer possible.', '已不可撤销。') }
        : {
            met: false,
            detail: say(
              'The sale may still be voided, which costs no fee.',
              '原消费仍可撤销，请使用撤销（免手续费）。',
            ),
          };
    },
  },
  {
    code: 'refund-right',
    for: 'refund',
    from: 'S3',
    holdsWhen: 'the merchant’s refund right is not frozen',
    responseCode: '57',
    cause: 'right',
    nextStep: 'contact-acquirer',
    judge: ({ merchant }) =>
      merchant.rights.refund === 'active'
        ? { met: true, detail: say('The merchant may refund.', '商户退货权限正常。') }
        : {
            met: false,
            detail: say('The merchant’s refund right is frozen.', '商户退货权限已冻结。'),
          },
  },
  {
    code: 'within-refund-window',
    for: 'refund',
    from: 'trade',
    holdsWhen:
      'not more whole days than `windowDays` from the sale’s business date to the present one',
    responseCode: '22',
    cause: 'timing',
    nextStep: 'contact-acquirer',
    judge: ({ sale, merchant, now }) => {
      const { windowDays } = merchant.settings.refundPolicy;
      const day = daysBetween(sale.data.businessDate, businessDay(now, merchant.settings).date);
      return day <= windowDays
        ? {
            met: true,
            detail: say(
              `Day ${day} of ${windowDays}.`,
              `退货期限第 ${day} 天，共 ${windowDays} 天。`,
            ),
          }
        : {
            met: false,
            detail: say(
              `Day ${day}: the ${windowDays} days for a refund have passed.`,
              `已第 ${day} 天，超过 ${windowDays} 天退货期限。`,
            ),
          };
    },
  },
  {
    code: 'amount-allowed',
    for: 'refund',
    from: 'S0, S2 3.3',
    holdsWhen: 'not above what is left (61); `originalAmount`, where sent, is the sale’s (64)',
    responseCode: '61',
    cause: 'operator',
    nextStep: 'none',
    judge: amountVerdict,
  },
];

function amountVerdict({ sale, amount, originalAmount }: Known): Verdict {
  const left = remaining(sale);
  if (originalAmount !== undefined && originalAmount !== sale.data.amount) {
    return {
      met: false,
      responseCode: '64',
      detail: say('The original amount sent is not the sale’s.', '原交易金额不符。'),
    };
  }
  if (amount !== undefined && amount > left) {
    return {
      met: false,
      detail: say(
        `${amount} is above the ${left} that is left.`,
        `金额 ${amount} 超过剩余金额 ${left}。`,
      ),
    };
  }
  return { met: true, detail: say(`Up to ${left} can be given back.`, `最多可退回 ${left}。`) };
}

/** A condition with its answer. */
export interface Judged {
  readonly condition: Condition;
  readonly met: boolean;
  readonly detail: Sentence;
  readonly responseCode: string;
}

/** Every condition of a list, answered one by one. Without a sale only the first can be answered. */
export function judge(conditions: readonly Condition[], question: Question): Judged[] {
  if (!isKnown(question)) {
    return conditions
      .filter((condition) => condition.code === 'sale-approved')
      .map((condition) => ({
        condition,
        met: false,
        detail: NO_SUCH_SALE,
        responseCode: condition.responseCode,
      }));
  }
  return conditions.map((condition) => {
    const verdict = condition.judge(question);
    return {
      condition,
      met: verdict.met,
      detail: verdict.detail,
      responseCode: verdict.responseCode ?? condition.responseCode,
    };
  });
}

function isKnown(question: Question): question is Known {
  return question.sale !== undefined && question.merchant !== undefined;
}

/** The first condition that fails, if any. */
export function failing(conditions: readonly Condition[], question: Question): Judged | undefined {
  return judge(conditions, question).find(({ met }) => !met);
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
    nextStep: condition.for === 'void' && elsewhere ? instead : condition.nextStep,
  };
}

export type Decision = 'void' | 'refund' | 'none';

/** `void` when the void conditions hold, else `refund` when the refund conditions hold, else `none`. */
export function decisionOf(question: Question): Decision {
  if (!failing(VOID_CONDITIONS, question)) return 'void';
  return failing(REFUND_CONDITIONS, question) ? 'none' : 'refund';
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
  return {
    decision,
    void: way('void', question, conditions),
    refund: way('refund', question, conditions),
    conditions,
    requires: requirements(decision, question),
    explanation: explain(decision, conditions),
  };
}

function way(kind: 'void' | 'refund', question: Question, judged: readonly Judged[]): Way {
  const allowed = judged.every(({ condition, met }) => condition.for !== kind || met);
  const others = judged.filter(
    ({ condition }) => condition.for === kind && !dependsOnAmount(condition),
  );
  const possible = others.every(({ met }) => met);
  return {
    allowed,
    maxAmount: possible && question.sale ? remaining(question.sale) : 0,
    until: isKnown(question) ? until[kind](question) : undefined,
  };
}

const dependsOnAmount = ({ code }: Condition): boolean => code === 'amount-allowed';

const until = {
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

/** The refusal of whatever names a sale that is not there. */
export function noSuchSale(): Refusal {
  const { code, responseCode, cause, nextStep } = saleApproved;
  return { code, responseCode, cause, detail: NO_SUCH_SALE, nextStep };
}

/** What must be brought along for what was decided, by the policy and the amount. */
export function requirements(decision: Decision, question: Question): RequirementCode[] {
  if (!isKnown(question) || decision === 'none') return [];
  const { voidPolicy, refundPolicy } = question.merchant.settings;
  const policy = decision === 'void' ? voidPolicy : refundPolicy;
  const amount: Minor | number = question.amount ?? remaining(question.sale);
  const needed: [RequirementCode, boolean][] = [
    ['supervisor', policy.supervisorAbove !== undefined && amount > policy.supervisorAbove],
    ['card', decision === 'void' && voidPolicy.cardPresent],
    ['consent', decision === 'void' && voidPolicy.consent],
    ['approval', policy.approvalAbove !== undefined && amount > policy.approvalAbove],
  ];
  return needed.filter(([, isNeeded]) => isNeeded).map(([code]) => code);
}

function explain(decision: Decision, conditions: readonly Judged[]): Sentence {
  const why = (kind: 'void' | 'refund'): Sentence | undefined =>
    conditions.find(({ condition, met }) => condition.for === kind && !met)?.detail;
  switch (decision) {
    case 'void':
      return say(
        'Void it: nothing has settled and no fee is charged.',
        '可以撤销：尚未结算，不收手续费。',
      );
    case 'refund':
      return say(
        `Refund it: a void is not possible. ${why('void')?.en ?? ''}`,
        `请退货：不能撤销。${why('void')?.zh ?? ''}`,
      );
    case 'none':
      return say(
        `Neither void nor refund is possible. ${why('refund')?.en ?? ''}`,
        `不能撤销也不能退货。${why('refund')?.zh ?? ''}`,
      );
  }
}
