import { say, type Sentence } from './refusal.js';
import type { Known, Verdict } from './condition.js';
import { free, held, moneyOf, remaining, type Sale, type SaleStatus, statusOf } from './sale.js';

/** What voids and refunds ask first, alike. */
export const saleApproved = {
  code: 'sale-approved',
  from: 'S3',
  holdsWhen: 'the sale exists and was approved',
  responseCode: '25',
  cause: 'operator',
  nextStep: 'none',
  judge: () => ({ met: true, detail: say('The sale was approved.', '原消费已批准。') }),
} as const;

export const NO_SUCH_SALE = say('There is no such approved sale.', '原消费不存在或未获批准。');

export const sameMerchant = {
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

export const amountRemaining = {
  code: 'amount-remaining',
  from: 'S0',
  holdsWhen:
    'something of it is left: not voided, refunded or reversed in full, nor held for an approval',
  responseCode: '12',
  cause: 'operator',
  nextStep: 'none',
  judge: ({ sale }: Known) => {
    const left = free(sale);
    if (left === 0 && remaining(sale) > 0) {
      const money = moneyOf(sale, remaining(sale));
      return {
        met: false,
        detail: say(
          `All that is left, ${money}, is held by a request that waits for an approval.`,
          `剩余金额 ${money} 已被待审批的交易占用。`,
        ),
      };
    }
    return left > 0
      ? {
          met: true,
          detail: say(
            `${moneyOf(sale, left)} of ${moneyOf(sale, sale.data.amount)} is left.`,
            `剩余金额 ${moneyOf(sale, left)}，原金额 ${moneyOf(sale, sale.data.amount)}。`,
          ),
        }
      : {
          met: false,
          detail: nothingLeft(sale),
        };
  },
} as const;

function nothingLeft(sale: Sale) {
  const { en, zh } = GONE[statusOf(sale)];
  return say(`Nothing of the sale is left: it was ${en}.`, `原消费已无剩余金额：${zh}。`);
}

/** What became of a sale of which nothing is left: one that is open or settled still was charged back. */
const GONE: Readonly<Record<SaleStatus, Sentence>> = {
  voided: { en: 'voided', zh: '已撤销' },
  refunded: { en: 'refunded', zh: '已退货' },
  reversed: { en: 'reversed', zh: '已冲正' },
  settled: { en: 'charged back', zh: '已被拒付' },
  open: { en: 'charged back', zh: '已被拒付' },
};

/** What a void and a refund ask of an amount, in the order of what is told first. */
export function amountVerdict(
  { sale, amount, originalAmount }: Known,
  { allowsParts }: { readonly allowsParts: boolean },
): Verdict {
  const left = free(sale);
  const wanted = amount ?? left;
  if (wanted > left) {
    const above = moneyOf(sale, wanted);
    const waiting = held(sale);
    return {
      met: false,
      detail:
        waiting === 0
          ? say(
              `${above} is above the ${moneyOf(sale, left)} that is left.`,
              `金额 ${above} 超过剩余金额 ${moneyOf(sale, left)}。`,
            )
          : say(
              `${above} is above the ${moneyOf(sale, left)} that is free: ${moneyOf(sale, waiting)} is held by requests that wait for an approval.`,
              `金额 ${above} 超过可用金额 ${moneyOf(sale, left)}：${moneyOf(sale, waiting)} 已被待审批的交易占用。`,
            ),
    };
  }
  if (!allowsParts && wanted < remaining(sale)) {
    return {
      met: false,
      responseCode: '13',
      detail: say('The policy allows no void of a part.', '商户不允许部分撤销。'),
    };
  }
  if (originalAmount !== undefined && originalAmount !== sale.data.amount) {
    return {
      met: false,
      responseCode: '64',
      detail: say('The original amount sent is not the sale’s.', '原交易金额不符。'),
    };
  }
  const most = moneyOf(sale, left);
  return { met: true, detail: say(`Up to ${most} can be given back.`, `最多可退回 ${most}。`) };
}
