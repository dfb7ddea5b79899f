import { moneyText } from '../../ledger/domain/decimal.js';
import { minor } from '../../ledger/domain/money.js';
import { businessDay, daysBetween } from '../../merchants/domain/business-day.js';
import type { Merchant } from '../../merchants/domain/merchant.js';
import type { Condition, Known, Question } from './condition.js';
import { feeReturnedBy } from './fee-returned.js';
import { failing } from './judge.js';
import { withinLimits } from './limits.js';
import { say, type Sentence } from './refusal.js';
import { free, type Sale } from './sale.js';
import { amountRemaining, amountVerdict, saleApproved, sameMerchant } from './shared-conditions.js';
import { VOID_CONDITIONS } from './void-conditions.js';

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
        ? { met: true, detail: notVoidable(question) }
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
              `Day ${day}: the ${windowDays}-day refund window has passed.`,
              `已是第 ${day} 天，超过 ${windowDays} 天的退货期限。`,
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
    judge: (question) => amountVerdict(question, { allowsParts: true }),
  },
  withinLimits('refund'),
  {
    code: 'funds-available',
    for: 'refund',
    from: 'trade',
    holdsWhen:
      'the merchant’s available balance covers it, less the fee that comes back with it, or policy lets it go below zero (`negativeBalance`); always for a sale that has not settled',
    responseCode: '51',
    cause: 'limit',
    nextStep: 'contact-acquirer',
    judge: (question) => {
      const funds = fundsFor(question);
      if (funds === undefined) {
        return {
          met: true,
          detail: say('No balance needs to cover it.', '无需可用余额。'),
        };
      }
      const { sale, merchant, amount = 1 } = question;
      const met = funds >= drawnBy(amount, sale, merchant);
      const { currency } = sale.data;
      return {
        met,
        detail: met ? enough(funds, currency) : tooLittle(funds, currency),
      };
    },
  },
];

function notVoidable(question: Question): Sentence {
  return isOfAmountAlone(question)
    ? say('A void of this amount is not possible.', '该金额不可撤销。')
    : say('A void is no longer possible.', '已不可撤销。');
}

/** Whether another amount could be voided. */
export function isOfAmountAlone(question: Question): boolean {
  if (question.amount === undefined) return false;
  return !failing(VOID_CONDITIONS, { ...question, amount: undefined });
}

function enough(funds: bigint, currency: string): Sentence {
  const money = moneyText(funds, currency);
  return say(`${money} is available.`, `可用余额 ${money}。`);
}

function tooLittle(funds: bigint, currency: string): Sentence {
  const money = moneyText(funds < 0n ? -funds : funds, currency);
  if (funds > 0n) return say(`Only ${money} is available.`, `可用余额不足，仅 ${money}。`);
  if (funds === 0n) return say('Nothing is available.', '无可用余额。');
  return say(
    `Nothing is available: the merchant owes ${money}.`,
    `无可用余额，商户欠款 ${money}。`,
  );
}

/**
 * What a refund of the amount takes from what is available: the fee that it gives back goes there. Of more than is left
 * there is none.
 */
function drawnBy(amount: number, sale: Sale, merchant: Merchant): bigint {
  const possible = minor(Math.min(amount, free(sale)));
  return BigInt(amount - feeReturnedBy(sale, possible, merchant));
}

/** The largest part, up to `most`, that the funds cover: the more is refunded, the more they have to. */
export function coveredBy(funds: bigint, most: number, { sale, merchant }: Known): number {
  let [covered, tooMuch] = [0, most + 1];
  while (tooMuch - covered > 1) {
    const amount = Math.floor((covered + tooMuch) / 2);
    if (drawnBy(amount, sale, merchant) <= funds) covered = amount;
    else tooMuch = amount;
  }
  return covered;
}

/** What a refund can draw on; undefined where it may go below zero or draws on the sale's own pending money. */
export function fundsFor({
  sale,
  merchant,
  available,
}: Pick<Question, 'sale' | 'merchant' | 'available'>): bigint | undefined {
  const isBound = merchant?.settings.refundPolicy.negativeBalance === false;
  return isBound && sale?.settlement ? (available ?? 0n) : undefined;
}
