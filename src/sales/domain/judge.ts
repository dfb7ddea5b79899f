import type { Condition, Known, Question } from './condition.js';
import type { Refusal, Sentence } from './refusal.js';
import { NO_SUCH_SALE, saleApproved } from './shared-conditions.js';

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

export function isKnown(question: Question): question is Known {
  return question.sale !== undefined && question.merchant !== undefined;
}

/** The first condition that fails, if any. */
export function failing(conditions: readonly Condition[], question: Question): Judged | undefined {
  return judge(conditions, question).find(({ met }) => !met);
}

/** The refusal of whatever names a sale that is not there. */
export function noSuchSale(): Refusal {
  const { code, responseCode, cause, nextStep } = saleApproved;
  return { code, responseCode, cause, detail: NO_SUCH_SALE, nextStep };
}
